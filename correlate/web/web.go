// Package web renders a report as one HTML file that opens anywhere, offline and
// without scripts. It decides nothing: every word comes from the report or the
// ladders.
package web

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"io"
	"path"
	"strings"
	"time"

	"bothends/correlate/judge"
	"bothends/correlate/ladder"
	"bothends/correlate/outcome"
	"bothends/correlate/report"
)

//go:embed page.html
var layout string

//go:embed style.css
var style string

// Options are what the page says beside the report.
type Options struct {
	Program string         // with its version
	Command string         // by which the comparison was made
	Zone    *time.Location // of the times; nil is UTC
}

// Bounds on what a page shows.
const (
	mostRows    = 200 // connections in the table
	mostBars    = 40  // and in the timeline
	mostSaid    = 5   // lines of logs beside a connection
	mostOpen    = 2   // findings of a connection that are shown in full at once
	mostChars   = 40  // of a label in the narrow drawing
	timeLayout  = "2006-01-02 15:04:05.000000 MST"
	clockLayout = "15:04:05.000"
)

// Write writes the page. The ladders are those of the connections to be drawn.
func Write(w io.Writer, r *report.Report, ladders []ladder.Ladder, o Options) error {
	if o.Zone == nil {
		o.Zone = time.UTC
	}
	t, err := template.New("page").Parse(layout)
	if err != nil {
		return err
	}
	b := builder{report: r, options: o}
	var text bytes.Buffer
	if err := t.Execute(&text, b.page(ladders)); err != nil {
		return err
	}
	return shown(w, text.String())
}

// shown writes the page without a character that cannot be seen, wherever it comes
// from: one that turns the direction of what follows is as good as a forged word.
func shown(w io.Writer, text string) error {
	for line := range strings.Lines(text) {
		if _, err := io.WriteString(w, report.Escape(strings.TrimSuffix(line, "\n"))+"\n"); err != nil {
			return err
		}
	}
	return nil
}

type builder struct {
	report  *report.Report
	options Options
}

type page struct {
	Style                        template.CSS
	StyleHash                    template.HTMLAttr
	Headline, Grade, Program     string
	Explanation, Advice, Limits  []string
	Timelines                    []timeline
	Connections                  []row
	MoreConnections, MoreLadders string
	Ladders                      []drawn
	Health                       []health
	Clock                        string
	Terms                        []term
	Command                      string
	Files                        []sum
	Statements                   []string
	LogsRead                     []string
}

type (
	row struct {
		ID, Began, Ends, Class, Word, Why, Found string
		Said                                     []string // by logs
	}
	health struct{ Name, Client, Server string }
	term   struct{ Word, Meaning string }
	sum    struct{ Path, Sum string }
)

func (b *builder) page(ladders []ladder.Ladder) *page {
	r := b.report
	hash := sha256.Sum256([]byte(style))
	p := &page{
		Style: template.CSS(style), StyleHash: template.HTMLAttr("sha256-" + base64.StdEncoding.EncodeToString(hash[:])),
		Headline: r.Headline(), Program: b.options.Program, Command: b.options.Command,
		Explanation: r.Explanation(b.options.Zone), Advice: r.Advice(), Limits: r.Limits(), Statements: r.Statements(), LogsRead: r.LogsRead(),
		Timelines: []timeline{b.timeline(wideLine), b.timeline(narrowLine)}, Health: b.health(), Clock: b.clock(), Terms: terms,
	}
	switch r.Outcome().Status() {
	case outcome.Interference:
		p.Grade = "bad"
	case outcome.Clean:
		p.Grade = "good"
	default:
		p.Grade = "open"
	}
	for i := range r.Connections {
		if i == mostRows {
			p.MoreConnections = fmt.Sprintf("and %d more; report.json has them all", len(r.Connections)-i)
			break
		}
		c := &r.Connections[i]
		p.Connections = append(p.Connections, b.row(c))
	}
	if n := len(r.Concerned()) - len(ladders); n > 0 {
		p.MoreLadders = fmt.Sprintf("%d more connections with findings are not drawn here: bothends ladder --connection N draws any.", n)
	}
	for i := range ladders {
		p.Ladders = append(p.Ladders, b.draw(&ladders[i]))
	}
	for _, c := range []*report.Capture{&r.Captures.Client, &r.Captures.Server} {
		for _, f := range c.Files {
			known := f.SHA256
			if known == "" {
				known = "not known"
			}
			p.Files = append(p.Files, sum{report.Escape(f.Path), known})
		}
	}
	return p
}

