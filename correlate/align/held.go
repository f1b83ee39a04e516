package align

import (
	"sort"

	"bothends/correlate/segment"
	"bothends/correlate/survey"
)

// held is a segment that waits for its counterpart at the other tap.
type held struct {
	view
	open    int64         // bytes of it that have no counterpart yet
	missing []survey.Span // where they are
	rival   *held         // sent in the same place, with other bytes
	repeat  bool          // not all of it was new when it passed its tap
	settled bool          // it stands in the ledger
	changed bool          // its only counterpart has other bytes
	pins    int           // others that point here
}

// hold takes a held from the pool.
func (s *Stream) hold(v *view) *held {
	var h *held
	if n := len(s.pool); n > 0 {
		h = s.pool[n-1]
		s.pool = s.pool[:n-1]
		missing := h.missing[:0]
		*h = held{missing: missing}
	} else {
		h = &held{missing: make([]survey.Span, 0, 2)}
	}
	h.view = *v
	h.open = v.end - v.start
	h.missing = append(h.missing, survey.Span{Start: v.start, End: v.end})
	return h
}

// maxPool bounds what an idle stream keeps.
const maxPool = 64

func (s *Stream) release(h *held) {
	if h.rival != nil {
		h.rival.pins--
	}
	if h.pins > 0 || len(s.pool) >= maxPool {
		return
	}
	h.payload, h.rival = nil, nil
	s.pool = append(s.pool, h)
}

func (h *held) misses(start, end int64) bool {
	for _, m := range h.missing {
		if m.Start < end && start < m.End {
			return true
		}
	}
	return false
}

// take removes from h what it misses between start and end, as far as theirs
// misses it too, from both. It returns how many bytes that is.
func (h *held) take(theirs *[]survey.Span, start, end int64) (taken int64) {
	if len(h.missing) == 1 && len(*theirs) == 1 && h.missing[0] == (*theirs)[0] && h.missing[0] == (survey.Span{Start: start, End: end}) {
		h.missing, *theirs = h.missing[:0], (*theirs)[:0] // the common case: one packet, uncut
		return end - start
	}
	for _, mine := range append([]survey.Span(nil), h.missing...) {
		for _, their := range append([]survey.Span(nil), *theirs...) {
			lo := max(mine.Start, their.Start, start)
			hi := min(mine.End, their.End, end)
			if lo < hi {
				taken += hi - lo
				h.missing = without(h.missing, lo, hi)
				*theirs = without(*theirs, lo, hi)
			}
		}
	}
	return taken
}

// without cuts [start, end) out of the spans.
func without(spans []survey.Span, start, end int64) []survey.Span {
	for i, m := range spans {
		if start < m.Start || end > m.End {
			continue
		}
		switch {
		case start == m.Start && end == m.End:
			return append(spans[:i], spans[i+1:]...)
		case start == m.Start:
			spans[i].Start = end
		case end == m.End:
			spans[i].End = start
		default:
			spans[i].End = start
			return append(spans, survey.Span{Start: end, End: m.End})
		}
		return spans
	}
	return spans
}

// flight holds what was sent, by position; copies of one range in the order in
// which they were sent.
type flight struct {
	list    []*held
	head    int
	longest int64 // the longest segment so far: how far before a position to look
	tidyAt  int   // length at which to look for what can go
}

func (f *flight) insert(h *held) {
	f.longest = max(f.longest, h.end-h.start)
	n := len(f.list)
	if n == f.head || f.list[n-1].start <= h.start {
		f.list = append(f.list, h)
		return
	}
	i := f.head + sort.Search(n-f.head, func(i int) bool { return f.list[f.head+i].start > h.start })
	f.list = append(f.list, nil)
	copy(f.list[i+1:], f.list[i:])
	f.list[i] = h
}

// overlapping visits what overlaps [start, end), the latest copies first.
func (f *flight) overlapping(start, end int64, visit func(*held)) {
	live := f.list[f.head:]
	if len(live) == 0 {
		return
	}
	if first := live[0]; first.start == start && first.end == end && (len(live) == 1 || live[1].start >= end) {
		visit(first)
		return
	}
	to := sort.Search(len(live), func(i int) bool { return live[i].start >= end })
	for i := to - 1; i >= 0 && live[i].start+f.longest > start; i-- {
		if live[i].end > start {
			visit(live[i])
		}
	}
}

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
