package segment

// IP protocol numbers of tunnels (IANA).
const (
	protoIPv4    = 4
	protoIPv6    = 41
	protoGRE     = 47
	protoEtherIP = 97
	protoL2TP    = 115
	protoMPLS    = 137
)

// UDP ports of tunnels (IANA; 8472 is Linux's for VXLAN, 37008 MikroTik's for TZSP).
const (
	portL2TP      = 1701
	portGTPU      = 2152
	portTeredo    = 3544
	portVXLAN     = 4789
	portVXLANGPE  = 4790
	portGENEVE    = 6081
	portMPLS      = 6635
	portVXLANOld  = 8472
	portTZSP      = 37008
	udpHeaderSize = 8
)

// mayCarry reports whether TCP may be found behind an IP protocol: there itself, or
// in a tunnel.
func mayCarry(protocol uint8) bool {
	switch protocol {
	case protoTCP, protoAH, protoUDP, protoIPv4, protoIPv6, protoGRE, protoEtherIP, protoL2TP, protoMPLS:
		return true
	}
	return false
}

// tunnel looks into what an IP packet carries, b of n bytes: if that is a tunnel it
// returns which kind of IP is where in it. The result is NotTCP if it is none.
func tunnel(protocol uint8, b []byte, n int, s *Segment) (etherType uint16, at int, result Result) {
	w := &s.Wrapping
	switch protocol {
	case protoIPv4:
		etherType, result = inIP(w, s.IPv6, ip4in6, ip4in4, etherIPv4)
	case protoIPv6:
		etherType, result = inIP(w, s.IPv6, ip6in6, ip6in4, etherIPv6)
	case protoGRE:
		etherType, at, result = generic(b, w)
	case protoMPLS:
		etherType, at, result = labels(b, 0, w)
	case protoEtherIP:
		etherType, at, result = bridged(b, 2, w, etherIP) // RFC 3378
	case protoL2TP:
		etherType, at, result = l2tpSession(b, 4, w)
	case protoUDP:
		etherType, at, result = overUDP(b, w)
	default:
		return 0, 0, NotTCP
	}
	if result == HeadersCut && len(b) >= n {
		result = Malformed
	}
	if result == Malformed && protocol == protoUDP {
		result = NotTCP // the port alone does not make it a tunnel
	}
	return etherType, at, result
}

func inIP(w *Wrapping, outer6 bool, in6, in4 wrap, etherType uint16) (uint16, Result) {
	kind := in4
	if outer6 {
		kind = in6
	}
	if !w.add(kind) {
		return 0, NotTCP
	}
	return etherType, TCP
}

// bridged is an Ethernet frame at b[at:].
func bridged(b []byte, at int, w *Wrapping, kind wrap) (uint16, int, Result) {
	if !w.add(kind) {
		return 0, 0, NotTCP
	}
	return unwrap(b, etherBridged, at, w)
}

// generic decodes GRE (RFC 2784, RFC 2890; version 1, for PPTP, RFC 2637).
func generic(b []byte, w *Wrapping) (uint16, int, Result) {
	const (
		checksum, routing, key, sequence, acknowledgment = 0x8000, 0x4000, 0x2000, 0x1000, 0x0080

		versionMask                 = 0x0007
		typePPP, typeERSPAN, typeV3 = 0x880b, 0x88be, 0x22eb
	)
	if len(b) < 4 {
		return 0, 0, HeadersCut
	}
	flags, kind, at := be16(b), be16(b[2:]), 4
	if flags&routing != 0 || flags&versionMask > 1 {
		return 0, 0, NotTCP // source routes went with RFC 1701
	}
	for _, field := range [...]uint16{checksum, key, sequence} {
		if flags&field != 0 {
			at += 4
		}
	}
	if flags&versionMask == 1 && flags&acknowledgment != 0 {
		at += 4
	}
	switch kind {
	case typePPP:
		if !w.add(gre) {
			return 0, 0, NotTCP
		}
		return ppp(b, at)
	case typeERSPAN: // draft-foschiano-erspan: type I has neither sequence nor header
		if flags&sequence != 0 {
			at += 8
		}
		return bridged(b, at, w, erspan)
	case typeV3:
		return erspan3(b, at, w)
	}
	if !w.add(gre) {
		return 0, 0, NotTCP
	}
	return unwrap(b, kind, at, w)
}

// erspan3 decodes the header of ERSPAN type III, which an optional one may follow.
func erspan3(b []byte, at int, w *Wrapping) (uint16, int, Result) {
	const size, optional = 12, 8
	if len(b) < at+size {
		return 0, 0, HeadersCut
	}
	const frameTypeIP = 2
	last := be16(b[at+10:])
	at += size
	if last&1 != 0 {
		at += optional
	}
	if last>>10&0x1f == frameTypeIP {
		if !w.add(erspan) || len(b) < at {
			return 0, 0, NotTCP
		}
		etherType, result := byVersion(b[at:])
		return etherType, at, result
	}
	return bridged(b, at, w, erspan)
}
