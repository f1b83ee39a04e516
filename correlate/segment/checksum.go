package segment

import (
	"encoding/binary"
	"math/bits"
)

// Checksums are what tells whether a segment's TCP checksum is right, once its payload is
// added.
type Checksums struct {
	Checksum uint16 // as it stands
	// Headers is the sum of RFC 1071 over the pseudo-header (RFC 9293 section 3.1) and the TCP
	// header with its checksum; 0 if not all of that was captured, which no sum is.
	Headers uint16
	// pseudo is that over the pseudo-header alone: what a host leaves in the checksum's place
	// for its card to go on from. pseudoOfNone is the same of no length, for a card that cuts.
	pseudo, pseudoOfNone uint16
}

// Checksums takes them from a segment. A part of a packet has none.
func (s *Segment) Checksums() Checksums {
	c := Checksums{Checksum: s.Checksum}
	const offsetAt = 12
	if s.Fragment || len(s.Header) <= offsetAt || len(s.Header) != int(s.Header[offsetAt]>>4)*4 {
		return c
	}
	// Two words of the prefix of an IPv4 address in this form are 0xffff, which adds nothing.
	addresses := uint32(sum16(s.Src.IP[:])) + uint32(sum16(s.Dst.IP[:])) + protoTCP
	length := len(s.Header) + s.PayloadLen
	c.pseudoOfNone = fold(addresses)
	c.pseudo = fold(addresses + uint32(fold(uint32(length))))
	c.Headers = fold(uint32(c.pseudo) + uint32(sum16(s.Header)))
	return c
}

// Right reports whether the checksum fits the payload, which must be whole.
func (c *Checksums) Right(payload []byte) bool {
	return fold(uint32(c.Headers)+uint32(sum16(payload))) == 0xffff
}

// Unfilled reports whether the checksum is one that a card had yet to fill in, or that
// somebody cleared: of packets between machines that share one host it may stay so for good.
func (c *Checksums) Unfilled() bool {
	return c.Checksum == 0 || c.Checksum == c.pseudo || c.Checksum == c.pseudoOfNone
}

// sum16 is that of RFC 1071 over big-endian words of 16 bits, of which the last one may be a
// half; 0 only of nothing but zeros.
func sum16(b []byte) uint16 {
	var total, carry uint64
	for len(b) >= 8 {
		total, carry = bits.Add64(total, binary.BigEndian.Uint64(b), carry)
		b = b[8:]
	}
	if len(b) > 0 {
		var last [8]byte
		copy(last[:], b)
		total, carry = bits.Add64(total, binary.BigEndian.Uint64(last[:]), carry)
	}
	for carry != 0 {
		total, carry = bits.Add64(total, 0, carry)
	}
	return fold(fold32(total))
}

// fold32 adds the halves of a sum of 64 bits, which keeps its remainder by 0xffff.
func fold32(total uint64) uint32 {
	total = total>>32 + total&0xffffffff
	return uint32(total>>32 + total&0xffffffff)
}

func fold(total uint32) uint16 {
	total = total>>16 + total&0xffff
	return uint16(total>>16 + total&0xffff)
}

// Remainder is that of a segment's headers, and with them of its payload, as 0xffff leaves it:
// what changes addresses, ports or options, and keeps the checksum right, keeps it. It is 0 if
// the checksum says nothing.
func (c *Checksums) Remainder() uint16 {
	if c.Headers == 0 || c.Unfilled() {
		return 0
	}
	return 1 + c.Headers%0xffff
}
