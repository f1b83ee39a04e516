package align

import "bothends/correlate/segment"

const (
	// horizonNS is how long a segment may be under way. A phone network's
	// buffers hold seconds; RFC 9293 section 3.4.2 takes two minutes for the
	// longest life of a segment, but sends it again long before.
	horizonNS = 10e9
	// compareNS is how long the bytes of what has arrived are kept for
	// comparison with a second copy, where no acknowledgment ends it sooner.
	compareNS = 2e9
	// minTidy is the number of held segments below which none is looked for
	// behind an older one.
	minTidy = 64
)

// expire lets go of what needs no counterpart any more.
func (s *Stream) expire() {
	f := &s.flying
	for f.head < len(f.list) && s.done(f.list[f.head]) {
		s.settleSent(f.list[f.head])
		f.list[f.head] = nil
		f.head++
	}
	if f.head == len(f.list) {
		f.list, f.head = f.list[:0], 0
	} else if live := len(f.list) - f.head; live >= max(f.tidyAt, minTidy) {
		kept := f.list[:0]
		for _, h := range f.list[f.head:] {
			if s.done(h) {
				s.settleSent(h)
			} else {
				kept = append(kept, h)
			}
		}
		clear(f.list[len(kept):])
		f.list, f.head = kept, 0
		f.tidyAt = 2 * len(kept)
	} else if f.head > minTidy && f.head > live {
		n := copy(f.list, f.list[f.head:])
		clear(f.list[n:])
		f.list, f.head = f.list[:n], 0
	}
	for len(s.waiting) > 0 && s.now-s.waiting[0].at > horizonNS {
		w := s.waiting[0]
		s.waiting = s.waiting[1:]
		s.settleArrived(w)
	}
}

func (s *Stream) done(h *held) bool {
	age := s.now - h.at
	if h.open == 0 {
		return h.end <= s.AckedAtSender || age > compareNS
	}
	if age > compareNS && h.pins == 0 {
		h.payload = nil
	}
	if h.pins > 0 { // something that arrived in its place is judged first
		return age > 2*horizonNS
	}
	return age > horizonNS
}

// settleSent puts a sent segment that nothing more will be matched with into
// its bucket.
func (s *Stream) settleSent(h *held) {
	defer s.release(h)
	if h.settled {
		return
	}
	h.settled = true
	switch {
	case h.open == 0, h.open < h.end-h.start:
		s.Ledger.Matched++
		s.Ledger.LostBytes += h.open
	case h.changed:
		s.Ledger.Modified++
	case !s.covered(s.receiver(), h.at) || s.AckedAtReceiver >= h.end && !s.Got.Has(h.start, h.end):
		s.Ledger.SentNotCaptured++
	default:
		s.Ledger.Lost++
		s.Ledger.LostBytes += h.open
		if h.Flags&(segment.SYN|segment.FIN) != 0 && !s.Got.Has(h.end-1, h.end) {
			s.keep(Lost, h)
		}
	}
}

// startSlackNS is how long a segment that arrives just after the other end's
// capture began may have been under way since before it.
const startSlackNS = 1e9

// recordedWhenSent tells whether the sender's capture was running when w was
// sent, as well as the clocks are known.
func (s *Stream) recordedWhenSent(w *view) bool {
	return s.covered(s.sender, w.at) && (s.SentFromSYN || s.covered(s.sender, w.at-startSlackNS))
}

// settleArrived puts an arrived segment that was not sent, as far as the
// sender's capture shows, into its bucket.
func (s *Stream) settleArrived(w *held) {
	defer s.release(w)
	switch {
	case w.rival != nil && !w.rival.settled && w.rival.misses(w.start, w.end):
		w.rival.changed = true
		s.Ledger.Modified++
		s.keep(Modified, w)
	case w.rival != nil:
		s.leave(ReceivedNotSent, w)
	case !s.recordedWhenSent(&w.view):
		s.Ledger.SentNotCaptured++
	case s.passedOver(w):
		s.Ledger.SentNotCaptured++
		s.Missed++
	default:
		s.leave(ReceivedNotSent, w)
	}
}

// passedOver tells whether the sender went on behind bytes that its capture
// lacks: it must have sent them.
func (s *Stream) passedOver(w *held) bool {
	for _, m := range w.missing {
		if m.End <= s.Sent.Next && !s.Sent.Has(m.Start, m.End) {
			return true
		}
	}
	return false
}

// finish settles what is still open.
func (s *Stream) finish() {
	for _, w := range s.waiting {
		s.settleArrived(w)
	}
	for _, h := range s.flying.list[s.flying.head:] {
		s.settleSent(h)
	}
	s.acks.finish(s)
	s.live = nil
}
