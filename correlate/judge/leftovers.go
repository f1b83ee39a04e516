package judge

import (
	"fmt"
	"slices"

	"bothends/correlate/align"
	"bothends/correlate/segment"
	"bothends/correlate/witness"
)

// leftovers judges everything but resets.
func (s *stream) leftovers() []Finding {
	var findings []Finding
	goesOnWithout := s.goesOnWithoutSender()
	for i := range s.flow.Leftovers {
		l := &s.flow.Leftovers[i]
		switch l.Bucket {
		case align.ReceivedNotSent, align.Modified:
			if isProbe(l) {
				s.ledger(func(ledger *align.Ledger) { notCaptured(ledger, l.Bucket) })
				continue
			}
		}
		bucket := l.Bucket
		if bucket == align.Modified && rivalOf(l).Number == 0 {
			bucket = align.ReceivedNotSent
			s.ledger(func(ledger *align.Ledger) { ledger.Modified--; ledger.ReceivedNotSent++ })
		}
		switch bucket {
		case align.ReceivedNotSent:
			f := s.decide(s.leftoverSuspect(l), forged{})
			f.Head = l.Head
			if f.bucket == sentNotCaptured && !f.speaks() && !(f.Kind == "ack" && s.wholeSender()) && !(goesOnWithout && s.afterSender(l)) {
				// Nothing speaks against it: the sender's capture is just not
				// complete enough to hold it.
				s.ledger(func(ledger *align.Ledger) { notCaptured(ledger, bucket) })
				continue
			}
			findings = append(findings, f)
		case align.Modified:
			findings = append(findings, s.modified(l))
		case align.Lost:
			if l.Flags&segment.FIN != 0 && s.finTaken() {
				continue // it arrived without its FIN, and is told as changed
			}
			findings = append(findings, s.lostControl(l))
		}
	}
	return slices.Concat(findings, s.changes(), s.storm(), s.shut(), s.poisoned())
}

// finTaken reports whether the path is known to have taken the FIN from packets that passed.
func (s *stream) finTaken() bool {
	return slices.ContainsFunc(s.flow.Changes, func(c align.Changed) bool { return c.What == align.FINTaken && c.Told() })
}

// goesOnWithoutSender reports whether the receiver got a part of a conversation of which
// the sender's capture, which was running and counts no drops, holds nothing: neither what
// the sender said nor what the receiver answered. A capture that misses packets does not
// miss just those; and where a box took the connection over, each packet of the box's
// would excuse the others.
func (s *stream) goesOnWithoutSender() bool {
	if s.alleged.Drops > 0 || !s.pair.Paired() {
		return false
	}
	n := 0
	for i := range s.flow.Leftovers {
		if l := &s.flow.Leftovers[i]; l.Bucket == align.ReceivedNotSent && l.PayloadLen > 0 && s.afterSender(l) {
			n++
		}
	}
	return n >= leastConversation
}

// wholeSender reports whether nothing shows that the sender's capture lacks packets: an
// acknowledgment in its name of what never came to it is then not one of many that it
// missed, beside the data.
func (s *stream) wholeSender() bool {
	_, missed := s.missedElse()
	return s.alleged.Drops == 0 && missed == 0
}

// leastConversation is how many segments with data make more than the end of a connection
// that a capture cut off.
const leastConversation = 3

// afterSender reports whether nothing that the receiver sent after a segment arrived came to
// the sender, whose capture covers that time.
func (s *stream) afterSender(l *align.Leftover) bool {
	c := s.clocks.at(l.TimeNS)
	return c.Comparable && c.LatestNS <= s.alleged.Coverage.LastNS && s.back.LastPassedNS < l.TimeNS
}

// changes are what the path did to header fields: both captures hold the packets.
func (s *stream) changes() (findings []Finding) {
	for i := range s.flow.Changes {
		c := &s.flow.Changes[i]
		if !c.Told() || c.What == align.AckLowered && (rewritten(s.flow) || rewritten(s.back)) {
			continue // a box that makes a message longer or shorter counts for both ends
		}
		if c.What == align.ChecksumSpoiled || c.What == align.ChecksumWrong || c.What == align.BeyondCut {
			if f, told := s.spoiled(c); told {
				findings = append(findings, f)
			}
			continue
		}
		text := fmt.Sprintf("it left the %s with %s (frame %d there) and arrived with %s", s.sender, changeWords(c, &c.Sent.Header), c.Sent.Number, changeWords(c, &c.Got.Header))
		text += fmt.Sprintf(changeMeans[c.What], s.sender.Other())
		if more := c.Segments - 1; more > 0 {
			text += fmt.Sprintf("; so did %s", count(more, "further segment"))
		}
		values := map[string]any{"sent_frame": c.Sent.Number, "segments": c.Segments}
		if c.What == align.WindowShut {
			values["sent_window"] = c.Sent.Window
		}
		f := s.finding(kind(&c.Got.Header), Modified, Strong, c.Got.Frame, c.Got.Header, Step{Rule: Twin, Outcome: Supports, Decides: true, Text: text, Values: values})
		f.Twin = c.Sent.Frame
		findings = append(findings, f)
	}
	return findings
}

