package survey

import (
	"hash/maphash"
	"math/bits"

	"bothends/correlate/segment"
)

// printer takes the prints of flows. Those of two captures can only be compared
// if both were taken with one seed.
//
// A print is a polynomial: each segment multiplies it by an odd number and adds its own
// hash, modulo 2^64. So the print of a flow without its first segments is told from the
// print that it had after them: see Rest.
type printer struct {
	seed  maphash.Seed
	words [8]uint64 // random: whoever makes a capture cannot know them
	base  uint64
}

func newPrinter(seed maphash.Seed) *printer {
	p := &printer{seed: seed, base: printBase(seed)}
	for i := range p.words {
		p.words[i] = maphash.Bytes(seed, []byte{byte(i)})
	}
	return p
}

// printBase is the number that prints are polynomials of.
func printBase(seed maphash.Seed) uint64 { return maphash.Bytes(seed, []byte("base")) | 1 }

// Rest is the print of the last n segments of a flow: of a flow with this print, of
// which it had another one before them.
func Rest(seed maphash.Seed, print, before uint64, n int64) uint64 {
	return rest(printBase(seed), print, before, n)
}

func rest(b, print, before uint64, n int64) uint64 {
	power := uint64(1)
	for ; n > 0; n >>= 1 {
		if n&1 == 1 {
			power *= b
		}
		b *= b
	}
	return print - before*power
}

// add brings a flow's print up to date with one more segment of it. Whatever a
// comparison of two segments looks at is in it, so that two flows with one print
// were recorded alike from the first segment to the last; only addresses, ports
// and what is a constant for the whole flow may differ: where its numbers and
// those that it acknowledges begin, if that is known, and how many routers lie before
// the tap.
func (p *printer) add(flow, back *Flow, s *segment.Segment) {
	payload := uint64(0)
	if len(s.Payload) > 0 {
		payload = maphash.Bytes(p.seed, s.Payload)
	} else if len(s.Digest) > 0 {
		payload = maphash.Bytes(p.seed, s.Digest)
	}
	if s.Cut && len(s.Digest) == 0 && len(s.Payload) < s.PayloadLen {
		// What was cut off shows in the checksum alone.
		sums := s.Checksums()
		payload = mixed(payload^p.words[1], uint64(sums.Remainder())^p.words[2])
	}
	begin, acked := back.origin(), uint32(0)
	if s.Flags&segment.ACK != 0 {
		acked = s.Ack - begin
	}
	o := &s.Options
	numbers := uint64(s.Seq-flow.origin())<<32 | uint64(acked)
	lengths := uint64(uint32(s.PayloadLen))<<32 | uint64(uint32(len(s.Payload)))
	header := uint64(s.Window)<<48 | uint64(s.IPID)<<32 | uint64(s.Flags)<<24 | uint64(flow.TTL-s.TTL)<<16 | uint64(s.TOS)<<8 | uint64(o.Has)
	options := uint64(o.MSS)<<48 | uint64(o.WindowScale)<<40 | uint64(bitSet(s.IPv6, s.DF, s.Fragment, s.Cut, s.Overlong))<<32 | uint64(o.SACKCount)
	w := &p.words
	h := mixed(payload^w[0], numbers^w[1]) ^ mixed(lengths^w[2], header^w[3]) ^ mixed(options^w[4], (uint64(o.TSVal)<<32|uint64(o.TSEcr))^w[5])
	for _, block := range o.SACK[:o.SACKCount] {
		h = mixed(h^w[6], (uint64(block[0]-begin)<<32|uint64(block[1]-begin))^w[7])
	}
	flow.Print = flow.Print*p.base + mixed(h^w[7], w[6])
}

// origin is what a flow's numbers are counted from in prints: its initial number, if
// the tap saw it begin. Otherwise another tap may have seen more or less of it, and they
// stand as they are.
func (f *Flow) origin() uint32 {
	if f.FromSYN {
		return f.Base
	}
	return 0
}

// mixed folds a 128-bit product, as wyhash does (https://github.com/wangyi-fudan/wyhash).
func mixed(a, b uint64) uint64 {
	hi, lo := bits.Mul64(a, b)
	return hi ^ lo
}

func bitSet(set ...bool) (b uint8) {
	for i, is := range set {
		if is {
			b |= 1 << i
		}
	}
	return b
}
