package agent

import (
	"encoding/binary"

	"bothends/capture"
	"bothends/correlate/segment"
)

// plain says that a frame neither begins nor ends a connection, so that there is
// no need to decode it: nearly all are plain, and to decode them all takes longer
// than to write them. It knows TCP over IPv4 and IPv6 on Ethernet, and says false
// of anything else.
func plain(p *capture.Packet) bool {
	// Headers without options (IEEE 802.3, RFC 791, RFC 8200, RFC 9293).
	const ethernet, ipv4, ipv6, tcp = 14, 20, 40, 20
	b := p.Data
	if p.LinkType != capture.LinkEthernet || len(b) < ethernet+ipv4+tcp {
		return false
	}
	const etherType, protocol4, next6, flags = 12, ethernet + 9, ethernet + 6, 13
	at := ethernet
	switch isTCP := byte(6); {
	case binary.BigEndian.Uint16(b[etherType:]) == 0x0800 && b[protocol4] == isTCP:
		at += int(b[ethernet]&0x0f) * 4
	case binary.BigEndian.Uint16(b[etherType:]) == 0x86dd && b[next6] == isTCP:
		at += ipv6
	default:
		return false
	}
	const telling = segment.SYN | segment.FIN | segment.RST
	return len(b) >= at+tcp && segment.Flags(b[at+flags])&telling == 0
}
