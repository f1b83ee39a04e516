package align

import (
	"bytes"

	"bothends/capture"
	"bothends/capture/digest"
	"bothends/correlate/segment"
	"bothends/correlate/tap"
)

// A view is one segment as one tap saw it, with its numbers brought to those of
// the client end.
type view struct {
	tap.Frame
	at         int64  // TimeNS brought to the client's clock, as well as it is known
	start, end int64  // positions in the stream
	repeats    bool   // it arrived, and acknowledges what was acknowledged, with the same window
	outside    bool   // too far from the stream to be part of it
	seq, ack   uint32 // the client end's numbers
	Header            // raw, as this tap saw it
	payload    []byte // what was captured of it
	redacted   []byte // what redaction left in its place, or nil
}

// Header is what a segment's headers said, raw, as the tap saw them.
type Header struct {
	Src, Dst     segment.Endpoint
	Seq, Ack     uint32
	TSVal, TSEcr uint32 // if Options has Timestamps
	PayloadLen   int
	Window       uint16
	IPID         uint16 // IPv4 only
	MSS          uint16 // if Options has MSS
	WindowScale  uint8  // if Options has WindowScale
	Flags        segment.Flags
	TTL          uint8
	TOS          uint8
	Options      segment.OptionSet
	IPv6, DF     bool
	segment.Checksums
	Loopback  bool              // it passed the tap on its host's loopback device
	Direction capture.Direction // as the tap's host saw it, where that was recorded
}

func header(s *segment.Segment) Header {
	return Header{
		Src: s.Src, Dst: s.Dst, Seq: s.Seq, Ack: s.Ack,
		TSVal: s.Options.TSVal, TSEcr: s.Options.TSEcr, PayloadLen: s.PayloadLen,
		Window: s.Window, IPID: s.IPID, MSS: s.Options.MSS, WindowScale: s.Options.WindowScale, Flags: s.Flags, TTL: s.TTL, TOS: s.TOS,
		Options: s.Options.Has, IPv6: s.IPv6, DF: s.DF, Loopback: s.Loopback, Direction: s.Direction,
		Checksums: s.Checksums(),
	}
}

// bytesAt returns the captured payload between two positions of the stream, and
// the position where it begins. It may be shorter than asked for, or empty.
func (v *view) bytesAt(start, end int64) (payload []byte, from int64) {
	first := v.payloadAt()
	from = max(start, first)
	to := min(end, first+int64(len(v.payload)))
	if from >= to {
		return nil, from
	}
	return v.payload[from-first : to-first], from
}

// agree reports whether two views of the same stream hold the same between two
// positions that both cover: SYN and FIN at the same place, and the same bytes
// as far as both captures kept them.
func agree(a, b *view, start, end int64) bool {
	if (a.synAt(start) != b.synAt(start)) || (a.finAt(end) != b.finAt(end)) {
		return false
	}
	pa, fromA := a.bytesAt(start, end)
	pb, fromB := b.bytesAt(start, end)
	if fromA < fromB {
		pa = pa[min(int64(len(pa)), fromB-fromA):]
	} else if fromB < fromA {
		pb = pb[min(int64(len(pb)), fromA-fromB):]
	}
	n := min(len(pa), len(pb))
	return bytes.Equal(pa[:n], pb[:n]) && agreeRedacted(a, b, start, end)
}

// agreeRedacted reports whether what redaction left of two payloads is the same,
// where both were redacted and have stretches in common.
func agreeRedacted(a, b *view, start, end int64) bool {
	if a.redacted == nil || b.redacted == nil {
		return true
	}
	lengthA, lengthB := a.PayloadLen, b.PayloadLen
	one, okOne := digest.Parse(a.redacted, lengthA)
	two, okTwo := digest.Parse(b.redacted, lengthB)
	return !okOne || !okTwo || digest.Agree(one, two, a.payloadAt(), b.payloadAt(), lengthA, lengthB, start, end)
}

// payloadAt is the position of the first byte of payload.
func (v *view) payloadAt() int64 {
	if v.Flags&segment.SYN != 0 {
		return v.start + 1
	}
	return v.start
}

// agree is agree, and of two answers to a SYN that they acknowledge the same. Nothing else
// tells one from another with its number, as it has no bytes, and a client resets one that
// acknowledges what it did not send (RFC 9293 section 3.10.7.3). Data in the SYN may be
// acknowledged or not (RFC 7413 section 4.2.2).
func (s *Stream) agree(a, b *view, start, end int64) bool {
	const answer = segment.SYN | segment.ACK
	if !s.synProxy && a.Flags&b.Flags&answer == answer && a.ack != b.ack && a.synAt(start) && !(s.answers(a) && s.answers(b)) {
		return false
	}
	return agree(a, b, start, end)
}

// answers reports whether an answer to a SYN acknowledges no more than the opposite stream's SYN.
func (s *Stream) answers(v *view) bool {
	o := s.opposite
	at := v.ack - o.isn
	return o.begins && at > 0 && at <= o.synLen
}

func (v *view) synAt(start int64) bool { return v.Flags&segment.SYN != 0 && start == v.start }
func (v *view) finAt(end int64) bool   { return v.Flags&segment.FIN != 0 && end == v.end }
