package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/pflag"

	"bothends/cmd/internal/usage"
)

// A verb is something that bothends does: what is said of it, and what does it.
type verb struct {
	usage.Verb
	// run does it, with what stands on the command line behind the flags.
	run func(context.Context, *console, []string) (int, error)
}

// verbs are all of them, as the help lists them. Each stands in a file of its
// name.
func verbs() []verb {
	return []verb{compareVerb(), infoVerb(), ladderVerb(), redactVerb(), contrastVerb(), planVerb(), campaignVerb(), explainVerb(), schemaVerb(), wiresharkVerb()}
}

// program is what is said of bothends as a whole.
func program(verbs []verb) *usage.Program {
	p := &usage.Program{
		Name:  "bothends",
		Title: "compare two captures of the same TCP connections, one made at each end",
		Intro: []string{"bothends compares two captures of the same TCP connections, one made at each end, and says which packets one end received that the other never sent."},
		Flags: []usage.Flag{
			{Name: "version", Title: "show the version"},
			{Name: "completion", Value: "SHELL", Title: "print completion for " + strings.Join(usage.Shells, ", ")},
			{Name: "manual", Title: "print the manual page, for man -l -"},
		},
		Statuses: exitStatuses,
		Outro:    []string{"info, contrast, campaign, explain and schema end with 0 whenever they can read what they are given."},
		Examples: []usage.Example{
			{Title: "Compare what was recorded at both ends:", Command: "bothends compare client.pcapng server.pcapng"},
			{Title: "Compare rotated sets; the quotes keep the pattern from the shell:", Command: "bothends compare 'client_*.pcapng' 'server_*.pcapng'"},
			{Title: "See what goes with being cut, over the reports of many sessions:", Command: "bothends campaign manifest.csv -o reports.jsonl && bothends contrast reports.jsonl"},
			{Title: "See what a word of a report means:", Command: "bothends explain own-firewall"},
			{Title: "See what a capture is worth before it is sent to the other end:", Command: "bothends info client.pcapng"},
		},
		SeeAlso: []string{"bothcap(1)", "tcpdump(1)", "tshark(1)"},
	}
	for _, v := range verbs {
		p.Verbs = append(p.Verbs, v.Verb)
	}
	return p
}

// exitStatuses are those of a comparison; the README has the same list.
var exitStatuses = usage.Statuses{
	List: []usage.Status{
		{Code: "0", Meaning: "compared; the path made, changed, swallowed and intercepted nothing"},
		{Code: "1", Meaning: "proved that the path did"},
		{Code: "2", Meaning: "could not compare: usage, unreadable input, no common connection"},
		{Code: "3", Meaning: "compared, and something stays undecided, conditional or only partly covered"},
		{Code: "130", Meaning: "interrupted"},
	},
}

// dispatch finds the verb and runs it.
func dispatch(ctx context.Context, c *console, args []string) (int, error) {
	list := verbs()
	p := program(list)
	if len(args) == 0 {
		return 0, &hinted{errors.New("no command given"), "bothends --help lists what it can do"}
	}
	for i := range list {
		if list[i].Name == args[0] {
			return list[i].start(ctx, c, p, args[1:])
		}
	}
	switch args[0] {
	case "help", "-h", "--help":
		return help(c, p, args[1:])
	case "version", "--version":
		return 0, c.print("bothends " + version() + "\n")
	case "--manual":
		return 0, c.print(p.Man(version()))
	case "--completion":
		return completion(c, p, args[1:])
	}
	return 0, unknownVerb(p, args[0])
}

// start parses the verb's flags and runs it.
func (v *verb) start(ctx context.Context, c *console, p *usage.Program, args []string) (int, error) {
	err := v.Flags.Parse(args)
	if format := v.Flags.Lookup("format"); format != nil {
		c.json = format.Value.String() == formatJSON
	}
	if err != nil {
		return 0, usageError(v.Name, v.Flags, err)
	}
	if v.Flags.Changed("help") {
		return 0, c.print(p.VerbHelp(&v.Verb))
	}
	return v.run(ctx, c, v.Flags.Args())
}

// newFlags makes the flag set of a verb, which reports its errors to its caller
// only.
func newFlags(verb string) *pflag.FlagSet {
	flags := pflag.NewFlagSet(verb, pflag.ContinueOnError)
	flags.SortFlags = false
	flags.Usage = func() {}
	return flags
}

// addHelp comes last in every verb's list.
func addHelp(flags *pflag.FlagSet) { flags.BoolP("help", "h", false, "show this help") }

// usageError says what is wrong with the flags of a verb.
func usageError(verb string, flags *pflag.FlagSet, err error) error {
	if flag := usage.GuessFlag(flags, err); flag != "" {
		return &hinted{err, "did you mean " + flag + "?"}
	}
	return &hinted{err, "bothends " + verb + " --help lists the flags"}
}

func help(c *console, p *usage.Program, args []string) (int, error) {
	if len(args) == 0 || args[0] == "help" {
		return 0, c.print(p.Help())
	}
	v, found := p.Verb(args[0])
	if !found {
		return 0, unknownVerb(p, args[0])
	}
	return 0, c.print(p.VerbHelp(v))
}

func completion(c *console, p *usage.Program, args []string) (int, error) {
	advice := "bothends --completion " + strings.Join(usage.Shells, "|")
	if len(args) != 1 {
		return 0, &hinted{errors.New("completion is for one shell"), advice}
	}
	script, err := p.Complete(args[0])
	if err != nil {
		return 0, &hinted{err, advice}
	}
	return 0, c.print(script)
}

// unknownVerb guesses what was meant; whoever names a file first wants it
// compared.
func unknownVerb(p *usage.Program, word string) error {
	if len(word) > 1 && word[0] == '-' {
		return &hinted{fmt.Errorf("unknown flag %q before the command", word), "flags follow the command: bothends compare CLIENT SERVER " + shellWord(word)}
	}
	if _, err := os.Stat(word); err == nil {
		return &hinted{fmt.Errorf("%q is a file and no command", word), "bothends compare CLIENT SERVER"}
	}
	err := fmt.Errorf("unknown command %q", word)
	if guess := usage.Guess(word, append(p.Names(), "help")); guess != "" {
		return &hinted{err, "did you mean bothends " + guess + "?"}
	}
	return &hinted{err, "the commands are " + strings.Join(p.Names(), ", ") + " and help"}
}
