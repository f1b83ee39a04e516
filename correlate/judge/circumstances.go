package judge

import (
	"fmt"
	"time"

	"bothends/correlate/align"
	"bothends/correlate/segment"
)

// circumstances are what a reset resembles a pattern by.
type circumstances struct {
	*stream
	reset *align.Reset // as the tap saw it that the pattern goes by: the receiver's, or the sender's own
}

func remappedPackets(at *circumstances) string {
	if len(at.Cases[at.index].Remapped) == 0 {
		return ""
	}
	return "other packets of this connection came under other addresses: a NAT let them through as they were, or had forgotten them"
}

func reflection(at *circumstances) string {
	r := at.reset
	m := reflected(r)
	if m == nil {
		return ""
	}
	return fmt.Sprintf("its IP-ID, window, size and options are those of a packet that the %s itself had sent %s before (frame %d)", at.sender.Other(), readable(r.TimeNS-m.TimeNS), m.Number)
}

func blockedPort(at *circumstances) string {
	if !answersSYN(at.reset) {
		return ""
	}
	return "it is the first answer to a SYN"
}

// idleTimeout: boxes that forget a connection in silence reset it then, or whoever speaks
// next.
func idleTimeout(at *circumstances) string {
	switch r := at.reset; {
	case r.IdleNS >= longIdleNS:
		return fmt.Sprintf("nothing had passed for %s%s", readable(r.IdleNS), timer(r.IdleNS))
	case r.SilenceNS >= longIdleNS:
		return fmt.Sprintf("nothing had passed for %s%s when the %s spoke again, and nothing has come to it since", readable(r.SilenceNS), timer(r.SilenceNS), at.sender.Other())
	}
	return ""
}

func afterTrigger(at *circumstances) string {
	r := at.reset
	if !at.promptly(r.IdleNS) || !answersData(r) {
		return ""
	}
	return fmt.Sprintf("it came %s after the last data sent here (frame %d)", readable(r.TimeNS-r.Own[0].TimeNS), r.Own[0].Number)
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

func closedPort(at *circumstances) string {
	if at.flow.LastSent.Number != 0 || at.back.LastGot.Flags&segment.SYN == 0 {
		return ""
	}
	return fmt.Sprintf("the %s answered the SYN with it", at.sender)
}

func hostFirewall(at *circumstances) string {
	last := at.flow.LastSent
	if last.TimeNS <= at.reset.TimeNS || at.reset.Window != 0 || last.Flags&segment.SYN != 0 {
		return ""
	}
	return fmt.Sprintf("the %s's TCP went on after it (frame %d there)", at.sender, last.Number)
}

func portReused(at *circumstances) string {
	left := at.reset
	if !reusedPort(left) {
		return ""
	}
	return fmt.Sprintf("the %s had sent a SYN (frame %d there) and got an acknowledgment of something else (frame %d): the %s still held an earlier connection of these addresses and ports",
		at.sender, left.SentBefore.Number, left.GotBefore.Number, at.sender.Other())
}

func lateCopyCame(at *circumstances) string {
	left := at.reset
	if !left.Closed || at.earlier(left) || !lateCopy(left) {
		return ""
	}
	return fmt.Sprintf("the %s had closed its side when a copy of data that it had came (frame %d there)", at.sender, left.GotBefore.Number)
}

func lateData(at *circumstances) string {
	switch left := at.reset; {
	case left.Closed && at.back.LastGot.TimeNS > 0:
		return fmt.Sprintf("the %s had closed its side before", at.sender)
	case left.Header.Flags&segment.ACK == 0 && at.earlier(left):
		return fmt.Sprintf("the %s had no such connection any more", at.sender)
	}
	return ""
}

// resetUnseen is halfOpen where the log of the host's kernel shows what took the socket away.
func resetUnseen(at *circumstances) string {
	if halfOpen(at) == "" {
		return ""
	}
	e := at.kernelTook(at.reset.SentBefore.TimeNS, at.reset.TimeNS)
	if e == nil {
		return ""
	}
	return fmt.Sprintf("the log of the %s's kernel tells of a reset that it took on the connection before, at %s, which its recording does not hold", at.sender, clockTime(e.Time.UnixNano()))
}

// halfOpen: the host answers with what it sends without a socket (RFC 9293 section 3.10.7.1),
// though it had the connection, and nothing that was recorded ended that. A socket's own
// reset acknowledges. A program that gives up before its SYN is answered closes without a
// word.
func halfOpen(at *circumstances) string {
	left := at.reset
	if left.Header.Flags&segment.ACK != 0 || left.Closed || left.SentBefore.Number == 0 || left.SentBefore.Flags&segment.ACK == 0 || left.GotBefore.Flags&segment.ACK == 0 || at.earlier(left) {
		return ""
	}
	return fmt.Sprintf("the %s had sent on the connection before (frame %d there) and had no socket for it any more; what ended it there its recording does not show", at.sender, left.SentBefore.Number)
}

// A program that closes with data unread makes its TCP reset the connection at once (RFC 1122
// section 4.2.2.13), and so does one that asks for it: abort is where nothing can have been
// unread, abortUnread where something can.
func abort(at *circumstances) string {
	switch left := at.reset; {
	case left.Header.Flags&segment.ACK == 0:
		return ""
	case left.DataGot.Number == 0:
		return fmt.Sprintf("the %s had not closed the connection before, and had received nothing on it that could be unread", at.sender)
	case left.DataSent.TimeNS > left.DataGot.TimeNS:
		return fmt.Sprintf("the %s had not closed the connection before, and had sent data since it last received any", at.sender)
	}
	return ""
}

func abortUnread(at *circumstances) string {
	left := at.reset
	if left.Header.Flags&segment.ACK == 0 || left.DataGot.Number == 0 {
		return ""
	}
	return fmt.Sprintf("the %s had not closed the connection before, and had sent no data since it received some (frame %d there)", at.sender, left.DataGot.Number)
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

// idleTimers are defaults of stateful boxes after which a silent connection is
// forgotten.
var idleTimers = []time.Duration{60 * time.Second, 240 * time.Second, 300 * time.Second, 350 * time.Second, time.Hour}

// nearTimer is how far from a timer a silence may be, as a share of it.
const nearTimer = 0.05
