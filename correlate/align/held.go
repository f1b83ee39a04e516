package align

import (
	"slices"
	"sort"

	"bothends/correlate/survey"
)

// held is a segment that waits for its counterpart at the other tap.
type held struct {
	view
	open    int64         // bytes of it that have no counterpart yet
	missing []survey.Span // where they are, ascending
	rival   *held         // sent in the same place, with other bytes
	repeat  bool          // not all of it was new when it passed its tap
	settled bool          // it stands in the ledger
	owner   bool          // the payload is a copy of its own (see keepPayload)
	lacking bool          // arrived, and the sender's capture shows that it lacks it
	foreign bool          // arrived with known bytes, and is none of the packets known to have brought them
	changed bool          // its only counterpart has other bytes
	head    []byte        // its first payload bytes, once the rest was let go, if nothing of it arrived so far
	pins    int           // others that point here
	digest  uint64        // of the payload, once that was let go
	kept    uint32        // how many bytes digest is of
}

// hold takes a held from the pool.
func (s *Stream) hold(v *view) *held {
	var h *held
	if idle := s.buffers.held; len(idle) > 0 {
		h = idle[len(idle)-1]
		s.buffers.held = idle[:len(idle)-1]
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

func (s *Stream) release(h *held) {
	if h.rival != nil {
		h.rival.pins--
	}
	if h.pins > 0 {
		return
	}
	s.dropPayload(h)
	h.rival = nil
	if len(s.buffers.held) < maxIdleHeld {
		s.buffers.held = append(s.buffers.held, h)
	}
}

// keepPayload copies the payload of a segment that is to wait. Until then it is what was
// observed, which the next segment may overwrite.
func (s *Stream) keepPayload(h *held) {
	h.payload, h.owner = s.buffers.keep(h.payload), true
}

// dropPayload lets go of the payload.
func (s *Stream) dropPayload(h *held) {
	if h.owner {
		s.buffers.takeBack(h.payload)
	}
	h.payload, h.owner = nil, false
}

func (h *held) misses(start, end int64) bool {
	i := after(h.missing, start)
	return i < len(h.missing) && h.missing[i].Start < end
}

// after is the index of the first span that ends behind position.
func after(spans []survey.Span, position int64) int {
	if len(spans) == 1 {
		if spans[0].End > position {
			return 0
		}
		return 1
	}
	return sort.Search(len(spans), func(i int) bool { return spans[i].End > position })
}

// take removes what both of h and w miss between start and end from both. It
// returns how many bytes that is.
func (h *held) take(w *held, start, end int64) (taken int64) {
	whole := survey.Span{Start: start, End: end}
	if len(h.missing) == 1 && len(w.missing) == 1 && h.missing[0] == whole && w.missing[0] == whole {
		h.missing, w.missing = h.missing[:0], w.missing[:0] // the common case: one packet, uncut
		return end - start
	}
	for at := start; at < end; {
		i, j := after(h.missing, at), after(w.missing, at)
		if i == len(h.missing) || j == len(w.missing) {
			break
		}
		lo := max(h.missing[i].Start, w.missing[j].Start, at)
		hi := min(h.missing[i].End, w.missing[j].End, end)
		if lo < hi {
			taken += hi - lo
			h.missing = without(h.missing, i, lo, hi)
			w.missing = without(w.missing, j, lo, hi)
			at = hi
		} else {
			at = lo
		}
	}
	return taken
}

// without cuts [start, end) out of spans[i], which holds it.
func without(spans []survey.Span, i int, start, end int64) []survey.Span {
	m := spans[i]
	switch {
	case start == m.Start && end == m.End:
		return slices.Delete(spans, i, i+1)
	case start == m.Start:
		spans[i].Start = end
	case end == m.End:
		spans[i].End = start
	default:
		spans[i].End = start
		return slices.Insert(spans, i+1, survey.Span{Start: end, End: m.End})
	}
	return spans
}
