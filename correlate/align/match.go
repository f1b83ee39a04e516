package align

import (
	"bothends/correlate/segment"
	"bothends/correlate/tap"
)

// sent takes a segment that the sender's tap saw leave.
func (s *Stream) sent(v *view) {
	s.SentFromSYN = s.SentFromSYN || v.Flags&segment.SYN != 0
	s.Opened = s.Opened || v.Flags&(segment.SYN|segment.ACK) == segment.SYN
	length := v.end - v.start
	h := s.hold(v)
	if !v.outside {
		if v.start < s.Sent.Next {
			s.waiting.overlapping(v.start, v.end, func(w *held) { w.lacking = w.lacking || s.passedOver(w) })
		}
		added := s.Sent.Add(v.start, v.end)
		if h.repeat = added < length; added > 0 {
			s.LastNewNS = max(s.LastNewNS, v.TimeNS)
		}
		s.recentSent.add(v)
		s.said(v, h.repeat)
	}
	if s.unrecorded(s.receiver(), v.at, 0, horizonNS) {
		s.settleSent(h, false)
		return
	}
	s.keepPayload(h)
	s.flying.insert(h)
	s.meetWaiting(h)
	s.expire()
}

// meetWaiting gives what arrived before h, as far as the rough clock tells, to
// h. It happens where the two clocks are not well known yet.
func (s *Stream) meetWaiting(h *held) {
	s.waiting.overlapping(h.start, h.end, func(w *held) {
		if w.settled {
			return
		}
		if h.at-w.at > s.roughErr && !s.reopened(&w.view) {
			w.lacking = w.lacking || echoes(&h.view, &w.view)
			return
		}
		s.offer(h, w)
		switch {
		case w.open == 0:
			s.Ledger.Matched++
			s.Passed++
		case w.rival == nil && !w.lacking && s.known(w) && s.repeated(w): // a further copy, as h was not known before
		default:
			return
		}
		w.settled = true
		s.dropPayload(w)
	})
}

// echoes reports whether the sender sent, though only later, the very bytes that w
// brought. Nobody else can have known them: this is a retransmission, and the
// capture lacks the first copy.
func echoes(h, w *view) bool {
	start, end := max(h.start, w.start), min(h.end, w.end)
	sent, _ := h.bytesAt(start, end)
	got, _ := w.bytesAt(start, end)
	return len(sent) > 0 && len(got) > 0 && agree(h, w, start, end)
}

// arrived takes a segment that the receiver's tap saw come in.
func (s *Stream) arrived(v *view) {
	w := s.hold(v)
	if !v.outside {
		w.repeat = s.Got.Add(v.start, v.end) < v.end-v.start
		if w.repeat && v.end > s.AckedAtReceiver {
			s.Sums.Unheeded++
		}
		s.recentGot.add(v)
		s.wake(v)
	}
	alone := true // nothing that was sent in its place is in flight
	s.flying.overlapping(v.start, v.end, func(h *held) {
		alone = false
		if h.open > 0 && w.open > 0 {
			s.offer(h, w)
		}
	})
	switch {
	case w.open == 0:
		s.Ledger.Matched++
		s.Passed++
	case alone && s.reclaim(w):
	case w.rival == nil && s.known(w) && s.repeated(w):
	case s.unrecorded(s.sender, v.at, 0, 0):
		s.Ledger.SentNotCaptured++
	default:
		s.keepPayload(w)
		s.waiting.insert(w)
		s.expire()
		return
	}
	s.release(w)
	s.expire()
}

// offer matches what h still misses with what w still has to place, if the two
// agree there.
func (s *Stream) offer(h, w *held) {
	start, end := max(h.start, w.start), min(h.end, w.end)
	if start >= end || !h.misses(start, end) {
		return
	}
	if !s.agree(&h.view, &w.view, start, end) {
		if w.rival == nil {
			w.rival = h
			h.pins++
		}
		return
	}
	n := h.take(w, start, end)
	if n == 0 {
		return
	}
	h.open -= n
	w.open -= n
	if h.open == 0 && !h.settled {
		h.settled = true
		s.Ledger.Matched++
	}
	s.learn(h, w)
}

// learn takes from a match what it says of the path and of the clocks. Of bytes
// that passed more than once nobody can tell which copy is which.
func (s *Stream) learn(h, w *held) {
	s.passed(h.TimeNS)
	if s.reopened(&h.view) {
		return // what a SYN proxy made anew says nothing of the path
	}
	whole := h.start == w.start && h.end == w.end
	if whole && h.Flags&w.Flags&segment.ACK != 0 && h.ack == w.ack {
		s.SameAcks++
	}
	if whole {
		s.addUp(h.packet(), w.packet(), w.payload, h.repeat || w.repeat)
	}
	if h.repeat || w.repeat {
		if whole && s.stamped(h.packet(), w.packet()) {
			s.change(TimestampLowered, h.packet(), w.packet())
		}
		return
	}
	s.compare(h.packet(), w.packet(), whole)
	if h.start == w.start && lostItsFIN(h.packet(), w.packet()) {
		s.change(FINTaken, h.packet(), w.packet())
	}
	if s.Path.another(&h.Header, &w.Header, whole) {
		return
	}
	s.Path.note(&h.Header, &w.Header, whole)
	if whole {
		s.MostPassed = max(s.MostPassed, h.PayloadLen)
	}
	if whole && s.trips != nil {
		s.trips.add(s.sender, h.TimeNS, w.TimeNS)
	}
	if h.start > w.start {
		// A later piece of what arrived merged: if the network card stamps such
		// a segment with the time of its first packet, this one came later.
		return
	}
	s.date(h.TimeNS, w.TimeNS)
}

// date takes from a packet that passed each tap at these times, by that tap's
// clock, what it says of the clocks.
func (s *Stream) date(sent, got int64) {
	if s.sender == tap.Client {
		s.bounds.ToServer(sent, got)
	} else {
		s.bounds.ToClient(sent, got)
	}
}

// known reports whether the sender's capture has all that w still has to place,
// as copies that arrived before.
func (s *Stream) known(w *held) bool {
	for _, m := range w.missing {
		if !s.Sent.Has(m.Start, m.End) {
			return false
		}
	}
	return true
}

// repeated settles a copy of what has arrived already. It returns false if w is
// none, but a retransmission: the sender's capture lacks it, unless it shows it
// yet.
func (s *Stream) repeated(w *held) bool {
	if w.open < w.end-w.start {
		s.Ledger.Matched++
		s.Passed++
		return true
	}
	w.foreign = false
	differs, others, maybe := false, 0, false
	s.flying.overlapping(w.start, w.end, func(h *held) {
		start, end := max(h.start, w.start), min(h.end, w.end)
		if !s.agree(&h.view, &w.view, start, end) {
			differs = true
			w.rival = h
		}
		maybe = maybe || h.start != w.start || h.end != w.end || h.IPID == w.IPID
		others++
	})
	switch {
	case differs:
		s.leave(ReceivedNotSent, w)
	case others > 0 && !maybe && s.Path.IPIDKept():
		// None of the packets that passed before, which all had this range. Of
		// packets cut out of a larger one, the IP-IDs are not known.
		w.foreign = true
	default:
		s.Ledger.Duplicated++
	}
	w.rival = nil
	return !w.foreign
}
