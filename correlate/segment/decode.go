package segment

import (
	"encoding/binary"

	"bothends/capture"
)

// Decode fills s from the frame p if that holds a TCP segment whose fixed
// header was captured, and says what p is otherwise. Every field of s is set
// when the result is TCP; with any other result s holds nothing of use.
// s.Payload aliases p.Data.
//
// Only TCP directly over IP is a segment: inside a tunnel (4in6, 6in4, GRE,
// VXLAN, ESP) it is NotTCP. VLAN tags and PPPoE are link layer and looked
// through. Checksums are not verified, for at the sender's tap they are not yet
// there when the network card computes them.
func Decode(p *capture.Packet, s *Segment) Result {
	if decodeCommon(p, s) {
		return TCP
	}
	return decodeLayers(p, s)
}

// decodeLayers decodes any frame, layer by layer.
func decodeLayers(p *capture.Packet, s *Segment) Result {
	etherType, at, result := network(p)
	if result != TCP {
		return result
	}

	b := p.Data[at:]
	// An OrigLen below the captured length is a recorder's mistake.
	n := max(p.OrigLen, len(p.Data)) - at

	if etherType == etherIPv4 {
		b, n, result = decodeIPv4(b, n, s)
	} else {
		b, n, result = decodeIPv6(b, n, s)
	}
	if result != TCP {
		return result
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
