package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"

	"github.com/spf13/pflag"

	"bothends/capture/file"
	"bothends/cmd/internal/usage"
	"bothends/correlate/inspect"
	"bothends/correlate/report"
)

// infoOptions are what the command line of `bothends info` says.
type infoOptions struct {
	rendering
	files    []string
	together bool
}

// infoVerb is the verb; it returns 0 for any capture that can be read, as good or
// bad as it may be.
func infoVerb() verb {
	var o infoOptions
	flags := newFlags("info")
	o.addFlags(flags)
	return verb{
		Verb: usage.Verb{
			Name:     "info",
			Title:    "say what a capture holds, and how good a witness it is, before it is sent to the other end",
			Synopsis: []string{"info [FLAGS] FILE..."},
			Text: []string{
				`Each FILE is a capture of its own, in pcap or pcapng format, also compressed with gzip, zstd or lz4; "-" is standard input.`,
				rotatedSets + " With --together all files are one capture, in whatever order they are given; if files that were given without it look like parts of one recording, bothends says so.",
				"A capture is called good if its silence can prove that a packet was never sent, as far as it can be told from it alone: how it compares with the other end's, only compare can tell.",
			},
			Flags: flags,
			Statuses: usage.Statuses{List: []usage.Status{
				{Code: "0", Meaning: "inspected, whatever the capture is worth"},
				{Code: "2", Meaning: "could not inspect: usage, unreadable input"},
				{Code: "130", Meaning: "interrupted"},
			}},
		},
		run: func(ctx context.Context, c *console, args []string) (int, error) {
			o.files = args
			if err := o.check(); err != nil {
				return 0, err
			}
			return 0, o.run(ctx, c)
		},
	}
}

func (o *infoOptions) addFlags(flags *pflag.FlagSet) {
	flags.BoolVar(&o.together, "together", false, "take all files for one capture: the parts of a ring buffer, or\nof one machine's several interfaces")
	o.rendering.addFlags(flags, "shorten nothing")
	addHelp(flags)
}

func (o *infoOptions) check() error {
	if err := o.rendering.check(); err != nil {
		return err
	}
	if len(o.files) == 0 {
		return &hinted{errors.New("no capture is given"), "name it: bothends info FILE"}
	}
	for i, path := range o.files {
		if slices.Contains(o.files[:i], path) {
			return &hinted{fmt.Errorf("%q is given twice", path), "name each file once"}
		}
	}
	return nil
}

func (o *infoOptions) run(ctx context.Context, c *console) error {
	if err := checkOutput(o.output, o.force, filesOfAll(o.files)); err != nil {
		return err
	}
	c.progress = newProgress(os.Stderr)
	sets, err := o.open(ctx)
	defer func() {
		for _, set := range sets {
			set.Close() // the temporary files have served; nothing is lost with them
		}
	}()
	if err != nil {
		return err
	}
	c.progress.expect("inspecting", 1, sets...)
	var inspected *report.Info
	err = unlessInterrupted(ctx, func() (err error) {
		inspected, err = inspect.Captures(ctx, sets, c.progress.advance)
		return err
	})
	c.progress.erase()
	if err != nil {
		return err
	}
	return o.write(ctx, c, inspected)
}

// open makes each file a capture of its own, unless they are one together. The
// captures opened so far are returned with an error, too.
func (o *infoOptions) open(ctx context.Context) (sets []*file.Set, err error) {
	groups := [][]string{filesOfAll(o.files)}
	if !o.together {
		groups = nil
		for _, word := range o.files {
			groups = append(groups, filesOf(word))
		}
	}
	for _, paths := range groups {
		set, err := file.Open(ctx, paths)
		if err != nil {
			return sets, err
		}
		for _, before := range sets {
			if mine, theirs, found := set.Common(before); found {
				set.Close()
				return sets, &hinted{fmt.Errorf("%q and %q are the same file", theirs, mine), "name each file once"}
			}
		}
		sets = append(sets, set)
	}
	return sets, nil
}