func (b *builder) moment(ns int64) string {
	return time.Unix(0, ns).In(b.options.Zone).Format(timeLayout)
}

func ends(c *report.Connection) string {
	one, other := c.ClientView, c.ServerView
	switch {
	case one.Client == "":
		return fmt.Sprintf("%s to %s, seen at the server only", other.Client, other.Server)
	case other.Client == "":
		return fmt.Sprintf("%s to %s, seen at the client only", one.Client, one.Server)
	case one == other:
		return fmt.Sprintf("%s to %s", one.Client, one.Server)
	}
	return fmt.Sprintf("%s to %s; at the server %s to %s", one.Client, one.Server, other.Client, other.Server)
}

// row is a connection in the table.
func (b *builder) row(c *report.Connection) row {
	out := row{ID: fmt.Sprint(c.ID), Began: time.Unix(0, int64(c.First)).In(b.options.Zone).Format("2006-01-02 15:04:05 MST"), Ends: ends(c), Class: classOf(c), Word: c.Verdict, Why: c.Why, Found: b.findingsOf(c), Said: c.Said(mostSaid, b.options.Zone)}
	if e := c.Ending; e != nil {
		out.Word = e.KindInWords()
		if c.Badly() {
			out.Why = fmt.Sprintf("%s. How sure: %s.", report.Escape(e.Text), e.Sure())
		}
	}
	return out
}

// classOf is how the ending of a connection is marked: bad if the path is known to have
// brought it about, open if that is in doubt.
func classOf(c *report.Connection) string {
	switch e := c.Ending; {
	case c.Verdict == string(judge.Tampered):
		return "bad"
	case e != nil && e.Proved:
		return "bad"
	case e != nil && e.ByThePath, c.Verdict == string(judge.Inconclusive):
		return "open"
	case e != nil && c.Badly():
		return "plain"
	}
	return "good"
}

// name is a file's, without its folders.
func name(file string) string { return report.Escape(path.Base(strings.ReplaceAll(file, `\`, "/"))) }

// terms are those that a reader meets above.
var terms = []term{
	{"tap", "The place inside a machine where packets were recorded."},
	{"segment", "One piece of a TCP connection, as one packet carries it."},
	{"reset", "A segment that ends a connection at once. Either end may send one; so may whoever stands between them and writes the address of an end on it."},
	{string(judge.Injected), "It arrived at one end in the name of the other, and did not pass the tap there: it was made between the two taps."},
	{string(judge.Genuine), "The end that it names sent it: it passed the tap there."},
	{string(judge.Lost), "It left one tap and never came to the other."},
	{string(judge.Indeterminate), "The recordings do not allow a verdict."},
	{string(judge.Conditional), "Injected, if one or two facts hold that no recording can show."},
	{"proven, strong, supported", "How sure a verdict is. Proven: every innocent explanation that the recordings can test is refuted, and more than silence speaks for it."},
	{"refuted, fits, open", "What became of an innocent explanation: the recordings contradict it, they agree with it, or they cannot tell."},
	{"trigger", "The segment that a reset answers. It is marked ▶ in the drawings."},
	{"swallowed", "It left one end again and again, and never came to the other."},
	{"NAT", "Translation of addresses on the way: each end knows the other one's, or its own, under another address."},
}
