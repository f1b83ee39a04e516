package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/spf13/pflag"

	"bothends/cmd/internal/usage"
	"bothends/correlate/report"
)

// rendering is what the command line says of the form that a result takes, and
// of where it goes.
type rendering struct {
	format string
	output string
	force  bool
	color  string
	all    bool
	local  bool
	// details and brief are those of compare.
	details, brief bool
	direct         bool // past the pager
}

// Values of --format.
const (
	formatText = "text"
	formatJSON = "json"
)

// addFlags takes what --all does, as that differs between the verbs.
func (r *rendering) addFlags(flags *pflag.FlagSet, all string) {
	flags.StringVar(&r.format, "format", formatText, "`FORM` of the report, text (the default) or json")
	flags.StringVarP(&r.output, "output", "o", standardOutput, "`FILE` to write the report to instead of standard output")
	flags.BoolVar(&r.force, "force", false, "let -o replace a file, though never a capture")
	flags.StringVar(&r.color, "color", colorAuto, "`WHEN` to colour the text: auto (the default: on a terminal,\nunless NO_COLOR is set), always or never")
	flags.BoolVar(&r.all, "all", false, all)
	flags.BoolVar(&r.local, "local", false, "give times in this machine's zone, as mail logs have them, and not in UTC; JSON keeps UTC")
	flags.BoolVar(&r.direct, "no-pager", false, "do not show long text through $PAGER on a terminal")
	usage.Choices(flags, "format", formatText, formatJSON)
	usage.Choices(flags, "color", colorAuto, colorAlways, colorNever)
	usage.File(flags, "output")
}

// check refuses what cannot be meant.
func (r *rendering) check() error {
	if !slices.Contains([]string{formatText, formatJSON}, r.format) {
		return &hinted{fmt.Errorf("--format %q is unknown", r.format), "it is text or json"}
	}
	if !slices.Contains([]string{colorAuto, colorAlways, colorNever}, r.color) {
		return &hinted{fmt.Errorf("--color %q is unknown", r.color), "it is auto, always or never"}
	}
	return nil
}

// A result can be shown in both forms.
type result interface {
	WriteText(io.Writer, report.TextOptions) error
	WriteJSON(io.Writer) error
}

// write renders the result to where it shall go, unless ctx ends before.
func (r *rendering) write(ctx context.Context, c *console, shown result) error {
	render := unlessInterruptedWriting(ctx, func(w io.Writer) error {
		buffered := bufio.NewWriterSize(w, 64<<10)
		var err error
		if r.format == formatJSON {
			err = shown.WriteJSON(buffered)
		} else {
			err = shown.WriteText(buffered, r.textOptions())
		}
		return errors.Join(err, buffered.Flush())
	})
	switch {
	case r.output != standardOutput:
		return writeFile(ctx, r.output, r.force, render)
	case r.format == formatJSON:
		return c.render(render)
	}
	var text bytes.Buffer
	if err := render(&text); err != nil {
		return err
	}
	c.paged = !r.direct
	return c.page(text.Bytes())
}
