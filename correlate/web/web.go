// Package web renders a report as one HTML file that opens anywhere, offline and
// without scripts. It decides nothing: every word comes from the report or the
// ladders.
package web

import (
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"io"
	"path"
	"slices"
	"strings"
	"time"

	"bothends/correlate/judge"
	"bothends/correlate/ladder"
	"bothends/correlate/report"
)

//go:embed page.html
var layout string

//go:embed style.css
var style string

// Options are what the page says beside the report.
type Options struct {
	Program string            // with its version
	Command string            // by which the comparison was made
	Sums    map[string]string // by path: the file's SHA-256
	Zone    *time.Location    // of the times; nil is UTC
}

// Bounds on what a page shows.
const (
	mostRows    = 200 // connections in the table
	mostBars    = 40  // and in the timeline
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
	return t.Execute(w, b.page(ladders))
}

type builder struct {
	report  *report.Report
	options Options
}

type page struct {
	Style                        template.CSS
	StyleHash                    template.HTMLAttr
	Headline, Grade, Program     string
	Explanation                  []string
	Timeline                     timeline
	Connections                  []row
	MoreConnections, MoreLadders string
	Ladders                      []drawn
	Health                       []health
	Clock                        string
	Terms                        []term
	Command                      string
	Files                        []sum
	Statements                   string
}

