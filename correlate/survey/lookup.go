package survey

import (
	"encoding/binary"
	"math/bits"
	"math/rand/v2"

	"bothends/correlate/segment"
)

// A lookup finds the newest connection between two endpoints: a hash table with
// linear probing that keeps no keys, as the connections have them. In front of it
// stands a smaller one, which the processor has at hand, of those connections
// that are under way. It is asked for every packet of both passes; a map of Go's
// costs several times as much.
type lookup struct {
	slots  []int32 // connection number plus one, or 0; as many as a power of two, at most half of them taken
	taken  int
	recent [recentSlots]int32 // by the last bits of the hash, likewise
	keys   [2]uint64          // random, so that no capture can be made to collide
}

const (
	// recentSlots is a power of two: 16 KiB.
	recentSlots = 1 << 12
	// firstSlots is what the table begins with: 4 KiB.
	firstSlots = 1 << 10
)

func newLookup() *lookup {
	return &lookup{slots: make([]int32, firstSlots), keys: [2]uint64{rand.Uint64(), rand.Uint64()}}
}

// find returns the newest connection between the endpoints of s, or none.
func (l *lookup) find(entries *entries, s *segment.Segment) (id int32) {
	h := l.hash(&s.Src, &s.Dst)
	latest := &l.recent[h%recentSlots]
	if *latest != 0 && entries.at(*latest-1).joins(s) {
		return *latest - 1
	}
	id = l.slots[l.place(entries, h, s)] - 1
	if id != none {
		*latest = id + 1
	}
	return id
}

// put makes id the newest connection between the endpoints of s.
func (l *lookup) put(entries *entries, s *segment.Segment, id int32) {
	h := l.hash(&s.Src, &s.Dst)
	l.recent[h%recentSlots] = id + 1
	at := l.place(entries, h, s)
	if l.slots[at] == 0 {
		l.taken++
	}
	l.slots[at] = id + 1
	if 2*l.taken > len(l.slots) {
		l.grow(entries)
	}
}

// place is where the connections between the endpoints of s, which have hash h,
// are entered, or would be.
func (l *lookup) place(entries *entries, h uint64, s *segment.Segment) uint64 {
	mask := uint64(len(l.slots) - 1)
	i := h >> 32 & mask
	for l.slots[i] != 0 && !entries.at(l.slots[i]-1).joins(s) {
		i = (i + 1) & mask
	}
	return i
}

// grow doubles the table.
func (l *lookup) grow(entries *entries) {
	old := l.slots
	l.slots = make([]int32, 2*len(old))
	mask := uint64(len(l.slots) - 1)
	for _, id := range old {
		if id == 0 {
			continue
		}
		e := entries.at(id - 1)
		i := l.hash(&e.ends[0], &e.ends[1]) >> 32 & mask
		for l.slots[i] != 0 {
			i = (i + 1) & mask
		}
		l.slots[i] = id
	}
}

// hash is the same for both directions.
func (l *lookup) hash(a, b *segment.Endpoint) uint64 { return l.hashOne(a) + l.hashOne(b) }

// hashOne folds 128-bit products, as wyhash does (https://github.com/wangyi-fudan/wyhash).
func (l *lookup) hashOne(e *segment.Endpoint) uint64 {
	const odd = 0x9e3779b97f4a7c15 // 2^64 divided by the golden ratio
	hi, lo := bits.Mul64(binary.LittleEndian.Uint64(e.IP[:])^l.keys[0], binary.LittleEndian.Uint64(e.IP[8:])^l.keys[1])
	hi, lo = bits.Mul64(hi^lo^l.keys[0], uint64(e.Port)^odd)
	return hi ^ lo
}

// joins reports whether s passed between the entry's endpoints.
func (e *entry) joins(s *segment.Segment) bool {
	if s.Src == e.ends[Initiator] {
		return s.Dst == e.ends[Responder]
	}
	return s.Src == e.ends[Responder] && s.Dst == e.ends[Initiator]
}
