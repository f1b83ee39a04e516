package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"sync"

	"github.com/spf13/pflag"

	"bothends/capture/file"
	"bothends/correlate"
	"bothends/correlate/report"
)

// compareOptions are what the command line of `bothends compare` says.
type compareOptions struct {
	client, server []string // files by end, where they are given so
	positional     []string // else CLIENT and SERVER
	format         string
	output         string
	force          bool
	color          string
	all            bool
	help           bool
}

func (o *compareOptions) addFlags(flags *pflag.FlagSet) {
	flags.StringArrayVar(&o.client, "client", nil, "a `FILE` recorded at the client; repeat it for further files")
	flags.StringArrayVar(&o.server, "server", nil, "a `FILE` recorded at the server; repeat it for further files")
	flags.StringVar(&o.format, "format", formatText, "`FORM` of the report, text (the default) or json")
	flags.StringVarP(&o.output, "output", "o", standardOutput, "`FILE` to write the report to instead of standard output")
	flags.BoolVar(&o.force, "force", false, "let -o replace a file, though never a capture")
	flags.StringVar(&o.color, "color", colorAuto, "`WHEN` to colour the text: auto (the default: on a terminal,\nunless NO_COLOR is set), always or never")
	flags.BoolVar(&o.all, "all", false, "list connections without findings too, and shorten nothing")
	flags.BoolVarP(&o.help, "help", "h", false, "show this help")
}

// Values of --format.
const (
	formatText = "text"
	formatJSON = "json"
)

// compare is the verb: it returns the status of the verdict.
func compare(ctx context.Context, c *console, args []string) (int, error) {
	var o compareOptions
	flags := newFlags("compare")
	o.addFlags(flags)
	err := flags.Parse(args)
	c.json = o.format == formatJSON
	if err != nil {
		return 0, usageError("compare", err)
	}
	if o.help {
		return 0, c.print(compareHelp())
	}
	o.positional = flags.Args()
	if err := o.check(); err != nil {
		return 0, err
	}
	return o.run(ctx, c)
}

// check refuses what cannot be meant.
func (o *compareOptions) check() error {
	if !slices.Contains([]string{formatText, formatJSON}, o.format) {
		return &hinted{fmt.Errorf("--format %q is unknown", o.format), "it is text or json"}
	}
	if !slices.Contains([]string{colorAuto, colorAlways, colorNever}, o.color) {
		return &hinted{fmt.Errorf("--color %q is unknown", o.color), "it is auto, always or never"}
	}
	return o.checkCaptures()
}

// run compares, writes the report and returns the status of the verdict.
func (o *compareOptions) run(ctx context.Context, c *console) (int, error) {
	first, second, fixed := o.captures()
	if err := checkOutput(o.output, o.force, slices.Concat(first, second)); err != nil {
		return 0, err
	}
	c.progress = newProgress(os.Stderr)
	sets, err := openBoth(ctx, first, second)
	defer closeBoth(sets)
	if err != nil {
		return 0, err
	}
	if mine, theirs, found := sets[0].Common(sets[1]); found {
		return 0, sameFile(mine, theirs)
	}
	c.progress.expect(sets)
	r, err := correlate.Compare(ctx, sets[0], sets[1], correlate.Options{FixedEnds: fixed, Progress: c.progress.advance})
	c.progress.erase()
	nothing := errors.Is(err, correlate.ErrNothingInCommon)
	if err != nil && !nothing {
		return 0, explain(err)
	}
	warnOfCaptures(c, r)
	if !nothing || o.format == formatJSON {
		if err := o.write(c, r); err != nil {
			return 0, err
		}
	}
	if nothing {
		return 0, nothingInCommon(r)
	}
	return r.ExitStatus(), nil
}

// write renders the report completely before anything is opened to hold it.
func (o *compareOptions) write(c *console, r *report.Report) error {
	var text bytes.Buffer
	var err error
	if o.format == formatJSON {
		err = r.WriteJSON(&text)
	} else {
		err = r.WriteText(&text, o.textOptions())
	}
	if err != nil {
		return fmt.Errorf("render the report: %w", err)
	}
	if o.output == standardOutput {
		return c.print(text.String())
	}
	return writeFile(o.output, o.force, text.Bytes())
}

// openBoth opens the captures at the same time, as each may have to be
// unpacked. When one cannot be opened, the other is not waited for.
func openBoth(ctx context.Context, paths ...[]string) (sets [2]*file.Set, err error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var problems [2]error
	var group sync.WaitGroup
	for i := range sets {
		group.Go(func() {
			if sets[i], problems[i] = file.Open(ctx, paths[i]); problems[i] != nil {
				cancel()
			}
		})
	}
	group.Wait()
	if problems[0] != nil && (problems[1] == nil || !errors.Is(problems[0], context.Canceled)) {
		return sets, problems[0]
	}
	return sets, problems[1]
}

func closeBoth(sets [2]*file.Set) {
	for _, set := range sets {
		if set != nil {
			set.Close() // the temporary files have served; nothing is lost with them
		}
	}
}
