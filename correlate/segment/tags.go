package segment

// EtherTypes (IEEE 802 numbers, IANA).
const (
	etherIPv4     = 0x0800
	etherIPv6     = 0x86dd
	etherVLAN     = 0x8100 // IEEE 802.1Q
	etherQinQ     = 0x88a8 // IEEE 802.1ad
	etherQinQOld  = 0x9100 // before 802.1ad
	etherQinQOld2 = 0x9200
	etherPPPoE    = 0x8864 // RFC 2516, session stage
	etherMPLS     = 0x8847 // RFC 5332
	etherMPLSUp   = 0x8848
	etherBackbone = 0x88e7 // IEEE 802.1ah, PBB
	etherETag     = 0x893f // IEEE 802.1BR
	etherVNTag    = 0x8926 // Cisco
	etherMetaData = 0x8909 // Cisco MetaData (TrustSec)
	etherBridged  = 0x6558 // Ethernet in GRE and GENEVE (RFC 1701)
)

// maxTags bounds what may stand between two layers. More than four VLAN tags were
// never seen.
const maxTags = 16

// etherMax is the largest value of an Ethernet header's last field that is a length
// and no type (IEEE 802.3).
const etherMax = 1500

// unwrap looks through what may stand between an EtherType and IP. data[at:] is what
// etherType announces.
func unwrap(data []byte, etherType uint16, at int, w *Wrapping) (uint16, int, Result) {
	for range maxTags {
		size := 0 // of a tag that ends with the next EtherType
		switch etherType {
		case etherIPv4, etherIPv6:
			return etherType, at, TCP
		case etherVLAN, etherQinQ, etherQinQOld, etherQinQOld2:
			size = 4
		case etherETag:
			size = 8 // priority, base and extended channel identifiers
		case etherVNTag:
			size = 6
		case etherMetaData:
			size = 8 // version, length, kind of option and its security group tag
		case etherPPPoE:
			return pppoe(data, at)
		case etherMPLS, etherMPLSUp:
			return labels(data, at, w)
		case etherBackbone:
			if !w.add(backbone) {
				return 0, 0, NotTCP
			}
			etherType, at = etherBridged, at+4 // service identifier
			continue
		case etherBridged:
			if len(data) < at+14 {
				return 0, 0, HeadersCut
			}
			etherType, at = be16(data[at+12:]), at+14
			continue
		default:
			if etherType <= etherMax {
				return snap(data, at, w)
			}
			return 0, 0, NotIP
		}
		if len(data) < at+size {
			return 0, 0, HeadersCut
		}
		etherType = be16(data[at+size-2:])
		at += size
	}
	return 0, 0, Malformed
}

// labels looks through a stack of MPLS labels (RFC 3032). What is below them no
// field tells: IP shows by its version (RFC 4928), Ethernet follows a control word of
// zeros (RFC 4448) or the labels.
func labels(data []byte, at int, w *Wrapping) (uint16, int, Result) {
	if !w.add(mpls) {
		return 0, 0, NotTCP
	}
	for bottom := false; !bottom; at += 4 {
		if len(data) < at+4 {
			return 0, 0, HeadersCut
		}
		bottom = data[at+2]&1 != 0
	}
	if len(data) <= at {
		return 0, 0, HeadersCut
	}
	switch {
	case data[at]>>4 == 4 && plausible(etherIPv4, data[at:]):
		return etherIPv4, at, TCP
	case data[at]>>4 == 6 && plausible(etherIPv6, data[at:]):
		return etherIPv6, at, TCP
	case data[at]>>4 != 0:
	case len(data) < at+18:
		return 0, 0, HeadersCut
	case isEther(be16(data[at+16:])):
		at += 4
	}
	if len(data) < at+14 {
		return 0, 0, HeadersCut
	}
	if !isEther(be16(data[at+12:])) {
		return 0, 0, NotIP
	}
	return unwrap(data, be16(data[at+12:]), at+14, w)
}

// isEther reports whether a number is an EtherType that may lead to IP.
func isEther(n uint16) bool {
	switch n {
	case etherIPv4, etherIPv6, etherVLAN, etherQinQ, etherMPLS, etherPPPoE:
		return true
	}
	return false
}

// plausible reports whether b can begin with an IP header of that kind, where only
// its first bytes tell. Where too few were kept it may.
func plausible(etherType uint16, b []byte) bool {
	if etherType == etherIPv6 {
		return len(b) > 0 && b[0]>>4 == 6
	}
	if len(b) < 1 || b[0]>>4 != 4 || b[0]&0x0f < 5 {
		return false
	}
	total := 0
	if len(b) >= 4 {
		total = int(be16(b[2:]))
	}
	return len(b) < 4 || total == 0 || total >= int(b[0]&0x0f)*4
}

// snap looks through an LLC header with the extension that names an EtherType
// (RFC 1042).
func snap(data []byte, at int, w *Wrapping) (uint16, int, Result) {
	const size = 8
	if len(data) > at && data[at] != 0xaa {
		return 0, 0, NotIP
	}
	if len(data) < at+size {
		return 0, 0, HeadersCut
	}
	h := data[at:]
	if h[0] != 0xaa || h[1] != 0xaa || h[2] != 3 {
		return 0, 0, NotIP
	}
	if h[3]|h[4]|h[5] != 0 && (h[3] != 0 || h[4] != 0 || h[5] != 0xf8) { // RFC 1042, or IEEE 802.1H
		return 0, 0, NotIP
	}
	etherType := be16(h[6:])
	if etherType <= etherMax {
		return 0, 0, NotIP
	}
	return unwrap(data, etherType, at+size, w)
}
