package report

import (
	"fmt"
	"slices"
	"strings"

	"bothends/correlate/judge"
)

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
