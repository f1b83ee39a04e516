package report

import (
	"fmt"
	"slices"

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
