package segment

import (
	"encoding/binary"

	"bothends/capture"
)

// Link types that are met now and then (https://www.tcpdump.org/linktypes.html).
const (
	linkTokenRing   capture.LinkType = 6
	linkARCNET      capture.LinkType = 7
	linkFDDI        capture.LinkType = 10
	linkATM         capture.LinkType = 100 // RFC 1483, LLC
	linkCiscoHDLC   capture.LinkType = 104
	linkWireless    capture.LinkType = 105
	linkFrameRelay  capture.LinkType = 107
	linkENC         capture.LinkType = 109 // OpenBSD's IPsec
	linkPFLOG       capture.LinkType = 117 // what OpenBSD's pf logged
	linkPrism       capture.LinkType = 119 // IEEE 802.11
	linkIPOverFC    capture.LinkType = 122 // RFC 2625
	linkRadiotap    capture.LinkType = 127 // IEEE 802.11
	linkARCNETLinux capture.LinkType = 129
	linkAVS         capture.LinkType = 163 // IEEE 802.11
	linkPPPWithDir  capture.LinkType = 166 // pppd's
	linkPPPWithDir2 capture.LinkType = 204
	linkHDLCWithDir capture.LinkType = 205
	linkPPI         capture.LinkType = 192 // per-packet information, of 802.11 and others
	linkMPLS        capture.LinkType = 219
	linkNFLOG       capture.LinkType = 239 // Linux netfilter's log
	linkIPoIB       capture.LinkType = 242 // RFC 4391
	linkPKTAP       capture.LinkType = 258 // Apple's
	linkDSABrcm     capture.LinkType = 281 // switch tags of Linux's DSA
	linkDSABrcmPre  capture.LinkType = 282
	linkDSA         capture.LinkType = 284
	linkEDSA        capture.LinkType = 285
)

// otherLink is linkLayer for those.
func otherLink(link capture.LinkType, data []byte, w *Wrapping) (etherType uint16, at int, result Result) {
	switch link {
	case linkTokenRing:
		return tokenRing(data, w)
	case linkARCNET:
		return arcnet(data, 2, w)
	case linkARCNETLinux:
		return arcnet(data, 4, w)
	case linkFDDI:
		return snap(data, 1+12, w) // frame control, two addresses
	case linkATM:
		return snap(data, 0, w)
	case linkIPOverFC:
		return snap(data, 16, w) // two addresses of eight bytes
	case linkCiscoHDLC:
		return ciscoHDLC(data, 0, w)
	case linkHDLCWithDir:
		return ciscoHDLC(data, 1, w)
	case linkPPPWithDir, linkPPPWithDir2:
		return ppp(data, 1)
	case linkWireless:
		return wireless(data, 0, false, w)
	case linkRadiotap:
		return radiotap(data, 0, w)
	case linkPrism, linkAVS:
		return prism(data, w)
	case linkFrameRelay:
		return frameRelay(data, w)
	case linkENC:
		return versioned(data, 12)
	case linkPFLOG:
		if len(data) < 1 {
			return 0, 0, HeadersCut
		}
		return versioned(data, (int(data[0])+3)&^3)
	case linkPPI:
		return ppi(data, w)
	case linkMPLS:
		return labels(data, 0, w)
	case linkNFLOG:
		return nflog(data)
	case linkIPoIB:
		return typed(data, 40, 4, w) // global routing header; type, reserved
	case linkPKTAP:
		return pktap(data, w)
	case linkDSABrcm, linkDSA:
		return typed(data, 16, 2, w) // two addresses, a tag of four bytes
	case linkEDSA:
		return typed(data, 20, 2, w) // of eight
	case linkDSABrcmPre:
		return unwrap(data, etherBridged, 4, w)
	}
	return 0, 0, UnknownLink
}

// typed has an EtherType at a place, in a field of so many bytes.
func typed(data []byte, at, size int, w *Wrapping) (uint16, int, Result) {
	if len(data) < at+size {
		return 0, 0, HeadersCut
	}
	return unwrap(data, be16(data[at:]), at+size, w)
}

// versioned is IP at a place, of the version that it says.
func versioned(data []byte, at int) (uint16, int, Result) {
	if len(data) <= at {
		return 0, 0, HeadersCut
	}
	etherType, result := byVersion(data[at:])
	return etherType, at, result
}

// ciscoHDLC has an address, a control byte and an EtherType.
func ciscoHDLC(data []byte, at int, w *Wrapping) (uint16, int, Result) {
	return typed(data, at+2, 2, w)
}

// tokenRing decodes IEEE 802.5: a source route follows the addresses if the first bit
// of the source's says so.
func tokenRing(data []byte, w *Wrapping) (uint16, int, Result) {
	const header, source, routed, lengthMask = 14, 8, 0x80, 0x1f
	if len(data) < header+1 {
		return 0, 0, HeadersCut
	}
	at := header
	if data[source]&routed != 0 {
		at += int(data[header] & lengthMask)
	}
	return snap(data, at, w)
}

