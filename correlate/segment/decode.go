package segment

import (
	"encoding/binary"

	"bothends/capture"
)

// A Decoder decodes the frames of one capture in their order. Other than Decode it
// puts fragmented packets together, of which the frame that completes one is then
// the segment.
type Decoder struct{ fragments reassembly }

// Decode is Decode but for fragments. s.Payload is valid until the following call.
func (d *Decoder) Decode(p *capture.Packet, s *Segment) Result {
	d.fragments.whole = nil
	if decodeCommon(p, s) {
		return TCP
	}
	d.fragments.nowNS, d.fragments.on = p.TimeNS, p.Interface
	d.fragments.layer = 0
	return decodeLayers(p, s, &d.fragments)
}

// Joined is the frame of the segment just decoded as it would be without fragments: what
// stood before the fragment's IP header, and the packet that was put together, as far as
// it was captured; length is what the frame would have on the wire. It is not ok if
// the segment came in one piece, and frame is nil if its fragments were in a tunnel, whose
// headers tell how long they are.
func (d *Decoder) Joined(p *capture.Packet) (frame []byte, length int, ok bool) {
	r := &d.fragments
	if r.whole == nil || r.inTunnel {
		return nil, 0, r.whole != nil
	}
	frame = append(append(frame, p.Data[:r.at]...), r.whole...)
	if ip := frame[r.at:]; ip[0]>>4 == 4 {
		header := ip[:int(ip[0]&0x0f)*4]
		be16Put(header[10:], 0)
		be16Put(header[10:], checksum(header))
	}
	return frame, r.at + r.length, true
}

// checksum is that of the internet (RFC 1071), of an even number of bytes.
func checksum(b []byte) uint16 {
	sum := uint32(0)
	for ; len(b) > 1; b = b[2:] {
		sum += uint32(be16(b))
	}
	for sum > 0xffff {
		sum = sum>>16 + sum&0xffff
	}
	return ^uint16(sum)
}

// Fragments counts those of the frames so far.
func (d *Decoder) Fragments() Fragments { return d.fragments.total() }

// Decode fills s from the frame p if that holds a TCP segment whose fixed
// header was captured, and says what p is otherwise. Every field of s is set
// when the result is TCP; with any other result s holds nothing of use.
// s.Payload aliases p.Data.
//
// Tags of the link layer and tunnels are looked through, up to MaxDepth deep: the
// segment is the innermost, and s.Wrapping names what was around it. What is
// encrypted is NotTCP. Checksums are not verified, for at the sender's tap they are
// not yet there when the network card computes them.
func Decode(p *capture.Packet, s *Segment) Result {
	if decodeCommon(p, s) {
		return TCP
	}
	return decodeLayers(p, s, nil)
}

// decodeLayers decodes any frame, layer by layer. Without a reassembly the first
// fragment of a packet is a segment, and the later ones are LaterFragment.
func decodeLayers(p *capture.Packet, s *Segment, r *reassembly) Result {
	s.Wrapping = 0
	etherType, at, result := network(p, &s.Wrapping)
	if result != TCP {
		return result
	}

	b := p.Data[min(at, len(p.Data)):]
	// An OrigLen below the captured length is a recorder's mistake.
	n := max(p.OrigLen, len(p.Data)) - at

	guessed := false // that there is a tunnel, by a UDP port
	for {
		var protocol uint8
		if r != nil {
			r.enter(p.Data, b)
		}
		if etherType == etherIPv4 {
			b, n, protocol, result = decodeIPv4(b, n, s, r)
		} else {
			b, n, protocol, result = decodeIPv6(b, n, s, r)
		}
		if result != TCP {
			return result
		}
		if guessed && s.Overlong {
			return NotTCP // and by chance what can be an IP header
		}
		if protocol == protoTCP {
			break
		}
		if s.Fragment {
			return NotTCP // a tunnel in parts
		}
		if etherType, at, result = tunnel(protocol, b, n, s); result != TCP {
			return result
		}
		b, n = b[min(at, len(b)):], n-at
		guessed = guessed || protocol == protoUDP
	}
	if result = decodeTCP(b, n, s); result != TCP {
		return result
	}

	s.TimeNS = p.TimeNS
	s.Frame = p.Frame
	s.Offset = p.Offset
	s.File = int32(p.File)
	s.Interface = int32(p.Interface)
	s.Direction = direction(p)
	s.Loopback = loopbackDevice(p)
	s.Digest = p.Digest
	return TCP
}

// From the network layer on, a layer is the pair b, n: the bytes that were
// captured of it, and how many it had on the wire; len(b) <= n. Both end where
// the IP header says, so padding of the link layer is in neither.

// tooShort is the result for a layer of which n bytes were on the wire and
// fewer than need were captured.
func tooShort(n, need int) Result {
	if n < need {
		return Malformed
	}
	return HeadersCut
}

func be16(b []byte) uint16 { return binary.BigEndian.Uint16(b) }
func be32(b []byte) uint32 { return binary.BigEndian.Uint32(b) }

func be16Put(b []byte, v uint16) { binary.BigEndian.PutUint16(b, v) }
