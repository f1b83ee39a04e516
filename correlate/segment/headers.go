package segment

import "bothends/capture"

// IP protocol numbers that only HeadersLen looks into (IANA).
const (
	protoICMP   = 1
	protoUDP    = 17
	protoICMPv6 = 58
)

// HeadersLen is how many bytes at the start of p.Data are headers: of the link
// layer, of IP, of tunnels with TCP in them, and of the TCP or UDP over it. Of an ICMP error it counts the
// headers that are quoted there, too. What is behind them is what people said to
// each other, and a recorder that is to keep none of that cuts there. Where a
// header cannot be told from content it counts as content.
func HeadersLen(p *capture.Packet) int {
	var around Wrapping
	etherType, at, result := network(p, &around)
	if result != TCP {
		return min(linkHeaderLen(p.LinkType), len(p.Data))
	}
	var inner Segment
	if Decode(p, &inner) == TCP && inner.Wrapping != around {
		return tunnelHeadersLen(etherType, p.Data, at)
	}
	return at + internetHeadersLen(etherType == etherIPv6, p.Data[at:], true)
}

// tunnelHeadersLen is HeadersLen of a frame that is known to hold TCP in tunnels, from
// IP at data[at:] on.
func tunnelHeadersLen(etherType uint16, data []byte, at int) int {
	for {
		var s Segment
		s.IPv6 = etherType == etherIPv6
		header, protocol, _ := headers4(data[at:])
		if s.IPv6 {
			header, protocol, _ = headers6(data[at:])
		}
		if at += header; at > len(data) {
			return len(data)
		}
		next, inner, result := tunnel(protocol, data[at:], len(data)-at, &s)
		if result != TCP || at+inner > len(data) {
			return at + transportHeaderLen(s.IPv6, protocol, data[at:], false)
		}
		etherType, at = next, at+inner
	}
}

// linkHeaderLen is for frames that are not IP. Only those link layers whose
// header has one length keep it.
func linkHeaderLen(link capture.LinkType) int {
	switch link {
	case capture.LinkEthernet:
		return 14
	case capture.LinkLinuxSLL:
		return 16
	case capture.LinkLinuxSLL2:
		return 20
	}
	return 0
}

// internetHeadersLen is HeadersLen from IP on. An ICMP error quotes a packet,
// which may be one; a quoted error would be an attack (RFC 1122 section 3.2.2),
// so it is not followed.
func internetHeadersLen(six bool, b []byte, follow bool) int {
	var header int
	var protocol uint8
	var first bool
	if six {
		header, protocol, first = headers6(b)
	} else {
		header, protocol, first = headers4(b)
	}
	header = min(header, len(b))
	if !first {
		return header
	}
	return header + transportHeaderLen(six, protocol, b[header:], follow)
}

func headers4(b []byte) (header int, protocol uint8, first bool) {
	if len(b) < 20 || b[0]>>4 != 4 || b[0]&0x0f < 5 {
		return 0, 0, false
	}
	return int(b[0]&0x0f) * 4, b[9], be16(b[6:])&0x1fff == 0
}

func headers6(b []byte) (header int, protocol uint8, first bool) {
	if len(b) < 40 || b[0]>>4 != 6 {
		return 0, 0, false
	}
	header, protocol = 40, b[6]
	for isExtension(protocol) && len(b) >= header+8 {
		extension := b[header:]
		switch protocol {
		case protoFragment:
			if be16(extension[2:])&0xfff8 != 0 {
				return header + 8, 0, false
			}
			header += 8
		case protoAH:
			header += 8 + int(extension[1])*4
		default:
			header += 8 + int(extension[1])*8
		}
		protocol = extension[0]
	}
	return header, protocol, true
}

func transportHeaderLen(six bool, protocol uint8, b []byte, follow bool) int {
	const fixedICMP, fixedUDP, fixedTCP = 8, 8, 20
	switch {
	case protocol == protoTCP && len(b) < fixedTCP:
		return len(b) // a quoted packet's first bytes, or a capture's last
	case protocol == protoTCP:
		return min(max(int(b[12]>>4)*4, fixedTCP), len(b))
	case protocol == protoUDP:
		return min(fixedUDP, len(b))
	case isICMPError(six, protocol, b) && follow:
		header := min(fixedICMP, len(b))
		return header + internetHeadersLen(six, b[header:], false)
	case protocol == protoICMP || protocol == protoICMPv6:
		return min(fixedICMP, len(b))
	}
	return 0
}

// isICMPError knows the types that quote a packet (RFC 792; RFC 4443 section
// 2.1).
func isICMPError(six bool, protocol uint8, b []byte) bool {
	if len(b) == 0 {
		return false
	}
	if six {
		return protocol == protoICMPv6 && b[0] < 128
	}
	switch b[0] {
	case 3, 4, 5, 11, 12: // unreachable, quench, redirect, time exceeded, parameter problem
		return protocol == protoICMP
	}
	return false
}
