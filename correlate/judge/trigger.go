package judge

import (
	"cmp"
	"slices"

	"bothends/correlate/align"
	"bothends/correlate/segment"
	"bothends/correlate/tap"
	"bothends/correlate/trigger"
)

// Grades of how well a reset's numbers continue a message.
const (
	fitsNot  = iota
	fitsHalf // one number does, and the other is missing or leads elsewhere
	fitsBoth
)

// trigger is what r, which nobody is known to have sent, answers; nil if it came
// out of silence. A reset to the sender of the message acknowledges all of it; one
// to the other end has the number behind it, or its own where the box ate it.
func (s *stream) trigger(r arrival) *Trigger {
	receiver := s.sender.Other()
	var list []candidate
	for _, m := range r.Own {
		if m != nil {
			list = append(list, candidate{m, receiver, m.TimeNS, continuesOwn(r.Reset, m)})
		}
	}
	for _, m := range r.Alleged {
		if m != nil && r.clocks.Comparable && !overtook(r.Reset, m) {
			list = append(list, candidate{m, s.sender, s.clocks.atReceiver(m.TimeNS), continuesAlleged(r.Reset, m)})
		}
	}
	list = slices.DeleteFunc(list, func(c candidate) bool { return r.TimeNS-c.at > soonNS || c.at > r.TimeNS })
	if len(list) == 0 {
		return nil
	}
	best := slices.MaxFunc(list, func(a, b candidate) int { return cmp.Or(cmp.Compare(a.fits, b.fits), cmp.Compare(a.at, b.at)) })
	t := &Trigger{Message: best.Message, SentBy: best.sentBy, fits: best.fits}
	for _, c := range list {
		if c.fits == best.fits && c.Message != best.Message {
			t.rivals = append(t.rivals, c)
		}
	}
	t.ByNumbers = t.fits > fitsNot && len(t.rivals) == 0 && s.promptly(r.TimeNS-best.at)
	t.Said = trigger.Name(trigger.Segment{
		Head: t.Head, Length: t.PayloadLen, Flags: t.Flags, FromServer: t.SentBy == s.acceptor(), ServerPort: s.servicePort(r.Reset, t),
		ShowPayload: s.ShowPayload,
	})
	t.Reached = s.pooled.reached(s.index, t)
	return t
}

// overtook reports whether r arrived before m, which came the same way: a box that
// lets a message pass sends what answers it behind it.
func overtook(r *align.Reset, m *align.Message) bool {
	return m.Reached == align.Seen && m.Arrived.TimeNS > r.TimeNS
}

// continuesOwn grades m as a message of the reset's receiver.
func continuesOwn(r *align.Reset, m *align.Message) int {
	acknowledges := r.Flags&segment.ACK != 0 && r.Ack0 == m.End0()
	follows := m.Flags&segment.ACK != 0 && r.Seq0 == m.Ack0
	switch opens := m.Flags&segment.ACK == 0; {
	case acknowledges && (follows || opens): // a first SYN acknowledges nothing that could be followed
		return fitsBoth
	case acknowledges, follows && r.Flags&segment.ACK == 0:
		return fitsHalf
	}
	return fitsNot
}

// continuesAlleged grades m as a message of the reset's alleged sender.
func continuesAlleged(r *align.Reset, m *align.Message) int {
	follows := r.Seq0 == m.End0() || r.Seq0 == m.Seq0 && m.Reached == align.Never
	acknowledges := r.Flags&m.Flags&segment.ACK != 0 && r.Ack0 == m.Ack0
	switch {
	case follows && acknowledges:
		return fitsBoth
	case acknowledges, follows && r.Flags&segment.ACK == 0:
		return fitsHalf
	}
	return fitsNot
}

// acceptor is the end that accepted the connection, as far as a SYN shows it.
func (s *stream) acceptor() tap.End {
	if c := s.Cases[s.index].Connection; c.Streams[tap.Server].Opened && !c.Streams[tap.Client].Opened {
		return tap.Client
	}
	return tap.Server
}

// servicePort is the port at which the acceptor was reached, as it sees it if
// the message or the reset was recorded there.
func (s *stream) servicePort(r *align.Reset, t *Trigger) uint16 {
	switch acceptor := s.acceptor(); {
	case t.SentBy == acceptor:
		return t.Src.Port
	case s.sender.Other() == acceptor:
		return r.Dst.Port
	}
	return t.Dst.Port
}

// reached reports whether t came to the other end before it can have been sent
// again.
func (all *pooled) reached(index int, t *Trigger) Reached {
	if !all.Cases[index].Pair.Paired() {
		return ReachUnknown
	}
	s := all.stream(index, t.SentBy)
	switch t.Message.Reached {
	case align.Seen:
		first := t.First
		if first.Number == 0 {
			first = t.Frame
		}
		if c := s.clocks.at(t.Arrived.TimeNS); c.Comparable && c.LatestNS-first.TimeNS > sendAgainNS {
			return ReachUnknown
		}
		return DidReach
	case align.Never:
		complete := s.receiving.Drops == 0 && s.flow.Got.Missing(s.flow.AckedAtReceiver) == 0
		if complete && s.receiverWatched(t.TimeNS, s.flow.LastPassedNS > t.TimeNS).Outcome == Refuted {
			return DidNotReach
		}
	}
	return ReachUnknown
}
