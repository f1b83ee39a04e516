package survey

import (
	"encoding/binary"
	"math/bits"
	"math/rand/v2"

	"bothends/capture"
	"bothends/correlate/segment"
)

// A Wanted is the part of a capture's connections that a second pass looks at. The
// frames of most others are passed over before they are decoded.
//
// It is a set of pairs of endpoints by their hashes, so that it has some more than were
// asked for. As it has all connections between two endpoints or none of them, a Table
// that is fed with what it has finds them in the order of the first pass.
type Wanted struct {
	bits     []uint64 // one bit for each hash, a Bloom filter of one function
	shift    uint     // of the hash, to the number of its bit
	key      uint64
	original []int32 // by the number in a Table that is fed with these only: the survey's
}

// bitsPerWanted makes one in so many of the other connections look wanted.
const bitsPerWanted = 32

// NewWanted takes the connections of a survey for which want says so.
func NewWanted(sv *Survey, want func(connection int) bool) *Wanted {
	n := 0
	for i := range sv.Connections {
		if want(i) {
			n++
		}
	}
	const fewest = 10
	log := max(fewest, bits.Len(uint(n*bitsPerWanted)))
	w := &Wanted{bits: make([]uint64, 1<<(log-6)), shift: uint(64 - log), key: rand.Uint64()}
	for i, c := range sv.Connections {
		if want(i) {
			h := w.hash(&c.Ends[0], &c.Ends[1])
			w.bits[h/64] |= 1 << (h % 64)
		}
	}
	for i, c := range sv.Connections {
		if w.has(w.hash(&c.Ends[0], &c.Ends[1])) {
			w.original = append(w.original, int32(i))
		}
	}
	return w
}

// Has reports whether s is to be given to the Table.
func (w *Wanted) Has(s *segment.Segment) bool { return w.has(w.hash(&s.Src, &s.Dst)) }

// Len is how many connections the Table will find. Limited to so many it leaves out
// what the first pass has left out.
func (w *Wanted) Len() int { return len(w.original) }

// Original is the survey's number of a connection of the Table.
func (w *Wanted) Original(id int32) int32 { return w.original[id] }

func (w *Wanted) has(h uint64) bool { return w.bits[h/64]&(1<<(h%64)) != 0 }

// hash is the number of a pair's bit, the same for both directions.
func (w *Wanted) hash(a, b *segment.Endpoint) uint64 {
	return (w.mix(fold(a)) + w.mix(fold(b))) >> w.shift
}

// fold is an IPv4 endpoint's address and port, or as good for IPv6.
func fold(e *segment.Endpoint) uint64 {
	x := uint64(binary.BigEndian.Uint32(e.IP[12:]))<<16 | uint64(e.Port)
	if high, low := binary.BigEndian.Uint64(e.IP[:]), binary.BigEndian.Uint32(e.IP[8:]); high != 0 || low != 0xffff {
		x ^= bits.RotateLeft64(high*spread, 29) ^ uint64(low)*spread
	}
	return x
}

func (w *Wanted) mix(x uint64) uint64 {
	hi, lo := bits.Mul64(x^w.key, spread)
	return hi ^ lo
}

// lacks reports whether a frame is that of a connection that is not wanted for certain:
// a whole header of TCP in IPv4 in Ethernet, with nothing unusual about it.
func (w *Wanted) lacks(p *capture.Packet) bool {
	const end = 54
	if p.LinkType != capture.LinkEthernet || len(p.Data) < end {
		return false
	}
	h := (*[end]byte)(p.Data)
	be := binary.BigEndian
	if be.Uint16(h[12:]) != 0x0800 || h[14] != 0x45 || be.Uint16(h[20:])&0x3fff != 0 || h[23] != 6 {
		return false
	}
	src := uint64(be.Uint32(h[26:]))<<16 | uint64(be.Uint16(h[34:]))
	dst := uint64(be.Uint32(h[30:]))<<16 | uint64(be.Uint16(h[36:]))
	return !w.has((w.mix(src) + w.mix(dst)) >> w.shift)
}
