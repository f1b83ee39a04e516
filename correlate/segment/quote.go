package segment

import "bothends/capture"

// A Quote is an ICMP error about a TCP packet, which it quotes (RFC 792, RFC 4443).
type Quote struct {
	From, To   [16]byte // who says so, and to whom; IPv4 as ::ffff:a.b.c.d
	Src, Dst   Endpoint // of the packet that it is about
	Seq        uint32   // of that
	MTU        uint16   // of a link that it did not fit, if TooBig and the router says so; IPv6: at most 65535
	IPID       uint16   // of the error itself; IPv4 only
	TTL        uint8    // of the error itself
	IPv6       bool
	Loopback   bool // as of a Segment
	Type, Code uint8
}

// TooBig reports whether a packet did not fit a link and may not be fragmented
// (RFC 1191, RFC 8201).
func (q *Quote) TooBig() bool {
	if q.IPv6 {
		return q.Type == 2
	}
	return q.Type == 3 && q.Code == 4
}

// Unreachable reports whether it says that nothing gets there: the network, the host or
// the port, or somebody's rules forbid it.
func (q *Quote) Unreachable() bool {
	if q.IPv6 {
		return q.Type == 1
	}
	return q.Type == 3 && q.Code != 4
}

// Quoted returns the error that a frame holds. It is for frames that Decode finds NotTCP,
// and looks into no tunnel.
func Quoted(p *capture.Packet) (q Quote, ok bool) {
	var around Wrapping
	etherType, at, result := network(p, &around)
	if result != TCP {
		return q, false
	}
	b := p.Data[at:]
	q.IPv6 = etherType == etherIPv6
	header, protocol, first := headers(q.IPv6, b)
	const fixed = 8
	if !first || len(b) < header+fixed || !isICMPError(q.IPv6, protocol, b[header:]) {
		return q, false
	}
	if q.IPv6 {
		q.From, q.To, q.TTL = [16]byte(b[8:24]), [16]byte(b[24:40]), b[7]
	} else {
		putMapped(&q.From, be32(b[12:]))
		putMapped(&q.To, be32(b[16:]))
		q.TTL, q.IPID = b[8], be16(b[4:])
	}
	q.Loopback = loopbackDevice(p)
	icmp := b[header:]
	q.Type, q.Code = icmp[0], icmp[1]
	if q.TooBig() {
		q.MTU = be16(icmp[6:]) // of IPv6 the low half of 32 bits
	}
	about := icmp[fixed:]
	header, protocol, first = headers(q.IPv6, about)
	if !first || protocol != protoTCP || len(about) < header+fixed {
		return q, false
	}
	if q.IPv6 {
		q.Src.IP, q.Dst.IP = [16]byte(about[8:24]), [16]byte(about[24:40])
	} else {
		putMapped(&q.Src.IP, be32(about[12:]))
		putMapped(&q.Dst.IP, be32(about[16:]))
	}
	tcp := about[header:]
	q.Src.Port, q.Dst.Port, q.Seq = be16(tcp), be16(tcp[2:]), be32(tcp[4:])
	return q, true
}

// headers is headers4 or headers6.
func headers(six bool, b []byte) (header int, protocol uint8, first bool) {
	if six {
		return headers6(b)
	}
	return headers4(b)
}
