package judge

import (
	"fmt"

	"bothends/correlate/align"
)

// growWithin is how close together resets with growing numbers stand (Weaver,
// Sommer and Paxson 2009, section 4: two seconds).
const growWithinNS = 2e9

// unmatched are the resets that arrived and that the sender's capture lacks.
func (h *hearing) unmatched() []*align.Reset {
	got := h.stream.Resets[h.sender.Other()]
	m := h.match(h.stream.Resets[h.sender], got)
	var list []*align.Reset
	for i, r := range got {
		if m.twinOf[i] < 0 && m.copyOf[i] < 0 {
			list = append(list, r)
		}
	}
	return list
}

// accused judges a reset that arrived and was not sent, as far as the sender's
// capture shows.
func (h *hearing) accused(r *align.Reset, m matching) Finding {
	a := accusation{kind: "rst", Frame: r.Frame, Header: r.Header, reset: r, position: r.Position, first: true}
	for j, s := range h.stream.Resets[h.sender] {
		if !m.arrived[j] && h.sentBefore(s.TimeNS, r.TimeNS) && h.signs(s, r) == bothSigns {
			a.twins = append(a.twins, s)
		}
	}
	for _, o := range h.unmatched() {
		if o.TimeNS < r.TimeNS {
			a.first = false
		}
		if o == r || abs(o.TimeNS-r.TimeNS) <= growWithinNS && o.Position != r.Position && o.TimeNS < r.TimeNS == (o.Position < r.Position) {
			a.steps++
			a.guesses = a.guesses || h.ahead(o) > 0
		}
	}
	f := h.decide(&a)
	h.explain(&f, r)
	f.reset, f.Trigger = r, h.trigger(r)
	return f
}

func abs(n int64) int64 { return max(n, -n) }

// decide applies all rules and corroborators and weighs them.
func (h *hearing) decide(a *accusation) Finding {
	f := h.finding(a.kind, Injected, Supported, a.Frame, a.Header)
	var failed, open string
	filterKnown := true
	for _, rule := range rules {
		step := rule.apply(h, a)
		step.Rule = rule.name
		f.Evidence = append(f.Evidence, step)
		switch {
		case step.Outcome == Fails && failed == "":
			failed = rule.name
		case step.Outcome == Unknown && !rule.mayBeOpen && open == "":
			open = rule.name
		case step.Outcome == Unknown && rule.name == "filter":
			filterKnown = false
		}
	}
	var w weight
	for _, c := range corroborators {
		t := c.apply(h, a)
		if t.Outcome == "" {
			continue
		}
		t.Rule = c.name
		f.Evidence = append(f.Evidence, t.Step)
		w.add(t)
	}
	conclude := func(v Verdict, c Confidence, rule string, outcome Outcome, format string, args ...any) Finding {
		f.Verdict, f.Confidence = v, c
		if format != "" {
			f.Evidence = append(f.Evidence, Step{Rule: rule, Outcome: outcome}.because(format, args...))
		}
		return f
	}
	switch {
	case failed != "" && failed != "no-twin" && w.alone:
		return conclude(Injected, Strong, "silence-not-used", Supports,
			"the rule %q fails, but the verdict does not rest on the %s's capture being silent: no packet from there can have come this fast", failed, h.sender)
	case failed != "" || open != "":
		return conclude(Indeterminate, Unsure, "", "", "")
	case !w.supported:
		return conclude(Indeterminate, Unsure, "corroboration", Unknown,
			"nothing but its absence from the %s's capture speaks against this packet, and a capture can miss one", h.sender)
	case w.contradicted && !w.beyondFirewall:
		return conclude(Indeterminate, Unsure, "corroboration", Contradicts, "what supports the accusation is outweighed")
	case !w.beyondFirewall && !h.silenceCounts():
		return conclude(Indeterminate, Unsure, "corroboration", Unknown,
			"the %s's own firewall may have sent it in the place of its TCP, and its capture is too small to exclude that it missed it (%s, no counters)", h.sender, count(h.alleged.Passed, "packet"))
	case !w.beyondFirewall && !h.alleged.AllInterfaces:
		return conclude(Indeterminate, Unsure, "corroboration", Unknown,
			"the %s's own firewall may have sent it in the place of its TCP, by an interface that was not recorded", h.sender)
	}
	switch {
	case h.silenceCounts() && filterKnown:
		f.Confidence = Proven
	case (h.alleged.Passed >= passedFor5 || w.conclusive) && filterKnown:
		f.Confidence = Strong
	}
	return f
}

