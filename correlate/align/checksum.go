package align

import (
	"encoding/binary"
	"math/bits"

	"bothends/correlate/segment"
)

// Checksums are what tells whether a segment's TCP checksum is right, once its payload is
// added.
type Checksums struct {
	Checksum uint16 // as it stands
	// headers is the sum of RFC 1071 over the pseudo-header (RFC 9293 section 3.1) and the TCP
	// header with its checksum; 0 if not all of that was captured, which no sum is.
	headers uint16
	// pseudo is that over the pseudo-header alone: what a host leaves in the checksum's place
	// for its card to go on from. pseudoOfNone is the same of no length, for a card that cuts.
	pseudo, pseudoOfNone uint16
}

const protoTCP = 6

// checksums takes them from a segment. A part of a packet has none.
func checksums(s *segment.Segment) Checksums {
	c := Checksums{Checksum: s.Checksum}
	const offsetAt = 12
	if s.Fragment || len(s.Header) <= offsetAt || len(s.Header) != int(s.Header[offsetAt]>>4)*4 {
		return c
	}
	// Two words of the prefix of an IPv4 address in this form are 0xffff, which adds nothing.
	addresses := uint32(sum(s.Src.IP[:])) + uint32(sum(s.Dst.IP[:])) + protoTCP
	length := len(s.Header) + s.PayloadLen
	c.pseudoOfNone = fold(addresses)
	c.pseudo = fold(addresses + uint32(fold(uint32(length))))
	c.headers = fold(uint32(c.pseudo) + uint32(sum(s.Header)))
	return c
}

// right reports whether the checksum fits the payload, which must be whole.
func (c *Checksums) right(payload []byte) bool {
	return fold(uint32(c.headers)+uint32(sum(payload))) == 0xffff
}

// unfilled reports whether the checksum is one that a card had yet to fill in, or that
// somebody cleared: of packets between machines that share one host it may stay so for good.
func (c *Checksums) unfilled() bool {
	return c.Checksum == 0 || c.Checksum == c.pseudo || c.Checksum == c.pseudoOfNone
}

// sum is that of RFC 1071 over big-endian words of 16 bits, of which the last one may be a
// half; 0 only of nothing but zeros.
func sum(b []byte) uint16 {
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

// leastRight is how many packets must have arrived with right checksums before wrong ones are
// held against the path: a tool that changed addresses in a capture, and left the checksums as
// they were, makes all of them wrong.
const leastRight = 3

// Sums are what the TCP checksums say of a stream's packets that passed both taps.
type Sums struct {
	// SentRight and GotRight are how many of the first had the right one at the sender's tap
	// and at the receiver's, leastRight at most.
	SentRight, GotRight int8
	// Repeats are further copies of what had arrived; RepeatsRight is how many of them came
	// with nothing wrong.
	Repeats, RepeatsRight int64
}

// Mixed reports whether enough packets arrived with right checksums for wrong ones to be no
// trait of the capture.
func (s *Sums) Mixed() bool { return s.GotRight >= leastRight }

// settled reports whether the first packets have said what they can.
func (s *Sums) settled() bool { return s.GotRight >= leastRight && s.SentRight >= leastRight }

// addUp looks at the checksums of a packet that passed both taps, with payload as it arrived.
// repeat tells that it is a further copy.
func (s *Stream) addUp(sent, got packet, payload []byte, repeat bool) {
	if sent.headers == 0 || got.headers == 0 || sent.PayloadLen != got.PayloadLen {
		return
	}
	kept := sent.headers%0xffff == got.headers%0xffff // right or wrong, the path did nothing to it
	if len(payload) != got.PayloadLen {
		if !kept && s.Sums.settled() && !sent.unfilled() && !got.unfilled() && samePacket(sent.Header, got.Header) {
			s.change(BeyondCut, sent, got)
		}
		return
	}
	if s.Sums.Mixed() && !repeat && (kept || sent.unfilled()) {
		return // most packets: their bytes need not be added up
	}
	if repeat {
		s.Sums.Repeats++
	}
	right, left := got.right(payload), sent.right(payload)
	if left && s.Sums.SentRight < leastRight {
		s.Sums.SentRight++
	}
	if right && s.Sums.GotRight < leastRight {
		s.Sums.GotRight++
	}
	switch {
	case right || kept || got.unfilled():
		if repeat {
			s.Sums.RepeatsRight++
		}
	case !samePacket(sent.Header, got.Header):
	case left:
		s.change(ChecksumSpoiled, sent, got)
	case repeat:
		s.change(ChecksumWrong, sent, got)
	}
}
