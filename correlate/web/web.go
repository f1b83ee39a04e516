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
	"slices"
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

// findingsOf counts what was found in a connection.
func (b *builder) findingsOf(c *report.Connection) string {
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
	worth := map[*report.Capture]string{one: b.report.Worth("client"), other: b.report.Worth("server")}
	rows := []health{
		both("File", func(c *report.Capture) string {
			var list []string
			for _, f := range c.Files {
				state := f.EndState
				if f.EndReason != "" {
					state += ": " + f.EndReason
				}
				list = append(list, fmt.Sprintf("%s (%s)", name(f.Path), report.Escape(state)))
			}
			return strings.Join(list, ", ")
		}),
		both("Recorded", func(c *report.Capture) string {
			if r := c.Health.Recording; r != nil && r.From != "" {
				return span(r.From, r.Until, b.options.Zone)
			}
			return span(c.First, c.Last, b.options.Zone)
		}),
		both("What it holds", func(c *report.Capture) string {
			return fmt.Sprintf("%d packets, %d connections", c.Packets, c.Health.Connections)
		}),
		both("Completeness", func(c *report.Capture) string { return report.Sentence(worth[c]) }),
		both("Cut short", func(c *report.Capture) string {
			if c.Health.Cut == 0 {
				return ""
			}
			return fmt.Sprintf("%d packets", c.Health.Cut)
		}),
		both("Acknowledged, but not in it", func(c *report.Capture) string {
			if c.Health.Unseen == 0 {
				return ""
			}
			return fmt.Sprintf("%d bytes", c.Health.Unseen)
		}),
		both("Recorded twice", func(c *report.Capture) string {
			if c.Health.Repeated == 0 {
				return ""
			}
			return fmt.Sprintf("%d packets, counted once", c.Health.Repeated)
		}),
		both("Filter", func(c *report.Capture) string { return report.Escape(report.FilterWords(c.Health.Filter)) }),
		both("Clock", func(c *report.Capture) string {
			r := c.Health.Recording
			switch {
			case r == nil || r.Clock == nil:
				return ""
			case !r.Clock.Synchronised:
				return "not synchronised; that is allowed for"
			}
			return fmt.Sprintf("synchronised, wrong by at most %s", time.Duration(r.Clock.MaximumErrorNS).Round(time.Microsecond))
		}),
	}
	return slices.DeleteFunc(rows, func(h health) bool { return h.Client == "" && h.Server == "" })
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

func titleOf(f *report.Finding) string {
	switch judge.Verdict(f.Verdict) {
	case judge.Injected, judge.Conditional:
		return fmt.Sprintf("Finding %d: %s in the name of the %s, received by the %s: %s, %s", f.ID, kindOf(f), f.ClaimedSender, f.ReceivedAt, f.Verdict, f.Confidence)
	}
	return fmt.Sprintf("Finding %d: %s of the %s: %s, %s", f.ID, kindOf(f), f.ClaimedSender, f.Verdict, f.Confidence)
}

type finding struct {
	ID              int
	Title, Where    string
	Trigger, Place  string
	Pattern         string
	Open            bool
	Filters         []filter
	Signs, Refusals []evidence
}

// filter shows a packet in Wireshark.
type filter struct{ File, Packet, Note string }

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
		one := finding{ID: f.ID, Title: titleOf(f), Filters: filtersOf(f),
			Where: fmt.Sprintf("%s, by the clock of that recording. %s to %s, flags %s, seq %d, ack %d, TTL %d.", at, f.Src, f.Dst, f.Flags, f.Seq, f.Ack, f.TTL),
			Open:  len(list) < mostOpen && f.Verdict != string(judge.Genuine) && f.Verdict != string(judge.Lost)}
		one.Signs, one.Refusals = evidenceOf(f.Evidence, b.options.Zone)
		if t := f.Trigger; t != nil && t.Frame != 0 {
			reached := map[string]string{"yes": " That reached the other end all the same.", "no": " That did not reach the other end."}[t.Reached]
			one.Trigger = fmt.Sprintf("It answers %s from the %s (frame %d in %s).%s", report.Escape(t.Text), t.SentAt, t.Frame, name(t.File), reached)
		}
		if l := f.Location; l != nil && l.FromClientMS != nil && l.FromServerMS != nil {
			one.Place = fmt.Sprintf("By time it was made %.1f to %.1f ms from the client and %.1f to %.1f ms from the server, one way. This assumes: %s.",
				l.FromClientMS.Lo, l.FromClientMS.Hi, l.FromServerMS.Lo, l.FromServerMS.Hi, strings.TrimSuffix(l.Assumes, "."))
		}
		if f.Pattern != "" {
			one.Pattern = fmt.Sprintf("It resembles “%s”: %s. %s", f.Pattern, report.Escape(strings.TrimSuffix(f.PatternWhy, ".")), f.Advice)
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

func filtersOf(f *report.Finding) (list []filter) {
	for _, end := range []struct {
		name string
		*report.Filter
	}{{"client", f.Filters.Client}, {"server", f.Filters.Server}} {
		switch {
		case end.Filter == nil:
		case end.Held:
			list = append(list, filter{name(end.File), end.Packet, "shows it"})
		default:
			where := "the " + end.name + "'s recording"
			if end.File != "" {
				where = name(end.File)
			}
			list = append(list, filter{where, end.Packet, "shows that it is not there"})
		}
	}
	return list
}

// evidence is one row, with its question or claim in words.
type evidence struct {
	Rule, Outcome, Text string
	Attested            bool
}

// evidenceOf parts the signs from the innocent explanations. An explanation that its
// own test leaves open, and a sign excludes, is shown as excluded by that sign.
func evidenceOf(all []report.Evidence, zone *time.Location) (signs, explanations []evidence) {
	for _, e := range all {
		row := evidence{claim(e.Rule), e.Outcome, report.Sentence(e.Said(zone)), e.Attested}
		if e.Outcome == string(judge.Open) && len(e.RefutedBy) > 0 {
			var by []string
			for _, sign := range e.RefutedBy {
				by = append(by, claim(sign))
			}
			row.Outcome = string(judge.Refuted)
			row.Text = fmt.Sprintf("Excluded by what speaks for it: %s. By itself: %s", strings.Join(by, "; "), e.Said(zone)+".")
		}
		switch e.Outcome {
		case string(judge.Supports), string(judge.Contradicts):
			signs = append(signs, row)
		default:
			explanations = append(explanations, row)
		}
	}
	return signs, explanations
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
