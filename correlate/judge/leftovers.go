package judge

import (
	"fmt"

	"bothends/correlate/align"
	"bothends/correlate/segment"
)

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
	if h.pair.Split[h.sender.Other()] {
		f.Verdict, f.Confidence = Indeterminate, Unsure
		f.Evidence = append(f.Evidence, Step{Rule: "mapping", Outcome: Fails}.because(
			"packets of this connection reached the %s under another address or port, too, and this may be one of them", h.sender.Other()))
	}
	if l.Flags&segment.SYN != 0 && h.stream.LastPassedNS == 0 {
		f.suggest(BlockedPort, "nothing that the %s sent on this connection arrived", h.sender)
	}
	return f
}

// swallowed is a SYN that the sender repeated, of which no copy arrived and which
// nothing answered: one finding, on its first copy.
func (h *hearing) swallowed() []Finding {
	var f Finding
	copies := 0
	for i := range h.stream.Leftovers {
		l := &h.stream.Leftovers[i]
		if l.Bucket != align.Lost || l.Flags&segment.SYN == 0 {
			continue
		}
		if copies++; copies == 1 {
			f = h.lostControl(l)
		}
	}
	if copies < 2 {
		return nil
	}
	f.suggest(BlockedPort, "the %s sent this SYN %d times; none reached the tap at the %s, and nothing answered", h.sender, copies, h.sender.Other())
	return []Finding{f}
}
