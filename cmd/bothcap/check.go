//go:build cgo || windows

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"time"

	"github.com/spf13/pflag"

	"bothends/cmd/bothcap/internal/agent"
	"bothends/cmd/internal/usage"
)

// The rules of what check prints: the verdict first, in the words of bothends info;
// then a line for each thing that was looked at, what is wrong before what is well,
// and what to do about it.

// Exit statuses of check; the list for users is in help.go.
const (
	exitReady   = 0
	exitLacking = 1
	exitUnable  = 2
)

// A weight is what a finding means for a recording.
type weight int

const (
	well    weight = iota
	lacking        // a judge would miss it
	unable         // nothing can be recorded
)

func (w weight) String() string { return [...]string{"ok", "lacks", "NO"}[w] }

// A finding is one thing that was looked at.
type finding struct {
	weight weight
	what   string
	text   string
	advice string // as a sentence without a full stop; empty if all is well
}

// measureFor is how long packets are counted, unless the user says otherwise.
const measureFor = 2 * time.Second

func (o *options) addCheckFlags(f *pflag.FlagSet) {
	o.buffer, o.snapLen, o.kernelLog = defaultBuffer, defaultSnapLen, true
	f.StringArrayVarP(&o.interfaces, "interface", "i", nil, "check `IFACE`; repeatable (default: every way out)")
	f.StringArrayVar(&o.peers, "peer", nil, "check the way to `HOST`, a name or an address; repeatable")
	f.Var(&o.ports, "port", "count TCP from or to `PORT`, a number or a service such as smtp; repeatable")
	f.StringVar(&o.filter, "filter", "", "count what this `BPF` filter admits instead (pcap-filter(7))")
	f.StringVarP(&o.write, "write", "w", "", "check that `FILE` can be written, and that there is room for it")
	f.Var(&o.buffer, "buffer", "`SIZE` of the kernel's buffer for each interface")
	f.StringVar(&o.user, "user", "", "run as `USER` once the interfaces are open (default: whoever called sudo, else nobody)")
	f.DurationVar(&o.duration, "duration", measureFor, "count packets and drops for `D`")
	f.BoolP("help", "h", false, "show this help, and do nothing else")
}

func newCheckFlags(o *options) *pflag.FlagSet {
	f := pflag.NewFlagSet("bothcap check", pflag.ContinueOnError)
	f.SortFlags = false
	f.Usage = func() {}
	o.addCheckFlags(f)
	return f
}

// parseCheck reads the arguments behind "check".
func parseCheck(arguments []string) (options, error) {
	var o options
	f := newCheckFlags(&o)
	if err := f.Parse(arguments); err != nil {
		if flag := usage.GuessFlag(f, err); flag != "" {
			return o, &hinted{err, "did you mean " + flag + "?"}
		}
		return o, &hinted{err, "bothcap check --help lists the flags"}
	}
	o.bufferGiven, o.reopen = f.Changed("buffer"), false
	switch {
	case f.Changed("help"):
		return o, pflag.ErrHelp
	case f.NArg() > 0:
		return o, fmt.Errorf("%q is no flag", f.Arg(0))
	case o.filter != "" && (len(o.peers) > 0 || len(o.ports) > 0):
		return o, errors.New("--filter takes the place of --peer and --port")
	case o.duration <= 0 || o.duration > time.Minute:
		return o, errors.New("--duration must be more than 0s and at most a minute")
	case repeated(o.interfaces) != "":
		return o, fmt.Errorf("-i %s is given twice", repeated(o.interfaces))
	}
	return o, nil
}

// runCheck looks at all that a recording needs, records into nothing for a moment,
// and returns the exit status.
func runCheck(arguments []string, c *console) int {
	o, err := parseCheck(arguments)
	if errors.Is(err, pflag.ErrHelp) {
		verb, _ := program().Verb("check")
		fmt.Print(program().VerbHelp(verb))
		return exitReady
	}
	if err != nil {
		c.fail(err)
		return exitUnable
	}
	l := &checklist{options: o}
	l.look(c)
	return l.print(&visible{os.Stdout})
}

// A checklist is what was found.
type checklist struct {
	options  options
	findings []finding
}

func (l *checklist) add(w weight, what, advice, format string, arguments ...any) {
	l.findings = append(l.findings, finding{w, what, fmt.Sprintf(format, arguments...), advice})
}

// failed adds an error, with the hint that it may have.
func (l *checklist) failed(what string, err error) {
	advice := "see bothcap --help"
	var h *hinted
	if errors.As(err, &h) {
		advice = h.hint
	}
	l.add(unable, what, advice, "%v", err)
}

func (l *checklist) look(c *console) {
	quiet := &console{out: io.Discard}
	r := &recording{options: l.options, console: quiet}
	var err error
	if r.config, err = configure(l.options, quiet); err != nil {
		l.failed("interfaces", err)
		return
	}
	l.interfaces(r)
	if r.roles, err = assignRoles(l.options); err != nil {
		l.failed("user", err)
		return
	}
	l.disk(r)
	r.openKernelLog()
	if r.agent, err = agent.Start(r.config, r.opener(), func() (agent.Output, error) { return nowhere{}, nil }); err != nil {
		l.failed("permission", err)
		return
	}
	defer r.agent.Close()
	if err := r.roles.drop(); err != nil {
		l.failed("user", err)
		return
	}
	l.host(r.agent.StartRecord())
	ctx, cancel := context.WithTimeout(context.Background(), l.options.duration)
	defer cancel()
	c.status(fmt.Sprintf("counting packets for %s", l.options.duration))
	err = r.agent.Record(ctx)
	c.mu.Lock()
	c.erase()
	c.mu.Unlock()
	if err != nil {
		l.failed("recording", err)
		return
	}
	l.counted(r.agent.Status(), r.agent.Interfaces())
}

// print shows the list and returns the exit status.
func (l *checklist) print(w io.Writer) int {
	slices.SortStableFunc(l.findings, func(a, b finding) int { return int(b.weight) - int(a.weight) })
	worst := well
	for _, f := range l.findings {
		worst = max(worst, f.weight)
	}
	switch worst {
	case unable:
		fmt.Fprintln(w, "Cannot record here.")
	case lacking:
		fmt.Fprintln(w, "A recording made here would be a good witness, but for what it lacks.")
	default:
		fmt.Fprintln(w, "A recording made here would be a good witness, as far as can be told before it is made.")
	}
	fmt.Fprintln(w)
	for _, f := range l.findings {
		fmt.Fprintf(w, "%-6s%-13s %s\n", f.weight, f.what, f.text)
		if f.advice != "" {
			fmt.Fprintf(w, "%-19s To do: %s.\n", "", f.advice)
		}
	}
	return [...]int{exitReady, exitLacking, exitUnable}[worst]
}