// rewritten reports whether what a stream says was changed on the way.
func rewritten(s *align.Stream) bool {
	return slices.ContainsFunc(s.Leftovers, func(l align.Leftover) bool { return l.Bucket == align.Modified })
}

// changeMeans is what a change does to the host at the end named.
var changeMeans = map[align.Change]string{
	align.WindowShut:       ", which forbids the %s to send",
	align.WindowScaled:     ", so that the %s takes every window for another",
	align.AckLowered:       ", so that the %s sends again what had arrived",
	align.TimestampLowered: ", so that the %s may take it for an old packet and drop it",
	align.UrgentSet:        ", so that the program at the %s misses a byte",
	align.FINTaken:         ", so that the %s waits for more",
}

// changeWords is the field that was changed, as a header has it.
func changeWords(c *align.Changed, h *align.Header) string {
	switch c.What {
	case align.WindowShut:
		if h.Window == 0 {
			return "one of 0"
		}
		return fmt.Sprintf("a window of %d", h.Window)
	case align.WindowScaled:
		return fmt.Sprintf("a window scale of %d", h.WindowScale)
	case align.AckLowered:
		return fmt.Sprintf("the acknowledgment number %d", h.Ack)
	case align.TimestampLowered:
		return fmt.Sprintf("the timestamp %d", h.TSVal)
	case align.UrgentSet:
		if h.Flags&segment.URG != 0 {
			return "urgent data"
		}
		return "no urgent data"
	}
	if h.Flags&segment.FIN != 0 {
		return "a FIN"
	}
	return "none"
}

// notCaptured moves a segment from its bucket to the one of those that the other
// capture lacks.
func notCaptured(l *align.Ledger, from align.Bucket) {
	if from == align.Modified {
		l.Modified--
	} else {
		l.ReceivedNotSent--
	}
	l.SentNotCaptured++
}

// modified is a segment that arrived with other bytes than were sent, where what
// was sent did not arrive.
func (s *stream) modified(l *align.Leftover) Finding {
	at := firstDifference(l.Head, l.RivalHead)
	text := fmt.Sprintf("the %s sent other bytes in this place (frame %d there), and those did not arrive", s.sender, l.Rival.Number)
	switch {
	case l.Flags&segment.SYN != 0 && l.PayloadLen+l.RivalLen == 0:
		text = fmt.Sprintf("the %s acknowledged another number with it (frame %d there), and that did not arrive", s.sender, l.Rival.Number)
	case at >= 0:
		text += fmt.Sprintf("; the first difference is at byte %d of the segment", at)
	}
	f := s.finding(kind(&l.Header), Modified, Strong, l.Frame, l.Header,
		Step{Rule: Twin, Outcome: Supports, Decides: true, Text: text, Values: map[string]any{"sent_frame": l.Rival.Number}})
	mapping := renumbered(s.gather(s.leftoverSuspect(l), forged{}))
	step := Step{Rule: Renumbered, Outcome: mapping.Outcome, Text: mapping.Text, Values: mapping.Values}
	f.Head, f.Twin = l.Head, l.Rival
	if mapping.Outcome != Refuted {
		f.Verdict, f.Confidence, step.Decides, f.Evidence[0].Decides = Indeterminate, Unsure, true, false
	}
	f.Evidence = append(f.Evidence, step)
	if damage, found := s.damage(l); found && f.Verdict == Modified {
		f.Verdict, f.Confidence, f.Evidence[0].Decides = Indeterminate, Unsure, false
		f.Evidence = append(f.Evidence, damage)
	}
	return f
}

