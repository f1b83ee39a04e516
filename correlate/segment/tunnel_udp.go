package segment

// overUDP looks for the tunnels that run over UDP, by the port that they are sent to
// or, where both sides use it, come from.
func overUDP(b []byte, w *Wrapping) (uint16, int, Result) {
	if len(b) < udpHeaderSize {
		return 0, 0, HeadersCut
	}
	from, to := be16(b), be16(b[2:])
	const at = udpHeaderSize
	switch {
	case to == portVXLAN || to == portVXLANOld || to == portVXLANGPE:
		return vxlanHeader(b, at, to == portVXLANGPE, w)
	case to == portGENEVE:
		return geneveHeader(b, at, w)
	case to == portGTPU || from == portGTPU:
		return gtpHeader(b, at, w)
	case to == portTeredo || from == portTeredo:
		return teredoHeader(b, at, w)
	case to == portL2TP || from == portL2TP:
		return l2tpHeader(b, at, w)
	case to == portMPLS:
		return labels(b, at, w)
	case to == portTZSP:
		return tzspHeader(b, at, w)
	}
	return 0, 0, NotTCP
}

// vxlanHeader decodes RFC 7348, and draft-ietf-nvo3-vxlan-gpe, which names what
// follows.
func vxlanHeader(b []byte, at int, gpe bool, w *Wrapping) (uint16, int, Result) {
	const size, valid, named = 8, 0x08, 0x04
	if len(b) < at+size {
		return 0, 0, HeadersCut
	}
	flags, next := b[at], b[at+3]
	at += size
	if flags&valid == 0 {
		return 0, 0, NotTCP
	}
	if gpe && flags&named != 0 {
		const nextIPv4, nextIPv6, nextEthernet = 1, 2, 3
		if next != nextEthernet && !w.add(vxlan) {
			return 0, 0, NotTCP
		}
		switch next {
		case nextIPv4:
			return etherIPv4, at, TCP
		case nextIPv6:
			return etherIPv6, at, TCP
		case nextEthernet:
		default:
			return 0, 0, NotTCP
		}
	}
	return bridged(b, at, w, vxlan)
}

// geneveHeader decodes RFC 8926 section 3.4.
func geneveHeader(b []byte, at int, w *Wrapping) (uint16, int, Result) {
	const size = 8
	if len(b) < at+size {
		return 0, 0, HeadersCut
	}
	if b[at]>>6 != 0 || !w.add(geneve) {
		return 0, 0, NotTCP
	}
	kind := be16(b[at+2:])
	return unwrap(b, kind, at+size+int(b[at]&0x3f)*4, w)
}

// gtpHeader decodes GTP version 1's user plane (3GPP TS 29.281 section 5).
func gtpHeader(b []byte, at int, w *Wrapping) (uint16, int, Result) {
	const size, optional, tunnelled = 8, 4, 0xff
	if len(b) < at+size {
		return 0, 0, HeadersCut
	}
	flags := b[at]
	if flags>>5 != 1 || flags&0x10 == 0 || b[at+1] != tunnelled || !w.add(gtpU) {
		return 0, 0, NotTCP
	}
	at += size
	if flags&0x07 != 0 {
		if len(b) < at+optional {
			return 0, 0, HeadersCut
		}
		next := b[at+3]
		if flags&0x04 == 0 {
			next = 0
		}
		at += optional
		for next != 0 { // extension headers, in units of four bytes, the last of which names the next
			if len(b) <= at {
				return 0, 0, HeadersCut
			}
			extension := int(b[at]) * 4
			if extension == 0 {
				return 0, 0, Malformed
			}
			if len(b) < at+extension {
				return 0, 0, HeadersCut
			}
			next = b[at+extension-1]
			at += extension
		}
	}
	if len(b) <= at {
		return 0, 0, HeadersCut
	}
	etherType, result := byVersion(b[at:])
	return etherType, at, result
}

// teredoHeader decodes RFC 4380 section 5.1.1: an authentication and an origin
// indication may stand before the IPv6 packet.
func teredoHeader(b []byte, at int, w *Wrapping) (uint16, int, Result) {
	const authentication, origin, authSize, originSize = 1, 0, 13, 8
	if len(b) < at+4 {
		return 0, 0, HeadersCut
	}
	if be16(b[at:]) == authentication {
		at += authSize + int(b[at+2]) + int(b[at+3])
	}
	if len(b) < at+2 {
		return 0, 0, HeadersCut
	}
	if be16(b[at:]) == origin {
		at += originSize
	}
	if len(b) <= at {
		return 0, 0, HeadersCut
	}
	if b[at]>>4 != 6 || !w.add(teredo) {
		return 0, 0, NotTCP
	}
	return etherIPv6, at, TCP
}

// l2tpHeader decodes the data messages of RFC 2661 section 3.1 and, of version 3,
// RFC 3931 section 4.1.2.
func l2tpHeader(b []byte, at int, w *Wrapping) (uint16, int, Result) {
	const control, length, sequence, offset = 0x8000, 0x4000, 0x0800, 0x0200
	if len(b) < at+2 {
		return 0, 0, HeadersCut
	}
	flags := be16(b[at:])
	if flags&control != 0 {
		return 0, 0, NotTCP
	}
	if flags&0x0f == 3 {
		return l2tpSession(b, at+8, w)
	}
	if flags&0x0f != 2 || !w.add(l2tp) {
		return 0, 0, NotTCP
	}
	at += 2 + 4 // tunnel and session
	if flags&length != 0 {
		at += 2
	}
	if flags&sequence != 0 {
		at += 4
	}
	if flags&offset != 0 {
		if len(b) < at+2 {
			return 0, 0, HeadersCut
		}
		at += 2 + int(be16(b[at:]))
	}
	return ppp(b, at)
}

// l2tpSession finds the frame in a session of L2TP version 3. How long the cookie is,
// and whether a sublayer follows it, was agreed upon when the session was opened, and
// shows in what follows only.
func l2tpSession(b []byte, at int, w *Wrapping) (uint16, int, Result) {
	sizes := [...]int{0, 4, 8, 12}
	for _, size := range sizes {
		if frame := at + size; len(b) >= frame+18 {
			kind := be16(b[frame+12:])
			if isEther(kind) && (kind != etherIPv4 && kind != etherIPv6 || plausible(kind, b[frame+14:])) {
				return bridged(b, frame, w, l2tp)
			}
		}
	}
	if len(b) < at+sizes[len(sizes)-1]+18 {
		return 0, 0, HeadersCut
	}
	return 0, 0, NotTCP
}

// tzspHeader decodes what MikroTik's and Aruba's devices send as copies of frames:
// version 1, a kind, what is encapsulated, and tags up to the end of them.
func tzspHeader(b []byte, at int, w *Wrapping) (uint16, int, Result) {
	const version, ethernetInside, padding, end = 1, 1, 0, 1
	if len(b) < at+4 {
		return 0, 0, HeadersCut
	}
	if b[at] != version || be16(b[at+2:]) != ethernetInside {
		return 0, 0, NotTCP
	}
	for at += 4; ; {
		if len(b) < at+2 {
			return 0, 0, HeadersCut
		}
		switch b[at] {
		case padding:
			at++
		case end:
			return bridged(b, at+1, w, tzsp)
		default:
			at += 2 + int(b[at+1])
		}
	}
}
