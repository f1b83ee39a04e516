package align

import "bothends/correlate/segment"

// sent takes a segment that the sender's tap saw leave.
func (s *Stream) sent(v *view) {
	s.SentFromSYN = s.SentFromSYN || v.Flags&segment.SYN != 0
	length := v.end - v.start
	h := s.hold(v)
	if !v.stray {
		h.repeat = s.Sent.Add(v.start, v.end) < length
		s.recentSent.add(v)
	}
	if len(s.waiting) > 0 {
		s.meetWaiting(h)
	}
	s.flying.insert(h)
	s.expire()
}

// meetWaiting gives what arrived before h, as far as the rough clock tells, to
// h. It happens where the two clocks are not well known yet.
func (s *Stream) meetWaiting(h *held) {
	kept := s.waiting[:0]
	for _, w := range s.waiting {
		if h.at-w.at <= s.roughErr {
			s.offer(h, w)
		}
		if w.open == 0 {
			s.Ledger.Matched++
			s.Passed++
			s.release(w)
			continue
		}
		kept = append(kept, w)
	}
	clear(s.waiting[len(kept):])
	s.waiting = kept
}

// arrived takes a segment that the receiver's tap saw come in.
func (s *Stream) arrived(v *view) {
	if !v.stray {
		s.Got.Add(v.start, v.end)
		s.recentGot.add(v)
		s.wake(v)
	}
	w := s.hold(v)
	s.flying.overlapping(v.start, v.end, func(h *held) {
		if h.open > 0 && w.open > 0 {
			s.offer(h, w)
		}
	})
	switch {
	case w.open == 0:
		s.Ledger.Matched++
		s.Passed++
	case w.rival == nil && s.known(w):
		s.repeated(w)
	default:
		s.waiting = append(s.waiting, w)
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
	if !agree(&h.view, &w.view, start, end) {
		if w.rival == nil {
			w.rival = h
			h.pins++
		}
		return
	}
	n := h.take(&w.missing, start, end)
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

// learn takes from a match what it says of the path and of the clocks.
func (s *Stream) learn(h, w *held) {
	whole := h.start == w.start && h.end == w.end
	s.Path.note(&h.Header, &w.Header, whole)
	s.LastPassedNS = max(s.LastPassedNS, h.TimeNS)
	if h.repeat || w.repeat {
		return
	}
	if s.sender == Client {
		s.bounds.ToServer(h.TimeNS, w.TimeNS)
	} else {
		s.bounds.ToClient(h.TimeNS, w.TimeNS)
	}
}

// known tells whether the sender's capture has all that w still has to place,
// as copies that arrived before.
func (s *Stream) known(w *held) bool {
	for _, m := range w.missing {
		if !s.Sent.Has(m.Start, m.End) {
			return false
		}
	}
	return true
}

// repeated settles a copy of what has arrived already.
func (s *Stream) repeated(w *held) {
	if w.open < w.end-w.start {
		s.Ledger.Matched++
		s.Passed++
		return
	}
	differs := false
	var original *held
	s.flying.overlapping(w.start, w.end, func(h *held) {
		start, end := max(h.start, w.start), min(h.end, w.end)
		if !agree(&h.view, &w.view, start, end) {
			differs = true
			w.rival = h
		}
		if h.start == w.start && h.end == w.end {
			original = h
		}
	})
	switch {
	case differs:
		s.leave(ReceivedNotSent, w)
	case original != nil && s.Path.IPIDKept() && original.IPID != w.IPID:
		// Not the packet that passed before: a retransmission that the
		// sender's capture lacks.
		s.Ledger.SentNotCaptured++
		s.Missed++
	default:
		s.Ledger.Duplicated++
	}
	w.rival = nil
}