// arcnet decodes RFC 1201 and RFC 1051, whose protocol number stands at a place.
func arcnet(data []byte, at int, w *Wrapping) (uint16, int, Result) {
	const ipv4Old, ipv6, ipv4, exception = 240, 196, 212, 0xff
	if len(data) < at+2 {
		return 0, 0, HeadersCut
	}
	kind, split := data[at], data[at+1]
	at++
	if kind == ipv4Old {
		return etherIPv4, at, TCP
	}
	if split == exception {
		at += 4
		if len(data) < at+1 {
			return 0, 0, HeadersCut
		}
		split = data[at]
	}
	if split != 0 {
		return 0, 0, NotIP // a part of a packet
	}
	at += 3 // split flag, sequence number
	switch kind {
	case ipv4:
		return etherIPv4, at, TCP
	case ipv6:
		return etherIPv6, at, TCP
	}
	return 0, 0, NotIP
}

// frameRelay decodes RFC 2427 with an address of two bytes.
func frameRelay(data []byte, w *Wrapping) (uint16, int, Result) {
	const unnumbered, padding, ipv4, ipv6, extended = 0x03, 0x00, 0xcc, 0x8e, 0x80
	if len(data) < 5 {
		return 0, 0, HeadersCut
	}
	if data[2] != unnumbered {
		return unwrap(data, be16(data[2:]), 4, w) // Cisco's
	}
	at := 3
	if data[at] == padding {
		at++
	}
	switch data[at] {
	case ipv4:
		return etherIPv4, at + 1, TCP
	case ipv6:
		return etherIPv6, at + 1, TCP
	case extended: // organisation and EtherType
		return typed(data, at+4, 2, w)
	}
	return 0, 0, NotIP
}

// nflog decodes the attributes of a logged packet, whose numbers are in the byte order
// of the recording host: nearly always little-endian.
func nflog(data []byte) (uint16, int, Result) {
	const header, payload, typeMask = 4, 9, 0x7fff
	for at := header; ; {
		if len(data) < at+4 {
			return 0, 0, HeadersCut
		}
		size, kind := int(binary.LittleEndian.Uint16(data[at:])), binary.LittleEndian.Uint16(data[at+2:])&typeMask
		if size < 4 {
			return 0, 0, Malformed
		}
		if kind == payload {
			return versioned(data, at+4)
		}
		at += (size + 3) &^ 3
	}
}

// pktap looks behind Apple's header, which names the link type of what follows.
func pktap(data []byte, w *Wrapping) (uint16, int, Result) {
	const linkAt, smallest = 8, 12
	if len(data) < smallest {
		return 0, 0, HeadersCut
	}
	size, link := binary.LittleEndian.Uint32(data), binary.LittleEndian.Uint32(data[linkAt:])
	if size < smallest || link > 0xffff || capture.LinkType(link) == linkPKTAP {
		return 0, 0, Malformed
	}
	if int64(size) > int64(len(data)) {
		return 0, 0, HeadersCut
	}
	etherType, at, result := linkLayer(capture.LinkType(link), data[size:], w)
	return etherType, at + int(size), result
}

// ppi looks behind the header of PPI, which names the link type of what follows.
func ppi(data []byte, w *Wrapping) (uint16, int, Result) {
	const lengthAt, linkAt, smallest = 2, 4, 8
	if len(data) < smallest {
		return 0, 0, HeadersCut
	}
	size, link := int(binary.LittleEndian.Uint16(data[lengthAt:])), binary.LittleEndian.Uint32(data[linkAt:])
	if size < smallest || link > 0xffff || capture.LinkType(link) == linkPPI {
		return 0, 0, Malformed
	}
	if size > len(data) {
		return 0, 0, HeadersCut
	}
	etherType, at, result := linkLayer(capture.LinkType(link), data[size:], w)
	return etherType, at + size, result
}

// otherDirection is what the headers of those link types say that tell.
func otherDirection(p *capture.Packet) capture.Direction {
	const pktapFlagsAt, pktapIn, pktapOut = 36, 1, 2
	switch p.LinkType {
	case linkPPPWithDir, linkPPPWithDir2, linkHDLCWithDir:
		if p.Data[0] == 0 {
			return capture.Inbound
		}
		return capture.Outbound
	case linkPKTAP:
		if len(p.Data) < pktapFlagsAt+4 {
			break
		}
		switch flags := binary.LittleEndian.Uint32(p.Data[pktapFlagsAt:]); {
		case flags&pktapIn != 0:
			return capture.Inbound
		case flags&pktapOut != 0:
			return capture.Outbound
		}
	}
	return capture.DirectionUnknown
}
