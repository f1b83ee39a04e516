package judge

import (
	"bothends/correlate/align"
	"bothends/correlate/segment"
)

func (s *stream) answerFacts(p *suspect, c *ClockFacts) AnswerFacts {
	if p.quoted != nil {
		return s.quotedFacts(p)
	}
	a := AnswerFacts{Reject: rejectLike(&p.Header)}
	if a.Stateless = a.Reject; p.reset != nil {
		a.Stateless = statelessReset(p.reset)
	}
	s.strayed(p, &a)
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
	a.Trips, a.FastestNS = fastest(s.Trips, s.sender.Other(), p.TimeNS)
	a.ClockSet = !steady(s.Trips, s.sender.Other(), p.TimeNS, a.FastestNS-2*(p.TimeNS-a.LeftNS.TimeNS))
	return a
}

// strayed counts what the receiver sent within the window before a packet and that the
// sender's capture does not show to have come.
func (s *stream) strayed(p *suspect, a *AnswerFacts) {
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
}

// calledFor reports whether a host that does not know the connection answers a lost
// segment with this reset: with the number that the segment acknowledges, and without
// an acknowledgment of its own (RFC 9293 section 3.10.7.1). While such a host had the
// address, nothing else came to the sender.
func calledFor(r *align.Reset, lost align.Astray) bool {
	return r.Flags&segment.ACK == 0 && r.Seq0 == lost.Ack && r.PassedNS <= lost.SentNS
}

// answerNS is how soon after a packet its answer leaves, whatever it is.
const answerNS = 1e9

func (s *stream) afterFacts(p *suspect, c *ClockFacts) AfterFacts {
	service := s.Cases[s.index].Service
	there := service != nil && service.ThereNS[s.sender.Other()] > p.TimeNS
	last := s.flow.LastSent
	if last.Number == 0 || !c.Comparable || !s.pair.Paired() {
		return AfterFacts{StillThere: there}
	}
	a := AfterFacts{StillThere: there, LaterNS: min(last.TimeNS-c.LatestNS, last.TimeNS-p.TimeNS-c.BesideNS), Flags: last.Flags}
	if c.Bracketed && last.TimeNS-c.LatestNS > c.MarginNS && a.LaterNS > 2*c.TickNS {
		a.Sent = last.Frame
	}
	a.Passed = a.Sent.Number != 0 && s.flow.LastPassedNS-c.LatestNS > c.MarginNS
	for _, lost := range s.back.Astray {
		if lost.SentNS >= p.TimeNS && lost.SentNS <= p.TimeNS+answerNS {
			a.AnswerAstray++
		}
	}
	a.AnswerAstray += s.back.MoreAstray
	a.Answered = a.AnswerAstray == 0 && s.back.LastPassedNS > p.TimeNS
	// TCP resets a bad acknowledgment and goes on until the handshake is done.
	a.Established = last.Flags&segment.SYN == 0 && s.back.Passed > 0
	if p.reset != nil {
		if m := p.reset.Own[0]; m != nil && m.Reached == align.Never {
			a.TriggerUnseen = m.Frame
		}
	}
	return a
}

func (s *stream) quotedFacts(p *suspect) AnswerFacts {
	q := p.quoted
	a := AnswerFacts{Stateless: true, Reject: true, AnyFromPeer: true}
	if e := (ErrorFacts{Quoted: q}); !e.came() {
		s.strayed(p, &a)
	}
	if q.Sent.Number == 0 {
		return a
	}
	a.Acknowledges, a.LeftNS = true, q.Sent
	if q.Came.Number != 0 {
		a.Reached, a.ReachedAt = align.Seen, q.Came
	}
	a.Trips, a.FastestNS = fastest(s.Trips, s.sender.Other(), p.TimeNS)
	return a
}
