package judge

import (
	"slices"

	"bothends/correlate/align"
	"bothends/correlate/segment"
	"bothends/correlate/tap"
)

// astrayWindowNS is how long before a packet what went astray can have called for it:
// the longest that a segment is taken to be under way.
const astrayWindowNS = 10e9

func (s *stream) answerFacts(p *suspect, c *ClockFacts) AnswerFacts {
	a := AnswerFacts{Reject: rejectLike(&p.Header)}
	if a.Stateless = a.Reject; p.reset != nil {
		a.Stateless = statelessReset(p.reset)
	}
	for _, lost := range s.back.Astray {
		if lost.SentNS <= p.TimeNS && lost.SentNS >= p.TimeNS-astrayWindowNS {
			a.Astray++
			if p.reset != nil && calledFor(p.reset, lost) {
				a.CalledFor++
			}
		}
	}
	a.Astray += s.back.MoreAstray
	for _, left := range s.back.Unwatched {
		if left <= p.TimeNS && left >= p.TimeNS-astrayWindowNS {
			a.Unwatched++
		}
	}
	a.Unwatched += s.back.MoreUnwatched
	r := p.reset
	if r == nil {
		return a
	}
	a.IdleNS = r.IdleNS
	for _, m := range r.Own {
		a.AnyFromPeer = a.AnyFromPeer || m != nil && p.TimeNS-m.TimeNS <= astrayWindowNS
	}
	a.AnyFromPeer = a.AnyFromPeer || r.IdleNS < longIdleNS
	if a.Acknowledges = p.Flags&segment.ACK != 0; !a.Acknowledges {
		return a
	}
	a.LeftNS, a.Reached, a.ReachedAt = r.AckSent, r.AckReached, r.AckArrived
	a.Trips, a.FastestNS = s.fastest(p.TimeNS)
	return a
}

// calledFor reports whether a host that does not know the connection answers a lost
// segment with this reset: with the number that the segment acknowledges, and without
// an acknowledgment of its own (RFC 9293 section 3.10.7.1). While such a host had the
// address, nothing else came to the sender.
func calledFor(r *align.Reset, lost align.Astray) bool {
	return r.Flags&segment.ACK == 0 && r.Seq0 == lost.Ack && r.PassedNS <= lost.SentNS
}

// fastest is the smaller of the smallest round trips that were timed before a time by
// the receiver's clock and after it, and by how many packets each way at least.
func (s *stream) fastest(received int64) (trips int, roundTrip int64) {
	if s.Trips == nil {
		return 0, 0
	}
	receiver := s.sender.Other()
	var least [2][2]int64 // before and after, by direction
	var n [2][2]int
	for end, list := range s.Trips.By {
		for _, t := range list {
			at := t.GotNS
			if tap.End(end) == receiver {
				at = t.SentNS
			}
			side := 0
			if at > received {
				side = 1
			}
			if under := t.GotNS - t.SentNS; n[side][end] == 0 || under < least[side][end] {
				least[side][end] = under
			}
			n[side][end]++
		}
	}
	trips = min(n[0][0], n[0][1], n[1][0], n[1][1])
	return trips, min(least[0][0]+least[0][1], least[1][0]+least[1][1])
}

func (s *stream) afterFacts(p *suspect, c *ClockFacts) AfterFacts {
	last := s.flow.LastSent
	if last.Number == 0 || !c.Comparable || s.OneSidedCase() {
		return AfterFacts{}
	}
	a := AfterFacts{LaterNS: min(last.TimeNS-c.LatestNS, last.TimeNS-p.TimeNS-c.BesideNS), Flags: last.Flags}
	if c.Bracketed && last.TimeNS-c.LatestNS > c.MarginNS && a.LaterNS > 2*c.TickNS {
		a.Sent = last.Frame
	}
	a.Passed = a.Sent.Number != 0 && s.flow.LastPassedNS-c.LatestNS > c.MarginNS
	// TCP resets a bad acknowledgment and goes on until the handshake is done.
	a.Established = last.Flags&segment.SYN == 0 && s.back.Passed > 0
	if p.reset != nil {
		if m := p.reset.Own[0]; m != nil && m.Reached == align.Never {
			a.TriggerUnseen = m.Frame
		}
	}
	return a
}

// steady reports whether packets that passed before and after a time by the sender's
// clock show that no clock was set by half of step in between. That would make the
// fastest of one direction faster by as much as those of the other slower.
func (s *stream) steady(at, step int64) bool {
	var change [2]int64 // by direction
	for end := range change {
		var before, after []int64
		if s.Trips == nil {
			return false
		}
		for _, t := range s.Trips.By[end] {
			mine := t.SentNS
			if tap.End(end) != s.sender {
				mine = t.GotNS
			}
			if mine < at {
				before = append(before, t.GotNS-t.SentNS)
			} else {
				after = append(after, t.GotNS-t.SentNS)
			}
		}
		if min(len(before), len(after)) < steadyTrips {
			return false
		}
		change[end] = slices.Min(after) - slices.Min(before)
	}
	set := abs(change[tap.Client]-change[tap.Server]) / 2
	return 2*set < step
}

// steadyTrips is how many packets must have been timed in each direction, before
// and after.
const steadyTrips = 3
