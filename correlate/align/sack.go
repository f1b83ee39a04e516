package align

import (
	"bothends/correlate/segment"
	"bothends/correlate/tap"
)

// noteSACK looks whether the SACK blocks (RFC 2018) of a segment that arrived are about
// numbers of back, the stream that it acknowledges, as this tap knows them, or as the tap does
// where the segment left. Only where the two differ there is something to tell.
func (s *Stream) noteSACK(end tap.End, seg *segment.Segment, back *Stream) {
	here, there := back.shift[end], back.shift[end.Other()]
	if here == there || !back.begun || seg.Options.SACKCount == 0 {
		return
	}
	block, acked := seg.Options.SACK[0], back.position(seg.Ack-here)
	within := func(shift uint32) bool {
		from, to := back.position(block[0]-shift), back.position(block[1]-shift)
		return acked < from && from < to && to <= back.high
	}
	switch moved, left := within(here), within(there); {
	case left && !moved:
		s.Path.SACKsLeft++
	case moved && !left:
		s.Path.SACKsMoved++
	}
}
