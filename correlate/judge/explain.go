package judge

import (
	"fmt"
	"time"

	"bothends/correlate/align"
	"bothends/correlate/segment"
)

// explain adds the pattern that a reset which no host sent resembles.
func (s *stream) explain(f *Finding, r *align.Reset) {
	switch {
	case len(s.Cases[s.index].Remapped) > 0:
		f.suggest(RemappedPackets, "other packets of this connection came under other addresses: a NAT let them through as they were, or had forgotten them")
	case reflected(r) != nil:
		m := reflected(r)
		f.suggest(Reflection, "its IP-ID, window, size and options are those of a packet that the %s itself had sent %s before (frame %d)", f.ReceivedAt, readable(r.TimeNS-m.TimeNS), m.Number)
	case answersSYN(r):
		f.suggest(BlockedPort, "it is the first answer to a SYN")
	case r.IdleNS >= longIdleNS:
		f.suggest(IdleTimeout, "nothing had passed for %s%s", readable(r.IdleNS), timer(r.IdleNS))
	case r.SilenceNS >= longIdleNS:
		// Boxes that forget a connection in silence reset whoever speaks next.
		f.suggest(IdleTimeout, "nothing had passed for %s%s when the %s spoke again, and nothing has come to it since", readable(r.SilenceNS), timer(r.SilenceNS), f.ReceivedAt)
	case s.promptly(r.IdleNS) && answersData(r):
		f.suggest(AfterTrigger, "it came %s after the last data sent here (frame %d)", readable(r.TimeNS-r.Own[0].TimeNS), r.Own[0].Number)
	}
}

// reflected is the message of its receiver's that a reset is, turned around: addresses and
// ports changed places, and the rest of the headers stayed, as a box leaves them that
// answers with the buffer that the packet came in. An IP-ID alone is no such sign, as boxes
// copy that to pass for the host, and 0 is that of many packets. It is nil if there is none.
func reflected(r *align.Reset) *align.Message {
	if r.IPv6 || r.IPID == 0 {
		return nil
	}
	for _, m := range r.Own {
		if m != nil && r.TimeNS >= m.TimeNS && r.TimeNS-m.TimeNS <= soonNS &&
			m.IPID == r.IPID && m.Window == r.Window && m.PayloadLen == r.PayloadLen && m.Options == r.Options {
			return m
		}
	}
	return nil
}

// explainGenuine adds why the sender may have reset the connection, going by its
// own capture.
func (s *stream) explainGenuine(f *Finding, left *align.Reset) {
	last := s.flow.LastSent
	if s.explainLogged(f, left) {
		return
	}
	switch {
	case last.Number == 0 && s.back.LastGot.Number == 0: // nothing shows what came before
	case last.Number == 0 && s.back.LastGot.Flags&segment.SYN != 0:
		f.suggest(ClosedPort, "the %s answered the SYN with it", s.sender)
	case last.TimeNS > left.TimeNS && left.Window == 0 && last.Flags&segment.SYN == 0:
		f.suggest(HostFirewall, "the %s's TCP went on after it (frame %d there)", s.sender, last.Number)
	case reusedPort(left):
		f.suggest(PortReused, "the %s had sent a SYN (frame %d there) and got an acknowledgment of something else (frame %d): the %s still held an earlier connection of these addresses and ports",
			s.sender, left.SentBefore.Number, left.GotBefore.Number, s.sender.Other())
	case left.Closed && !s.earlier(left) && lateCopy(left):
		f.suggest(LateCopy, "the %s had closed its side when a copy of data that it had came (frame %d there)", s.sender, left.GotBefore.Number)
	case left.Closed && s.back.LastGot.TimeNS > 0:
		f.suggest(LateData, "the %s had closed its side before", s.sender)
	case left.Header.Flags&segment.ACK != 0:
		s.explainAbort(f, left)
	case s.earlier(left):
		f.suggest(LateData, "the %s had no such connection any more", s.sender)
	}
}

// explainAbort tells what the sender of a reset in mid-connection may have left
// unread. A program that closes with data unread makes its TCP reset the connection
// at once (RFC 1122 section 4.2.2.13), and so does one that asks for it.
func (s *stream) explainAbort(f *Finding, left *align.Reset) {
	switch {
	case left.DataGot.Number == 0:
		f.suggest(Abort, "the %s had not closed the connection before, and had received nothing on it that could be unread", s.sender)
	case left.DataSent.TimeNS > left.DataGot.TimeNS:
		f.suggest(Abort, "the %s had not closed the connection before, and had sent data since it last received any", s.sender)
	default:
		f.suggest(AbortUnread, "the %s had not closed the connection before, and had sent no data since it received some (frame %d there)", s.sender, left.DataGot.Number)
	}
}

