package report

// This file and those beside it that begin with "text" print the report for
// people. Their rules:
//
//   - The verdict comes first, in words that need no knowledge of TCP; then the
//     two ends, the findings, what the captures are worth, and what to do next.
//   - It says what passed a tap and what did not, never who did it or why.
//   - Every number comes from the Report; nothing is decided here. What is left
//     out here stands in the JSON form.
//   - Plain lines that can be pasted into a mail, wrapped at the given width. A
//     path, an address or a display filter is never broken.
//   - Every string passes through Escape, as names and filters come from outside.
//   - Colour repeats what the words say.
//   - It stays readable for thousands of connections: what repeats is folded and
//     counted.

import (
	"io"
	"path"
	"strings"
	"time"
)

// TextOptions change how the text looks and how much it lists.
type TextOptions struct {
	Width  int  // columns; 0 is 80
	Color  bool // emphasise with ANSI escapes
	All    bool // list connections without findings too, and fold nothing
	Extent Extent
	// Zone is that of the times; nil is UTC.
	Zone *time.Location
}

// Lines stay readable between these widths, whatever the terminal.
const (
	standardWidth = 80
	narrowest     = 60
	widest        = 100
)

// WriteText writes the report for people.
func (r *Report) WriteText(w io.Writer, o TextOptions) error {
	if o.Width == 0 {
		o.Width = standardWidth
	}
	t := &text{
		Report: r, all: o.All, names: shortNames(r), shown: map[string]int{},
		page: page{width: min(max(o.Width, narrowest), widest), color: o.Color, zone: o.zone()},
	}
	if o.Extent != Details && !o.All {
		t.screen(o.Extent)
		_, err := io.WriteString(w, t.page.String())
		return err
	}
	t.verdict()
	t.compared()
	t.endings()
	t.ends()
	t.taps()
	t.findings()
	t.captures()
	t.next()
	_, err := io.WriteString(w, t.page.String())
	return err
}

// text is one report being written.
type text struct {
	*Report
	page
	all   bool
	names map[string]string // of the files, as they are called in the findings
	shown map[string]int    // by kind of evidence: the connection with which it was given in full
	tight bool              // no lines are left free within a section
	// placed is what was told last of a place.
	placed string
}

// shortNames gives every file its last element as a name, or its whole path if
// that would name two of them.
func shortNames(r *Report) map[string]string {
	uses := map[string]int{}
	var paths []string
	for _, c := range []*Capture{&r.Captures.Client, &r.Captures.Server} {
		for _, f := range c.Files {
			paths = append(paths, f.Path)
			uses[base(f.Path)]++
		}
	}
	names := map[string]string{}
	for _, p := range paths {
		names[p] = p
		if uses[base(p)] == 1 {
			names[p] = base(p)
		}
		if p == "-" {
			names[p] = "standard input"
		}
	}
	return names
}

func base(name string) string { return path.Base(strings.ReplaceAll(name, `\`, "/")) }

// capture returns the capture of an end, which is "client" or "server".
func (r *Report) capture(end string) *Capture {
	if end == "client" {
		return &r.Captures.Client
	}
	return &r.Captures.Server
}

func otherEnd(end string) string {
	if end == "client" {
		return "server"
	}
	return "client"
}