// damage is what shows that a packet, or the one that was sent in its place, was damaged and
// not changed by a box, which would have to mend the checksum: no TCP takes a packet with a
// wrong one. Where copies come again and again, it is the path that damages them.
func (s *stream) damage(l *align.Leftover) (step Step, found bool) {
	step = Step{Rule: Altered, Outcome: Fits, Decides: true}
	switch sums := &s.flow.Sums; {
	case s.Cases[s.index].Unheeded[s.sender]:
	case l.Damaged && sums.Mixed():
		return step.because("%s", damagedAtReceiver(s.sender.Other())), true
	case l.RivalDamaged && sums.MixedAsSent():
		return step.because("the TCP checksum of what the %s's capture holds in its place (frame %d there) does not fit its bytes: that capture was damaged", s.sender, l.Rival.Number), true
	}
	return step, false
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
func (s *stream) lostControl(l *align.Leftover) Finding {
	f := s.finding(kind(&l.Header), Lost, Strong, l.Frame, l.Header)
	f.SeenAt = s.sender
	step := s.receiverWatched(l.TimeNS, s.flow.LastPassedNS > l.TimeNS)
	if step.Decides = true; step.Outcome != Refuted {
		f.Verdict, f.Confidence = Indeterminate, Unsure
	}
	f.Evidence = append(f.Evidence, step)
	gaps := s.receiverLacks()
	if s.flow.Acknowledged(l) {
		gaps = Step{Rule: Missed, Outcome: Fits, Decides: true}.because(
			"an acknowledgment of it came to the %s: it arrived, and the %s's capture lacks it, or something on the way acknowledged it", s.sender, s.sender.Other())
	}
	if l.Flags&(segment.SYN|segment.ACK) == segment.SYN|segment.ACK && len(s.opposite.unmatched) > 0 {
		gaps = Step{Rule: Missed, Outcome: Fits, Decides: true}.because(
			"a reset came to the %s that the %s's capture lacks, and that may be its answer", s.sender, s.sender.Other())
	}
	if s.notSentAgain(l) {
		gaps = Step{Rule: Missed, Outcome: Fits, Decides: true}.because(
			"the %s did not send it again, as its TCP would have done without an acknowledgment: it arrived, and the captures lack that", s.sender)
	}
	if f.Verdict == Lost && gaps.Outcome != "" {
		f.Verdict, f.Confidence, f.Evidence[0].Decides = Indeterminate, Unsure, false
		f.Evidence = append(f.Evidence, gaps)
	}
	if s.pair.RemappedAt[s.sender.Other()] {
		f.Verdict, f.Confidence = Indeterminate, Unsure
		f.Evidence = append(f.Evidence, Step{Rule: Remapped, Outcome: Fits, Decides: true}.because(
			"packets of this connection reached the %s under another address or port, too, and this may be one of them", s.sender.Other()))
	}
	if f.Verdict == Lost {
		if w := s.receiving; !w.DropsKnown && witness.MissBound(w.Passed, w.Missed) > witness.MissStrong {
			f.Confidence = Supported // it has no counters, and too few packets show what it misses
		}
		f.Absence = f.Confidence
	}
	if l.Flags&segment.SYN != 0 && s.flow.LastPassedNS == 0 {
		f.suggest(BlockedPort, "nothing that the %s sent on this connection arrived", s.sender)
	}
	return f
}

// notSentAgain reports whether a packet is the last that its sender sent, long before its
// capture ends: a TCP sends again what is not acknowledged (RFC 6298 section 5).
func (s *stream) notSentAgain(l *align.Leftover) bool {
	return s.flow.LastSent.Frame == l.Frame && s.alleged.LastNS-l.TimeNS > resendNS+4*s.clocks.at(l.TimeNS).MinRTTNS
}

// resendNS is after what time a TCP that knows no round trip yet sends again, and more
// (RFC 6298 section 2.1 and 5.7).
const resendNS = 3e9

// swallowed is a SYN that the sender repeated, of which no copy arrived and which
// nothing answered: one finding, on its first copy.
func (s *stream) swallowed() []Finding {
	if s.back.LastGot.Number != 0 {
		return nil // it was answered: no finding of the SYN's own
	}
	var f Finding
	copies := 0
	for i := range s.flow.Leftovers {
		l := &s.flow.Leftovers[i]
		if l.Bucket != align.Lost || l.Flags&segment.SYN == 0 {
			continue
		}
		if copies++; copies == 1 {
			f = s.lostControl(l)
		}
	}
	if copies < 2 {
		return nil
	}
	f.suggest(BlockedPort, "the %s sent this SYN %d times; none reached the tap at the %s, and nothing answered", s.sender, copies, s.sender.Other())
	return []Finding{f}
}