// earlier reports whether a reset ended the connection before left, in either
// direction, at the tap where left left.
func (s *stream) earlier(left *align.Reset) bool {
	for _, stream := range []*align.Stream{s.flow, s.back} {
		for _, r := range stream.Resets[s.sender] {
			if r.TimeNS < left.TimeNS {
				return true
			}
		}
	}
	return false
}

// reusedPort reports whether the reset answers an acknowledgment that came in the place of
// a SYN and ACK: a host that has opened a connection resets one that it does not know (RFC
// 9293 section 3.10.7.3).
func reusedPort(left *align.Reset) bool {
	sent, got := left.SentBefore, left.GotBefore
	return left.Header.Flags&segment.ACK == 0 && sent.Number != 0 && sent.Flags&(segment.SYN|segment.ACK) == segment.SYN &&
		got.Number != 0 && got.Flags&(segment.SYN|segment.ACK) == segment.ACK && got.TimeNS >= sent.TimeNS && left.TimeNS-got.TimeNS <= soonNS
}

// lateCopy reports whether the reset answers data of which all had come before.
func lateCopy(left *align.Reset) bool {
	got := left.GotBefore
	return got.PayloadLen > 0 && left.DataGot.Number != 0 && got.Number != left.DataGot.Number && left.TimeNS-got.TimeNS <= soonNS && left.TimeNS >= got.TimeNS
}

// answersData reports whether the reset acknowledges the last data that its
// receiver had sent, or, having no acknowledgment, came after data at all.
func answersData(r *align.Reset) bool {
	last := r.Own[0]
	if last == nil || last.PayloadLen == 0 {
		return false
	}
	return r.Header.Flags&segment.ACK == 0 || r.Header.Ack == last.Seq+uint32(last.PayloadLen)
}

// timer names the well-known idle timer that a silence is near.
func timer(ns int64) string {
	for _, t := range idleTimers {
		if off := float64(abs(ns - int64(t))); off <= nearTimer*float64(t) {
			return fmt.Sprintf(", near the common idle timer of %d s", int(t.Seconds()))
		}
	}
	return ""
}

// explainLogged adds to a genuine reset what the kernel of its sender told of it, and
// the cause that this shows. It reports whether it shows one.
func (s *stream) explainLogged(f *Finding, left *align.Reset) bool {
	e := s.kernelWord(left.TimeNS)
	if e == nil {
		return s.explainUnlogged(f, left)
	}
	said := fmt.Sprintf("the %s's own kernel tells of it: %s", s.sender, reasonOf(e))
	step := Step{Rule: KernelSaid, Outcome: Supports, Text: said, Values: map[string]any{"reason": e.Reason, "state": e.State, "at": stamp(e.Time.UnixNano())}}
	if e.PID != 0 {
		step.Values["pid"], step.Values["command"] = e.PID, e.Command
	}
	f.Evidence = append(f.Evidence, step)
	known := causes[e.Reason]
	if known.pattern == "" || e.Reason == "NO_SOCKET" && s.flow.LastSent.Number == 0 {
		return false // what the packets show says more
	}
	f.suggest(known.pattern, "%s", said)
	return true
}

// explainUnlogged tells a reset that left without the kernel's TCP having sent it:
// that of the host's own packet filter.
func (s *stream) explainUnlogged(f *Finding, left *align.Reset) bool {
	if !s.unlogged(left) || s.alleged.Host.Elsewhere > 0 {
		return false
	}
	said := fmt.Sprintf("the log of the %s's kernel, complete at that time, does not tell of it: its packet filter sent it, not its TCP", s.sender)
	f.Evidence = append(f.Evidence, Step{Rule: KernelSaid, Outcome: Supports, Text: said})
	f.suggest(HostFirewall, "%s", said)
	return true
}

// idleTimers are defaults of stateful boxes after which a silent connection is
// forgotten.
var idleTimers = []time.Duration{60 * time.Second, 240 * time.Second, 300 * time.Second, 350 * time.Second, time.Hour}

// nearTimer is how far from a timer a silence may be, as a share of it.
const nearTimer = 0.05
