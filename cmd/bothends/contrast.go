package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"time"

	"github.com/spf13/pflag"

	"bothends/capture/file"
	"bothends/cmd/internal/usage"
	"bothends/correlate/contrast"
)

// contrastOptions are what the command line of `bothends contrast` says.
type contrastOptions struct {
	reports  []string
	residual time.Duration
	format   string
	output   string
	force    bool
}

// contrastVerb is the verb; it returns 0 whatever the contrast shows.
func contrastVerb() verb {
	var o contrastOptions
	flags := newFlags("contrast")
	o.addFlags(flags)
	return verb{
		Verb: usage.Verb{
			Name:     "contrast",
			Title:    "say what goes with being cut, over the reports of many sessions: a port, an address, an hour, or what the client said",
			Synopsis: []string{"contrast [FLAGS] REPORT.json..."},
			Text: []string{
				`Each REPORT.json is what "bothends campaign" or "bothends compare --format json" prints; a file may hold any number, one after the other. "-" is standard input. Only campaign notes what was said in connections that were not cut, and the factors that its manifest declares; compare's reports have ports, addresses and times.`,
				"Connections that were reset or swallowed on the way are set against those that completed; all others are left out, counted, with the reason. What is named goes with being cut more than chance would have it: if nothing matters, something is named in 5 % of all such contrasts at most. Whether it is the cause, only sessions in an order left to chance can tell (bothends plan).",
			},
			Flags: flags,
			Statuses: usage.Statuses{List: []usage.Status{
				{Code: "0", Meaning: "contrasted, whatever it shows"},
				{Code: "2", Meaning: "could not contrast: usage, unreadable input"},
				{Code: "130", Meaning: "interrupted"},
			}},
		},
		run: func(ctx context.Context, c *console, args []string) (int, error) {
			o.reports = args
			if err := o.check(); err != nil {
				return 0, err
			}
			return 0, o.run(ctx, c)
		},
	}
}

func (o *contrastOptions) addFlags(flags *pflag.FlagSet) {
	flags.DurationVar(&o.residual, "residual", contrast.Residual, "set apart what begins within this `TIME` after a cut between the\nsame two addresses (180s unless given; 0 sets nothing apart)")
	flags.StringVar(&o.format, "format", formatText, "`FORM` of the result, text (the default) or json")
	flags.StringVarP(&o.output, "output", "o", standardOutput, "`FILE` to write the result to instead of standard output")
	flags.BoolVar(&o.force, "force", false, "let -o replace a file, though never a report")
	usage.Choices(flags, "format", formatText, formatJSON)
	usage.File(flags, "output")
	addHelp(flags)
}

func (o *contrastOptions) check() error {
	if !slices.Contains([]string{formatText, formatJSON}, o.format) {
		return &hinted{fmt.Errorf("--format %q is unknown", o.format), "it is text or json"}
	}
	if o.residual < 0 {
		return &hinted{fmt.Errorf("--residual %s is negative", o.residual), "give a time such as 180s, or 0"}
	}
	if len(o.reports) == 0 {
		return &hinted{errors.New("no report is given"), "make one of each pair (bothends compare --format json -o REPORT.json ...), then: bothends contrast REPORT.json..."}
	}
	for i, path := range o.reports {
		if slices.Contains(o.reports[:i], path) {
			return &hinted{fmt.Errorf("%q is given twice", path), "name each file once"}
		}
	}
	return checkOutput(o.output, o.force, o.reports)
}

func (o *contrastOptions) run(ctx context.Context, c *console) error {
	var collection contrast.Collection
	for _, path := range o.reports {
		if err := unlessInterrupted(ctx, func() error { return readReports(&collection, path) }); err != nil {
			return err
		}
	}
	result := contrast.Of(&collection, contrast.Options{Residual: o.residual})
	render := result.WriteText
	if o.format == formatJSON {
		render = result.WriteJSON
	}
	render = unlessInterruptedWriting(ctx, render)
	if o.output == standardOutput {
		return c.render(render)
	}
	return writeFile(ctx, o.output, o.force, render)
}

func readReports(collection *contrast.Collection, path string) error {
	var input io.Reader = os.Stdin
	if path != file.Stdin {
		opened, err := os.Open(path)
		if err != nil {
			return fmt.Errorf("%q: %w", path, withoutPath(err))
		}
		defer opened.Close()
		input = opened
	}
	if err := collection.Read(bufio.NewReaderSize(input, 1<<20)); err != nil {
		err = fmt.Errorf("%q: %w", path, err)
		return &hinted{err, "give what bothends compare --format json prints, one or many of them"}
	}
	return nil
}
