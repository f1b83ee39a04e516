package survey

import (
	"bytes"
	"encoding/binary"

	"bothends/correlate/segment"
)

// A lookup finds the newest connection between two endpoints. In front of the
// map stands a small direct-mapped cache, as most segments belong to one of few
// connections under way: it costs a tenth of hashing and comparing a map's key.
type lookup struct {
	latest map[tuple]int32
	recent [recentSlots]int32 // connection number plus one; 0 is empty
}

// tuple is an unordered pair of endpoints: low <= high.
type tuple struct{ low, high segment.Endpoint }

// recentSlots is a power of two: 16 KiB of cache, which fits a processor's own.
const recentSlots = 1 << 12

func (l *lookup) find(entries []entry, s *segment.Segment) (id int32, known bool) {
	slot := &l.recent[slotOf(s)]
	if *slot != 0 && entries[*slot-1].joins(s) {
		return *slot - 1, true
	}
	if id, known = l.latest[tupleOf(s)]; known {
		*slot = id + 1
	}
	return id, known
}

func (l *lookup) put(s *segment.Segment, id int32) {
	l.latest[tupleOf(s)] = id
	l.recent[slotOf(s)] = id + 1
}

// slotOf is the same for both directions of a connection. Whoever makes captures
// in which all connections share a slot gains no more than that the map is asked.
func slotOf(s *segment.Segment) uint32 {
	ports := uint32(s.Src.Port) + uint32(s.Dst.Port)
	hosts := binary.LittleEndian.Uint32(s.Src.IP[12:]) + binary.LittleEndian.Uint32(s.Dst.IP[12:])
	const odd = 0x9e3779b1 // 2^32 divided by the golden ratio: spreads neighbours
	return (ports*odd ^ hosts*odd>>7) * odd >> (32 - 12)
}

func tupleOf(s *segment.Segment) tuple {
	if after(&s.Src, &s.Dst) {
		return tuple{s.Dst, s.Src}
	}
	return tuple{s.Src, s.Dst}
}

func after(a, b *segment.Endpoint) bool {
	if a.Port != b.Port {
		return a.Port > b.Port
	}
	return bytes.Compare(a.IP[:], b.IP[:]) > 0
}

// joins tells whether s passed between the entry's endpoints.
func (e *entry) joins(s *segment.Segment) bool {
	if s.Src == e.ends[Initiator] {
		return s.Dst == e.ends[Responder]
	}
	return s.Src == e.ends[Responder] && s.Dst == e.ends[Initiator]
}
