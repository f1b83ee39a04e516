package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"bothends/cmd/bothends/internal/plan"
	"bothends/cmd/internal/usage"
	"bothends/correlate/contrast"
)

// planOptions are what the command line of `bothends plan` says.
type planOptions struct {
	ports  []string
	arms   []string
	repeat int
	seed   uint64
	pause  time.Duration
	output string
	force  bool
}

// Bounds of what can be meant.
const (
	mostRepeats = 1000
	// pauseSlack is how much longer than a box blocks the script waits.
	pauseSlack = 5 * time.Second
)

// planVerb is the verb.
func planVerb() verb {
	var o planOptions
	flags := newFlags("plan")
	o.addFlags(flags)
	return verb{
		Verb: usage.Verb{
			Name:     "plan",
			Title:    "print a shell script that records sessions at both ends, so that a contrast of them can tell what a box looks at",
			Synopsis: []string{"plan [FLAGS] --ports PORT,PORT..."},
			Text: []string{
				"The script tries every command on every port, as often, in an order left to chance, waits where a box may go on blocking, and writes the manifest of a campaign. What so many sessions can show, and what not, stands at its top: read it before you spend an afternoon.",
				"A command is written as for a shell, with {host} and {port} in it; the host is given to the script. Without --arm a mail submission is tried, with STARTTLS and without.",
			},
			Flags:   flags,
			NoFiles: true,
			Statuses: usage.Statuses{List: []usage.Status{
				{Code: "0", Meaning: "printed, and the sessions are enough to show something"},
				{Code: "2", Meaning: "nothing printed: usage"},
				{Code: "3", Meaning: "printed, but even a factor that decides everything could not be told from chance"},
			}},
		},
		run: func(ctx context.Context, c *console, args []string) (int, error) {
			p, err := o.plan(args, flags)
			if err != nil {
				return 0, err
			}
			return o.run(ctx, c, p)
		},
	}
}

func (o *planOptions) addFlags(flags *pflag.FlagSet) {
	flags.StringSliceVar(&o.ports, "ports", nil, "`PORTS` to try each command on, as 25,465,587")
	flags.StringArrayVar(&o.arms, "arm", nil, "a `NAME=COMMAND` to try; give it twice or more")
	flags.IntVar(&o.repeat, "repeat", 6, "`TIMES` to try each command on each port (6 unless given)")
	flags.Uint64Var(&o.seed, "seed", 0, "`NUMBER` that the order follows from, to print the same plan again\n(left to chance, and printed)")
	flags.DurationVar(&o.pause, "pause", contrast.Residual+pauseSlack, "`TIME` to wait after a session that was cut (185s unless given)")
	flags.StringVarP(&o.output, "output", "o", standardOutput, "`FILE` to write the script to instead of standard output")
	flags.BoolVar(&o.force, "force", false, "let -o replace a file")
	usage.File(flags, "output")
	addHelp(flags)
}

// plan refuses what cannot be meant.
func (o *planOptions) plan(args []string, flags *pflag.FlagSet) (*plan.Plan, error) {
	if len(args) > 0 {
		return nil, &hinted{fmt.Errorf("%q is given beside the flags", args[0]), "the host is given to the script: sh plan.sh " + shellWord(args[0])}
	}
	p := &plan.Plan{Arms: plan.Mail(), Repeat: o.repeat, Seed: o.seed, Pause: o.pause, Breath: pauseSlack}
	if !flags.Changed("seed") {
		p.Seed = rand.Uint64N(1 << 32) // short enough to be typed
	}
	if len(o.ports) == 0 {
		return nil, &hinted{errors.New("--ports is missing"), "name those to try: bothends plan --ports 25,465,587,2525"}
	}
	var err error
	if p.Ports, err = parsePorts("--ports", o.ports); err != nil {
		return nil, err
	}
	if o.repeat < 1 || o.repeat > mostRepeats {
		return nil, &hinted{fmt.Errorf("--repeat %d cannot be meant", o.repeat), fmt.Sprintf("give a number from 1 to %d", mostRepeats)}
	}
	if o.pause < 0 {
		return nil, &hinted{fmt.Errorf("--pause %s is negative", o.pause), "give a time such as 185s"}
	}
	if len(o.arms) > 0 {
		arms, err := parseArms(o.arms)
		if err != nil {
			return nil, err
		}
		p.Arms = arms
	}
	return p, checkOutput(o.output, o.force, nil)
}

func parseArms(words []string) (arms []plan.Arm, err error) {
	const advice = "write it as --arm 'tls=curl -s https://{host}:{port}/'"
	for _, word := range words {
		name, command, found := strings.Cut(word, "=")
		switch {
		case !found || name == "" || strings.TrimSpace(command) == "":
			return nil, &hinted{fmt.Errorf("--arm %q is not NAME=COMMAND", word), advice}
		case strings.ContainsFunc(word, func(r rune) bool { return r < ' ' || r == 0x7f }):
			return nil, &hinted{fmt.Errorf("--arm %q is not one line", word), "put it into a script, and name that"}
		case strings.Trim(name, plainWord) != "":
			return nil, &hinted{fmt.Errorf("--arm: the name %q has more than letters, digits and - . _", name), advice}
		case slices.ContainsFunc(arms, func(a plan.Arm) bool { return a.Name == name }):
			return nil, &hinted{fmt.Errorf("--arm %s is given twice", name), "--repeat says how often each is tried"}
		}
		arms = append(arms, plan.Arm{Name: name, Command: command})
	}
	if len(arms) == 1 {
		return nil, &hinted{errors.New("one --arm is nothing to compare"), "give a second one that you expect to pass"}
	}
	return arms, nil
}

// The statuses of a plan that would show something, and of one that would not.
const (
	planEnough = 0
	planTooFew = 3
)

func (o *planOptions) run(ctx context.Context, c *console, p *plan.Plan) (int, error) {
	script := p.Script(o.again(p))
	status := planEnough
	if power := p.Power(); !power[0].Enough() {
		status = planTooFew
		c.warn(fmt.Sprintf("--repeat %d at least", p.Least()), "so few sessions can show nothing, even if all of one kind are cut and none of the other")
	}
	if o.output == standardOutput {
		return status, c.print(script)
	}
	return status, writeFile(ctx, o.output, o.force, func(w io.Writer) error {
		_, err := io.WriteString(w, script)
		return err
	})
}

// again is the command that prints the same plan.
func (o *planOptions) again(p *plan.Plan) string {
	words := []string{"bothends", "plan", "--ports", strings.Join(o.ports, ","), "--repeat", strconv.Itoa(p.Repeat), "--seed", strconv.FormatUint(p.Seed, 10)}
	for _, arm := range o.arms {
		words = append(words, "--arm", shellWord(arm))
	}
	if o.pause != contrast.Residual+pauseSlack {
		words = append(words, "--pause", o.pause.String())
	}
	return strings.Join(words, " ")
}