// silenceCounts tells whether the sender's capture is good enough that its
// silence alone is hard to explain.
func (h *hearing) silenceCounts() bool {
	return h.alleged.Passed >= passedFor1 || h.alleged.DropsKnown && h.alleged.Drops == 0
}

// weight adds up testimonies.
type weight struct {
	supported, conclusive, alone, contradicted bool
	// beyondFirewall: at least one support that the sender's own firewall
	// cannot have left.
	beyondFirewall bool
}

func (w *weight) add(t testimony) {
	if t.weightless {
		return
	}
	if t.Outcome == Contradicts {
		w.contradicted = true
		return
	}
	w.supported = true
	w.conclusive = w.conclusive || t.conclusive
	w.alone = w.alone || t.alone
	w.beyondFirewall = w.beyondFirewall || !t.firewall
}

// leftovers judges everything but resets.
func (h *hearing) leftovers() []Finding {
	var findings []Finding
	for i := range h.stream.Leftovers {
		l := &h.stream.Leftovers[i]
		switch l.Bucket {
		case align.ReceivedNotSent:
			a := accusation{kind: kind(&l.Header), Frame: l.Frame, Header: l.Header, leftover: l}
			f := h.decide(&a)
			f.Head = l.Head
			if unfit(&f) {
				// Nothing speaks against it: the sender's capture is just not
				// complete enough to hold it.
				ledger := &h.Cases[h.index].Ledger[h.sender]
				ledger.ReceivedNotSent--
				ledger.SentNotCaptured++
				continue
			}
			findings = append(findings, f)
		case align.Modified:
			findings = append(findings, h.modified(l))
		case align.Lost:
			findings = append(findings, h.lostControl(l))
		}
	}
	return findings
}

// unfit tells whether a finding says no more than that the sender's capture is a
// bad witness: a rule fails, and nothing supports an accusation.
func unfit(f *Finding) bool {
	failed := false
	for _, s := range f.Evidence {
		if s.Outcome == Supports {
			return false
		}
		failed = failed || s.Outcome == Fails
	}
	return failed
}

// modified is a segment that arrived with other bytes than were sent, where what
// was sent did not arrive.
func (h *hearing) modified(l *align.Leftover) Finding {
	at := firstDifference(l.Head, l.RivalHead)
	text := fmt.Sprintf("the %s sent other bytes in this place (frame %d there), and those did not arrive", h.sender, l.Rival.Number)
	if at >= 0 {
		text += fmt.Sprintf("; the first difference is at byte %d of the segment", at)
	}
	f := h.finding(kind(&l.Header), Modified, Strong, l.Frame, l.Header,
		Step{Rule: "twin", Outcome: Holds, Text: text, Values: map[string]any{"sent_frame": l.Rival.Number}})
	mapping := h.mapping(nil)
	mapping.Rule = "mapping"
	f.Evidence = append(f.Evidence, mapping)
	f.Head, f.Twin = l.Head, l.Rival
	if mapping.Outcome != Holds {
		f.Verdict, f.Confidence = Indeterminate, Unsure
	}
	return f
}

func firstDifference(a, b []byte) int {
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			return i
		}
	}
	return -1
}

// lostControl is a SYN or FIN of which no copy arrived.
func (h *hearing) lostControl(l *align.Leftover) Finding {
	f := h.finding(kind(&l.Header), Lost, Strong, l.Frame, l.Header)
	f.SeenAt = h.sender
	step := h.receiverWatched(l.TimeNS, h.stream.LastPassedNS > l.TimeNS)
	if step.Outcome != Holds {
		f.Verdict, f.Confidence = Indeterminate, Unsure
	}
	f.Evidence = append(f.Evidence, step)
	return f
}
