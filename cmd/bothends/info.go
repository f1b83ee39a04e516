package main

import (
	"context"
	"errors"
	"fmt"
	"io"
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
	files     []string
	together  bool
	statement string
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
	flags.StringVar(&o.statement, "statement", "", "write the statement of the last seal to `FILE`, and its signature to FILE.sig,\nfor ssh-keygen -Y verify -n bothcap")
	usage.File(flags, "statement")
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
	if err := o.checkOutputs(); err != nil {
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
	if err := o.write(ctx, c, inspected); err != nil || o.statement == "" {
		return err
	}
	return o.writeStatement(ctx, inspected)
}

// signatureName is what follows the statement's name in that of its signature, where
// ssh-keygen -Y sign puts it.
const signatureName = ".sig"

func (o *infoOptions) checkOutputs() error {
	if err := checkOutput(o.output, o.force, filesOfAll(o.files)); err != nil || o.statement == "" {
		return err
	}
	return errors.Join(checkOutput(o.statement, o.force, filesOfAll(o.files)), checkOutput(o.statement+signatureName, o.force, filesOfAll(o.files)))
}

// writeStatement writes what is signed, and the signature if there is one.
func (o *infoOptions) writeStatement(ctx context.Context, inspected *report.Info) error {
	if len(inspected.Captures) != 1 {
		return &hinted{errors.New("--statement is of one recording"), "give the files of one, with --together or as a pattern in quotes"}
	}
	s := inspected.Captures[0].Sealed
	if s.Statement == "" {
		return fmt.Errorf("no statement: %q has no seal that holds", o.files[0])
	}
	err := writeFile(ctx, o.statement, o.force, textOf(s.Statement))
	if err == nil && s.Signature != "" {
		err = writeFile(ctx, o.statement+signatureName, o.force, textOf(s.Signature))
	}
	return err
}

func textOf(text string) func(io.Writer) error {
	return func(w io.Writer) error {
		_, err := io.WriteString(w, text)
		return err
	}
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
