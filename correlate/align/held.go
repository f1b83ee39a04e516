package align

import "bothends/correlate/survey"

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
