package report

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"bothends/correlate/judge"
	"bothends/correlate/outcome"
)

// How much the text tells.
type Extent uint8

const (
	Details Extent = iota // everything
	Screen                // what fits on one screen; the verdict is also its last line
	Brief                 // the verdict, and the connections that ended badly
	Sources               // what was compared, by what, and what was stated
)

// Bounds of what is to fit on one screen of forty lines or so.
const (
	mostHit       = 8  // connections
	mostProof     = 10 // lines of proof, of one finding
	mostOpenRows  = 4  // explanations that stay open
	screenClosing = "bothends compare --details tells everything."
)

// screen is the report at a glance.
func (t *text) screen(extent Extent) {
	if extent == Sources {
		t.sources()
		return
	}
	t.tight = true
	t.verdict()
	t.compared()
	t.hits()
	t.taps()
	if extent == Brief {
		return
	}
	t.proof()
	t.leftOpen()
	t.section("WHAT TO DO NEXT")
	t.advice()
	t.para(plain, "  ", "%s", screenClosing)
	t.blank()
	t.para(t.grade(), "", "%s", t.Headline())
}

// shortSum is how much of a checksum tells files apart at a glance.
const shortSum = 12

// compared names the program and the files as they were given, and what was stated.
func (t *text) compared() {
	t.blank()
	t.sources()
}

func (t *text) sources() {
	by := ""
	if t.Program != "" {
		by = " by " + t.Program
	}
	t.para(plain, "", "Compared%s:", by)
	for _, end := range []string{"client", "server"} {
		files := t.capture(end).Files
		if len(files) == 0 {
			continue
		}
		what := given(files[0].Path)
		if len(files) > 1 {
			what += fmt.Sprintf(" and %s", count(len(files)-1, "more file"))
		} else if sum := files[0].SHA256; sum != "" {
			what += fmt.Sprintf(" (SHA-256 %s...)", sum[:min(shortSum, len(sum))])
		}
		if words := FilterWords(t.capture(end).Health.Filter); words != t.capture(end).Health.Filter {
			what += "; recorded: " + words
		}
		t.item("  ", end+"  ", "%s", what)
	}
	t.stated()
}

// stated lists what the user stated, as the user's.
func (t *text) stated() {
	for _, statement := range t.Statements() {
		t.item("  ", "stated  ", "by the user, and shown by no capture: %s", statement)
	}
}

// section starts a section in few lines.
func (t *text) section(title string) {
	t.blank()
	t.line(bold, "", title)
}

// grade is the style of the verdict.
func (t *text) grade() style {
	switch t.outcome.Status() {
	case outcome.Interference:
		return alarm
	case outcome.Clean:
		return success
	}
	return doubt
}

// hits has a line for each connection that ended badly or with which something is
// wrong: when, who, what, and how sure.
func (t *text) hits() {
	graves := map[int]selection{}
	for _, group := range byConnection(t.selected(grave)) {
		graves[group[0].Connection] = group
	}
	var list []*Connection
	for i := range t.Connections {
		if c := &t.Connections[i]; c.badly() || graves[c.ID] != nil {
			list = append(list, c)
		}
	}
	slices.SortStableFunc(list, func(a, b *Connection) int { return severity(b) - severity(a) })
	rest, more := len(t.Connections)-len(list), max(0, len(list)-mostHit)
	list = list[:len(list)-more]
	title, host := "ENDED BADLY OR IN DOUBT", ""
	if len(list) > 0 {
		host = list[0].serverHost()
	}
	for _, c := range list {
		if c.serverHost() != host {
			host = ""
		}
	}
	if host != "" {
		title += ", with " + host
	}
	if len(list) > 0 {
		title += list[0].moment().In(t.zone).Format(" (2006-01-02, MST)")
	}
	t.section(title)
	for _, c := range list {
		what := graves[c.ID].inWords()
		if c.badly() {
			what = fmt.Sprintf("%s, %s", strings.ReplaceAll(c.Ending.Kind, "-", " "), c.Ending.Confidence)
		}
		who := c.short()
		if host != "" {
			who = strings.Replace(who, host, "", 1)
		}
		t.item("  ", fmt.Sprintf("%d  %s  ", c.ID, c.moment().In(t.zone).Format("15:04:05")), "%s: %s", who, what)
		t.quoted(c, 1, "     ")
	}
	switch {
	case more > 0:
		t.para(plain, "  ", "... and %s (--details lists %s).", count(more, "more connection"), pick(more, "it", "them"))
	case len(list) == 0:
		alone := ""
		if n := len(t.Connections) - t.Summary.Paired; n > 0 {
			alone = fmt.Sprintf("; %s in one capture only, and not judged", count(n, "other")+pick(n, " is", " are"))
		}
		t.para(plain, "  ", "None of %s that both captures hold%s.", count(t.Summary.Paired, "connection"), alone)
	case rest > 0:
		t.para(plain, "  ", "Nothing of the kind in the other %s.", pick(rest, "one", fmt.Sprint(rest)))
	}
	t.logs()
}

// severity puts those first that the path ended.
func severity(c *Connection) int {
	switch {
	case c.Ending != nil && c.Ending.ByThePath, c.Verdict == string(judge.Tampered):
		return 2
	case c.badly():
		return 1
	}
	return 0
}

// moment is when it ended, by the clock of the capture that tells.
func (c *Connection) moment() time.Time { return time.Unix(0, int64(c.Last)) }

// serverHost is the address of the server as the client's end sees it.
func (c *Connection) serverHost() string {
	v := c.ClientView
	if v.Server == "" {
		v = c.ServerView
	}
	at := strings.LastIndex(v.Server, ":")
	return v.Server[:max(0, at)]
}

