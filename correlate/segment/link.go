package segment

import (
	"encoding/binary"
	"math/bits"

	"bothends/capture"
)

// Numbers under which raw IP stands in files of systems whose own numbering
// leaked into them: DLT_RAW is 12 on most systems and 14 on OpenBSD, and the
// file format's 101 came later (libpcap, pcap-common.c).
const (
	linkRawDLT        capture.LinkType = 12
	linkRawDLTOpenBSD capture.LinkType = 14
)

// PPP protocols and HDLC addresses (RFC 1661, RFC 1662, RFC 1547 section 4.3.1).
const (
	pppIPv4        = 0x0021
	pppIPv6        = 0x0057
	hdlcAllPPP     = 0xff
	hdlcControlPPP = 0x03
	ciscoUnicast   = 0x0f
	ciscoMulticast = 0x8f
)

// Hardware types of Linux cooked frames: that of the loopback device, and those
// whose protocol field is no EtherType
// (https://www.tcpdump.org/linktypes/LINKTYPE_LINUX_SLL.html).
const (
	arphrdFRAD     = 770
	arphrdLoopback = 772
	arphrdRadiotap = 803
	arphrdNetlink  = 824
)

// network finds where in p.Data the IP packet starts, and whether the link
// layer announces IPv4 or IPv6. Result is TCP if there may be one.
func network(p *capture.Packet, w *Wrapping) (etherType uint16, at int, result Result) {
	etherType, at, result = linkLayer(p.LinkType, p.Data, w)
	if result == HeadersCut && len(p.Data) >= p.OrigLen {
		result = Malformed // nothing was cut off: the frame is too short for what it announces
	}
	return etherType, at, result
}

func linkLayer(link capture.LinkType, data []byte, w *Wrapping) (etherType uint16, at int, result Result) {
	switch link {
	case capture.LinkEthernet:
		if len(data) < 14 {
			result = HeadersCut
			break
		}
		etherType, at, result = unwrap(data, be16(data[12:]), 14, w)
	case capture.LinkLinuxSLL:
		if len(data) < 16 {
			result = HeadersCut
			break
		}
		etherType, at, result = cooked(data, be16(data[2:]), be16(data[14:]), 16, w)
	case capture.LinkLinuxSLL2:
		if len(data) < 20 {
			result = HeadersCut
			break
		}
		etherType, at, result = cooked(data, be16(data[8:]), be16(data), 20, w)
	case capture.LinkRaw, linkRawDLT, linkRawDLTOpenBSD:
		etherType, result = byVersion(data)
	case capture.LinkIPv4:
		etherType = etherIPv4
	case capture.LinkIPv6:
		etherType = etherIPv6
	case capture.LinkNull, capture.LinkLoop:
		etherType, at, result = loopback(data)
	case capture.LinkPPP:
		etherType, at, result = ppp(data, 0)
	case capture.LinkPPPHDLC:
		etherType, at, result = hdlc(data, 0, w)
	case capture.LinkPPPoE:
		etherType, at, result = pppoe(data, 0)
	default:
		etherType, at, result = otherLink(link, data, w)
	}
	return etherType, at, result
}

// loopbackDevice reports whether a Linux cooked header, whose whole length is there,
// names the loopback device.
func loopbackDevice(p *capture.Packet) bool {
	switch p.LinkType {
	case capture.LinkLinuxSLL:
		return be16(p.Data[2:]) == arphrdLoopback
	case capture.LinkLinuxSLL2:
		return be16(p.Data[8:]) == arphrdLoopback
	}
	return false
}

// direction is what the file recorded, else what a Linux cooked header tells.
// A packet between two other hosts, seen in promiscuous mode, has none.
func direction(p *capture.Packet) capture.Direction {
	if p.Direction != capture.DirectionUnknown {
		return p.Direction
	}
	var packetType uint16
	switch p.LinkType {
	case capture.LinkLinuxSLL:
		packetType = be16(p.Data)
	case capture.LinkLinuxSLL2:
		packetType = uint16(p.Data[10])
	default:
		return otherDirection(p)
	}
	switch packetType {
	case 0, 1, 2: // to this host, to all, to a group
		return capture.Inbound
	case 4:
		return capture.Outbound
	}
	return capture.DirectionUnknown
}

// cooked is both of Linux's cooked headers once their fields are found.
func cooked(data []byte, hardware, protocol uint16, at int, w *Wrapping) (uint16, int, Result) {
	switch hardware {
	case arphrdFRAD, arphrdNetlink:
		return 0, 0, NotIP
	case arphrdRadiotap:
		return radiotap(data, at, w)
	}
	return unwrap(data, protocol, at, w)
}

// byVersion tells IPv4 from IPv6 where the link layer does not.
func byVersion(data []byte) (uint16, Result) {
	if len(data) == 0 {
		return 0, HeadersCut
	}
	switch data[0] >> 4 {
	case 4:
		return etherIPv4, TCP
	case 6:
		return etherIPv6, TCP
	}
	return 0, Malformed
}

// loopback reads the address family of a NULL or LOOP frame. NULL has it in the
// byte order of the recording host, which the file need not share; families
// are small, so the order shows. IPv6 has a number of its own on each system.
func loopback(data []byte) (uint16, int, Result) {
	if len(data) < 4 {
		return 0, 0, HeadersCut
	}
	family := binary.LittleEndian.Uint32(data)
	if family > 0xffff {
		family = bits.ReverseBytes32(family)
	}
	switch family {
	case 2:
		return etherIPv4, 4, TCP
	case 10, // Linux
		24, // NetBSD, OpenBSD, Npcap
		28, // FreeBSD
		30: // macOS
		return etherIPv6, 4, TCP
	}
	return 0, 0, NotIP
}

// ppp decodes a PPP header at data[at:], whose address and control bytes may
// be missing and whose protocol may be one byte (RFC 1661 section 6.5, RFC 1662
// section 3.2: the last byte of a protocol is odd, the others are even).
func ppp(data []byte, at int) (uint16, int, Result) {
	if len(data) < at+2 {
		return 0, 0, HeadersCut
	}
	if data[at] == hdlcAllPPP && data[at+1] == hdlcControlPPP {
		at += 2
		if len(data) < at+2 {
			return 0, 0, HeadersCut
		}
	}
	protocol := uint16(data[at])
	at++
	if protocol&1 == 0 {
		protocol = protocol<<8 | uint16(data[at])
		at++
	}
	switch protocol {
	case pppIPv4:
		return etherIPv4, at, TCP
	case pppIPv6:
		return etherIPv6, at, TCP
	}
	return 0, 0, NotIP
}

// hdlc tells PPP from Cisco's framing, both of which share a link type.
func hdlc(data []byte, at int, w *Wrapping) (uint16, int, Result) {
	if len(data) < at+4 {
		return 0, 0, HeadersCut
	}
	if data[at] == ciscoUnicast || data[at] == ciscoMulticast {
		return unwrap(data, be16(data[at+2:]), at+4, w)
	}
	return ppp(data, at)
}

// pppoe decodes a PPPoE header at data[at:] (RFC 2516 section 4). Its length
// field is not looked at, as the IP header's says more.
func pppoe(data []byte, at int) (uint16, int, Result) {
	if len(data) < at+6 {
		return 0, 0, HeadersCut
	}
	const versionAndType, session = 0x11, 0
	if data[at] != versionAndType {
		return 0, 0, Malformed
	}
	if data[at+1] != session {
		return 0, 0, NotIP
	}
	return ppp(data, at+6)
}
