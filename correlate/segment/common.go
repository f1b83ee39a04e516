package segment

import "bothends/capture"

// decodeCommon decodes, in one piece, the frame that most captures are made of:
// Ethernet without tags, an IPv4 header without options, no fragment, and TCP
// whose header was kept whole. It returns false for any other, and s is then of
// no use. What it does layer by layer, and why, stands in decodeLayers, which
// tests hold it equal to.
func decodeCommon(p *capture.Packet, s *Segment) bool {
	const ipAt, tcpAt, end = 14, 34, 54 // of the fixed header
	data := p.Data
	if p.LinkType != capture.LinkEthernet || len(data) < end {
		return false
	}
	h := (*[end]byte)(data)
	const version4, fragment = 0x45, 0x3fff // five words; more fragments, or an offset
	if be16(h[12:]) != etherIPv4 || h[ipAt] != version4 || h[ipAt+9] != protoTCP || be16(h[ipAt+6:])&fragment != 0 {
		return false
	}
	total := int(be16(h[ipAt+2:]))
	header := int(h[tcpAt+12]>>4) * 4
	payloadAt := tcpAt + header
	if header < 20 || 20+header > total || payloadAt > len(data) || ipAt+total > max(p.OrigLen, len(data)) {
		return false
	}

	s.TimeNS = p.TimeNS
	s.Frame = p.Frame
	s.Offset = p.Offset
	s.File = int32(p.File)
	s.Interface = int32(p.Interface)
	s.Direction = p.Direction
	s.Loopback = false

	putMapped(&s.Src.IP, be32(h[ipAt+12:]))
	putMapped(&s.Dst.IP, be32(h[ipAt+16:]))
	s.Src.Port = be16(h[tcpAt:])
	s.Dst.Port = be16(h[tcpAt+2:])
	s.Seq = be32(h[tcpAt+4:])
	s.Ack = be32(h[tcpAt+8:])
	s.Window = be16(h[tcpAt+14:])
	s.Flags = Flags(h[tcpAt+13])
	s.Checksum = be16(h[tcpAt+16:])

	s.TTL = h[ipAt+8]
	s.TOS = h[ipAt+1]
	s.IPID = be16(h[ipAt+4:])
	s.IPv6 = false
	s.DF = h[ipAt+6]&0x40 != 0
	s.Fragment = false
	s.Wrapping = 0
	s.Cut = len(data) < ipAt+total
	s.Overlong = false

	s.Options.decode(data[end:payloadAt], header-20)
	last := min(len(data), ipAt+total)
	s.PayloadLen = total - 20 - header
	s.Header = data[tcpAt:payloadAt:payloadAt]
	s.Payload = data[payloadAt:last:last]
	s.Digest = p.Digest
	return true
}
