package survey

import (
	"encoding/binary"
	"hash/maphash"

	"bothends/correlate/segment"
)

// printer takes the prints of flows. Those of two captures can only be compared
// if both were taken with one seed.
type printer struct {
	seed   maphash.Seed
	record [recordSize]byte
}

// recordSize is what is hashed of a segment, four SACK blocks included.
const recordSize = 56 + 4*8

// add brings a flow's print up to date with one more segment of it. Whatever a
// comparison of two segments looks at is in it, so that two flows with one print
// were recorded alike from the first segment to the last; only addresses, ports
// and what is a constant for the whole flow may differ: where its numbers and
// those that it acknowledges begin, and how many routers lie before the tap.
func (p *printer) add(flow, back *Flow, s *segment.Segment) {
	le := binary.LittleEndian
	r := p.record[:56]
	le.PutUint64(r[0:], flow.Print)
	le.PutUint64(r[8:], 0)
	if len(s.Payload) > 0 {
		le.PutUint64(r[8:], maphash.Bytes(p.seed, s.Payload))
	} else if len(s.Digest) > 0 {
		le.PutUint64(r[8:], maphash.Bytes(p.seed, s.Digest))
	}
	acked := uint32(0)
	if s.Flags&segment.ACK != 0 {
		acked = s.Ack - back.Base
	}
	le.PutUint32(r[16:], s.Seq-flow.Base)
	le.PutUint32(r[20:], acked)
	le.PutUint32(r[24:], uint32(s.PayloadLen))
	le.PutUint32(r[28:], uint32(len(s.Payload)))
	le.PutUint16(r[32:], s.Window)
	le.PutUint16(r[34:], s.IPID)
	le.PutUint32(r[36:], uint32(s.Flags)|uint32(flow.TTL-s.TTL)<<8|uint32(s.TOS)<<16|uint32(s.Options.Has)<<24)
	le.PutUint16(r[40:], s.Options.MSS)
	r[42] = s.Options.WindowScale
	r[43] = bitSet(s.IPv6, s.DF, s.Fragment, s.Cut, s.Overlong)
	le.PutUint32(r[44:], s.Options.TSVal)
	le.PutUint32(r[48:], s.Options.TSEcr)
	le.PutUint32(r[52:], uint32(s.Options.SACKCount))
	for _, block := range s.Options.SACK[:s.Options.SACKCount] {
		r = le.AppendUint32(le.AppendUint32(r, block[0]-back.Base), block[1]-back.Base)
	}
	flow.Print = maphash.Bytes(p.seed, r)
}

func bitSet(set ...bool) (b uint8) {
	for i, is := range set {
		if is {
			b |= 1 << i
		}
	}
	return b
}