// short names a connection as the client's end sees it.
func (c *Connection) short() string {
	if arrow := c.ClientView.arrow(); arrow != "" {
		return arrow
	}
	return c.ServerView.arrow()
}

// inWords counts what hit a connection: "2 injected, proven" if these are resets.
func (s selection) inWords() string {
	if len(s) == 0 {
		return ""
	}
	var words []string
	for _, b := range bursts(s) {
		word := b[0].Verdict + ", " + b[0].Confidence
		if b[0].Verdict == b[0].Confidence {
			word = b[0].Verdict
		}
		if !slices.Contains(words, word) {
			words = append(words, word)
		}
	}
	if s.noun() == "reset" {
		return fmt.Sprintf("%d %s", len(s), strings.Join(words, "; "))
	}
	return s.what() + ": " + strings.Join(words, "; ")
}

// strongest is the finding that is proved best: by its confidence, then by how
// many signs speak for it.
func (s selection) strongest() *Finding {
	rank := func(f *Finding) int {
		n := 0
		for i, level := range judge.Confidences {
			if level.Name == f.Confidence {
				n = (len(judge.Confidences) - i) * 100
			}
		}
		return n + len(f.signs())
	}
	return slices.MaxFunc(s, func(a, b *Finding) int { return rank(a) - rank(b) })
}

// signs are the evidence that supports it, what decides first.
func (f *Finding) signs() []Evidence {
	var list []Evidence
	for _, e := range f.Evidence {
		if e.Outcome == string(judge.Supports) {
			list = append(list, e)
		}
	}
	slices.SortStableFunc(list, func(a, b Evidence) int {
		switch {
		case a.Decides == b.Decides:
			return 0
		case a.Decides:
			return -1
		}
		return 1
	})
	return list
}

// proof gives what speaks for the strongest finding, in few lines.
func (t *text) proof() {
	candidates := t.selected(interfering)
	if len(candidates) == 0 {
		return
	}
	f := candidates.strongest()
	t.section("THE STRONGEST PROOF")
	begin := strings.Count(t.String(), "\n")
	t.para(plain, "  ", "%s (finding %d, connection %d; frame %d of %s):", strings.TrimSuffix(t.title(selection{f}), ": "+f.Confidence), f.ID, f.Connection, f.Frame, t.names[f.File])
	refuted := 0
	for _, e := range f.Evidence {
		if e.Outcome == string(judge.Refuted) {
			refuted++
		}
	}
	tested := ""
	if refuted > 0 { // what both captures hold needs none refuted
		tested = fmt.Sprintf("; of %s that the captures can test, none fits", count(refuted, "innocent explanation"))
	}
	t.item("  ", "= ", "%s%s%s.", upper(f.Confidence), t.reason(f), tested)
	left := 0
	for _, e := range f.signs() {
		before := t.page
		var trial text
		trial.page = page{width: before.width, zone: before.zone}
		trial.item("  ", "+ ", "%s", sentence(t.said(&e)))
		if strings.Count(t.String(), "\n")-begin+strings.Count(trial.String(), "\n") > mostProof-1 {
			left++
			continue
		}
		t.item("  ", "+ ", "%s", sentence(t.said(&e)))
	}
	if left > 0 {
		t.para(plain, "  ", "... and %s.", count(left, "more sign"))
	}
}

// reason is why a confidence is what it is: what is known of how complete the sender's
// capture is.
func (t *text) reason(f *Finding) string {
	c := t.capture(f.ClaimedSender)
	switch {
	case modified(f):
		return ", as both captures hold it"
	case c.Drops.Known && c.Drops.ByInterface+c.Drops.ByKernel == 0 && c.Health.Missed == 0:
		return fmt.Sprintf(": the counters of the %s's capture say that nothing was lost", f.ClaimedSender)
	case c.Health.Missed == 0 && c.Health.Passed > 0:
		return fmt.Sprintf(": the %s's capture lacks none of the %s known to have passed it", f.ClaimedSender, count(c.Health.Passed, "packet"))
	}
	return ""
}

// leftOpen names in a line each what the captures cannot exclude.
func (t *text) leftOpen() {
	var open []string
	for _, f := range t.selected(grave) {
		for _, e := range f.Evidence {
			if e.Outcome != string(judge.Open) || len(e.RefutedBy) > 0 {
				continue
			}
			for i := range judge.Hypotheses {
				if h := &judge.Hypotheses[i]; string(h.Name) == e.Rule && !slices.Contains(open, h.Short) {
					open = append(open, h.Short)
				}
			}
		}
	}
	t.section("WHAT THE CAPTURES CANNOT SAY")
	for _, end := range []string{"client", "server"} {
		for _, f := range t.capture(end).Files {
			if f.EndReason != "" {
				t.item("  ", "? ", "What followed in the %s's capture: %s is %s.", end, t.names[f.Path], t.endOf(&f))
			}
		}
	}
	if n := t.cutShort(); n > 0 {
		t.item("  ", "? ", "Whether the data were changed on the way: of %s only the beginning was recorded.", count(n, "packet"))
	}
	t.item("  ", "? ", "Who made a packet: what stands between a tap and the wire counts as the way.")
	for i, short := range open {
		if i == mostOpenRows {
			t.item("  ", "? ", "%s.", count(len(open)-i, "more explanation")+" "+pick(len(open)-i, "stays", "stay")+" open")
			break
		}
		t.item("  ", "? ", "Not excluded: %s.", short)
	}
}

// cutShort is how many packets were kept shorter than they were, at both ends.
func (t *text) cutShort() int64 {
	return t.capture("client").Health.Cut + t.capture("server").Health.Cut
}