type (
	row    struct{ ID, Began, Ends, Verdict, Why string }
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
		Explanation: r.Explanation(), Timeline: b.timeline(), Health: b.health(), Clock: b.clock(), Terms: terms,
	}
	switch r.ExitStatus() {
	case report.ExitInterference:
		p.Grade = "bad"
	case report.ExitClean:
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
		p.Connections = append(p.Connections, row{fmt.Sprint(c.ID), b.moment(int64(c.First)), ends(c), c.Verdict, b.findingsOf(c)})
	}
	for i := range ladders {
		p.Ladders = append(p.Ladders, b.draw(&ladders[i]))
	}
	for _, c := range []*report.Capture{&r.Captures.Client, &r.Captures.Server} {
		for _, f := range c.Files {
			known := b.options.Sums[f.Path]
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

// findingsOf counts what was found in a connection.
func (b *builder) findingsOf(c *report.Connection) string {
	if c.Why != "" {
		return c.Why
	}
	var words []string
	counts := map[string]int{}
	for i := range b.report.Findings {
		f := &b.report.Findings[i]
		if f.Connection != c.ID {
			continue
		}
		word := f.Verdict + " " + kindOf(f)
		if counts[word]++; counts[word] == 1 {
			words = append(words, word)
		}
	}
	for i, word := range words {
		if n := counts[word]; n > 1 {
			words[i] = fmt.Sprintf("%d %ss", n, word)
		} else {
			words[i] = "1 " + word
		}
	}
	return strings.Join(words, ", ")
}

func kindOf(f *report.Finding) string {
	switch f.Kind {
	case "rst":
		return "reset"
	case "data":
		return "segment with data"
	}
	return strings.ToUpper(f.Kind)
}

// name is a file's, without its folders.
func name(file string) string { return report.Escape(path.Base(strings.ReplaceAll(file, `\`, "/"))) }

func (b *builder) health() []health {
	one, other := &b.report.Captures.Client, &b.report.Captures.Server
	both := func(name string, say func(*report.Capture) string) health { return health{name, say(one), say(other)} }
	return []health{
		both("files", func(c *report.Capture) string {
			var list []string
			for _, f := range c.Files {
				list = append(list, report.Escape(f.Path)+" ("+f.EndState+")")
			}
			return strings.Join(list, ", ")
		}),
		both("recorded", func(c *report.Capture) string { return span(c.First, c.Last, b.options.Zone) }),
		both("packets", func(c *report.Capture) string { return fmt.Sprint(c.Packets) }),
		both("lost while recording", func(c *report.Capture) string {
			if !c.Drops.Known {
				return "not known: the recorder kept no count"
			}
			return fmt.Sprintf("%d, by its own counters", c.Drops.ByInterface+c.Drops.ByKernel)
		}),
		both("missed, seen from the other end", func(c *report.Capture) string {
			h := &c.Health
			return fmt.Sprintf("%d of %d", h.Missed, h.Passed+h.Missed)
		}),
	}
}

func span(first, last string, zone *time.Location) string {
	from, errFrom := time.Parse(time.RFC3339Nano, first)
	to, errTo := time.Parse(time.RFC3339Nano, last)
	if errFrom != nil || errTo != nil {
		return "at unknown times"
	}
	return fmt.Sprintf("%s, for %s", from.In(zone).Format("2006-01-02 15:04:05 MST"), to.Sub(from).Round(time.Millisecond))
}

func (b *builder) clock() string {
	c := &b.report.Clock
	if !c.Known {
		return "The two clocks cannot be compared."
	}
	return fmt.Sprintf("The server's clock less the client's: %s, give or take %s, by %d packets that passed both taps.",
		time.Duration(c.OffsetNS).Round(time.Microsecond), time.Duration(c.UncertaintyNS).Round(time.Microsecond), c.Points)
}

// terms are those that a reader meets above.
var terms = []term{
	{"tap", "The place inside a machine where packets were recorded."},
	{"segment", "One piece of a TCP connection, as one packet carries it."},
	{"reset", "A segment that ends a connection at once. Either end may send one; so may whoever stands between them and writes the address of an end on it."},
	{"injected", "It arrived at one end in the name of the other, and did not pass the tap there: it was made between the two taps."},
	{"genuine", "The end that it names sent it: it passed the tap there."},
	{"lost", "It left one tap and never came to the other."},
	{"indeterminate", "The recordings do not allow a verdict."},
	{"conditional", "Injected, if one or two facts hold that no recording can show."},
	{"proven, strong, supported", "How sure a verdict is. Proven: every innocent explanation that the recordings can test is refuted, and more than silence speaks for it."},
	{"refuted, fits, open", "What became of an innocent explanation: the recordings contradict it, they agree with it, or they cannot tell."},
	{"trigger", "The segment that a reset answers."},
}

func titleOf(f *report.Finding) string {
	switch f.Verdict {
	case "injected", "conditional":
		return fmt.Sprintf("Finding %d: %s in the name of the %s, received by the %s: %s, %s", f.ID, kindOf(f), f.ClaimedSender, f.ReceivedAt, f.Verdict, f.Confidence)
	}
	return fmt.Sprintf("Finding %d: %s of the %s: %s, %s", f.ID, kindOf(f), f.ClaimedSender, f.Verdict, f.Confidence)
}

type finding struct {
	ID                         int
	Title, Where, Filter, File string
	Trigger, Place             string
	Open                       bool
	Evidence                   []evidence
}

func (b *builder) findings(id int) (list []finding) {
	for i := range b.report.Findings {
		f := &b.report.Findings[i]
		if f.Connection != id {
			continue
		}
		at := f.Time
		if t, err := time.Parse(time.RFC3339Nano, f.Time); err == nil {
			at = t.In(b.options.Zone).Format(timeLayout)
		}
		one := finding{ID: f.ID, Title: titleOf(f), Filter: fmt.Sprintf("frame.number == %d", f.Frame), File: name(f.File),
			Where:    fmt.Sprintf("%s, by the clock of that recording. %s to %s, flags %s, seq %d, ack %d, TTL %d.", at, f.Src, f.Dst, f.Flags, f.Seq, f.Ack, f.TTL),
			Evidence: evidenceOf(f), Open: len(list) < mostOpen && f.Verdict != "genuine" && f.Verdict != "lost"}
		if t := f.Trigger; t != nil && t.Frame != 0 {
			one.Trigger = fmt.Sprintf("It answers %s from the %s (frame %d in %s).", report.Escape(t.Text), t.SentAt, t.Frame, name(t.File))
		}
		if l := f.Location; l != nil && l.FromClientMS != nil && l.FromServerMS != nil {
			one.Place = fmt.Sprintf("By time it was made %.1f to %.1f ms from the client and %.1f to %.1f ms from the server, one way. This assumes: %s.",
				l.FromClientMS.Lo, l.FromClientMS.Hi, l.FromServerMS.Lo, l.FromServerMS.Hi, strings.TrimSuffix(l.Assumes, "."))
		}
		list = append(list, one)
	}
	slices.SortStableFunc(list, func(x, y finding) int {
		if x.Open == y.Open {
			return 0
		}
		if x.Open {
			return -1
		}
		return 1
	})
	return list
}

// evidence is one row, with its question or claim in words.
type evidence struct {
	Rule, Outcome, Text string
	Attested            bool
}

func evidenceOf(f *report.Finding) (list []evidence) {
	for _, e := range f.Evidence {
		list = append(list, evidence{claim(e.Rule), e.Outcome, e.Text, e.Attested})
	}
	return list
}

// claim is what a rule asks, in the words of the judgement's tables.
func claim(rule string) string {
	for i := range judge.Hypotheses {
		if h := &judge.Hypotheses[i]; string(h.Name) == rule {
			return "Perhaps " + h.Claim + "?"
		}
	}
	for i := range judge.Signs {
		if s := &judge.Signs[i]; string(s.Name) == rule {
			return strings.ToUpper(s.Claim[:1]) + s.Claim[1:]
		}
	}
	return rule
}
