package survey

import (
	"encoding/binary"
	"math/bits"
	"math/rand/v2"

	"bothends/correlate/segment"
)

// A lookup finds the newest connection between two endpoints: a hash table with linear
// probing. It keeps no endpoints, as the connections have them, but a part of their
// hash: to look at a connection is to wait for memory, and so only the right one is
// looked at. It is asked for every packet of both passes; a map of Go's costs several
// times as much.
type lookup struct {
	slots []slot // as many as a power of two, at most half of them taken
	taken int
	keys  [2]uint64 // random, so that no capture can be made to collide
}

// A slot is empty if it has no number.
type slot struct {
	hash   uint32 // of the endpoints; its last bits are where the search for it begins
	number int32  // of the connection, plus one
}

// firstSlots is what the table begins with: 8 KiB.
const firstSlots = 1 << 10

func newLookup() *lookup {
	return &lookup{slots: make([]slot, firstSlots), keys: [2]uint64{rand.Uint64(), rand.Uint64()}}
}

// find returns the newest connection between the endpoints of s, which have this hash, or
// none.
func (l *lookup) find(entries *entries, hash uint32, s *segment.Segment) (id int32) {
	return l.place(entries, hash, s).number - 1
}

// guess is the number, plus one, of what stands where the search for a hash begins, or 0.
func (l *lookup) guess(hash uint32) int32 { return l.slots[hash&uint32(len(l.slots)-1)].number }

// put makes id the newest connection between the endpoints of s, which have this hash.
func (l *lookup) put(entries *entries, hash uint32, s *segment.Segment, id int32) {
	at := l.place(entries, hash, s)
	if at.number == 0 {
		l.taken++
	}
	*at = slot{hash, id + 1}
	if 2*l.taken > len(l.slots) {
		l.grow()
	}
}

// place is where the connections between the endpoints of s, which have this hash,
// are entered, or would be.
func (l *lookup) place(entries *entries, hash uint32, s *segment.Segment) *slot {
	for i := hash; ; i++ {
		at := &l.slots[i&uint32(len(l.slots)-1)]
		if at.number == 0 || at.hash == hash && entries.at(at.number-1).joins(s) {
			return at
		}
	}
}

// grow doubles the table.
func (l *lookup) grow() {
	old := l.slots
	l.slots = make([]slot, 2*len(old))
	last := uint32(len(l.slots) - 1)
	for _, known := range old {
		if known.number == 0 {
			continue
		}
		i := known.hash
		for l.slots[i&last].number != 0 {
			i++
		}
		l.slots[i&last] = known
	}
}

// hash is the same for both directions.
func (l *lookup) hash(a, b *segment.Endpoint) uint32 {
	return uint32((l.hashOne(a) + l.hashOne(b)) >> 32)
}

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
