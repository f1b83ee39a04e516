package segment

import "encoding/binary"

// IP protocol numbers (IANA).
const (
	protoHopByHop    = 0
	protoTCP         = 6
	protoRouting     = 43
	protoFragment    = 44
	protoAH          = 51
	protoDestination = 60
	protoMobility    = 135
	protoHIP         = 139
	protoShim6       = 140
)

// The IP header is believed against the frame's original length, both ways.
//
// If it says less, the rest is padding to Ethernet's minimum or a trailer.
//
// If it says more, the frame was shortened by something that did not keep its
// original length: a tool that rewrote the file, a logger that copies only the
// start of each packet. No offload shows this: with TSO, GSO and GRO the kernel
// sets the length in the header to that of the large packet the tap sees.
// Refusing such a segment would make one that arrived look like one that was
// never sent, so it counts as cut and Segment.Overlong tells.
//
// If it says zero, the packet is larger than the field can say, or the network
// card will fill it in: IPv4 segmentation offload on Windows, BIG TCP on Linux
// over IPv4, and over IPv6 with or without a jumbo option (RFC 2675). Then the
// frame's original length is all there is.

// maxOffloaded bounds that length: Linux's GSO_MAX_SIZE (netdevice.h), the
// largest packet of those that make packets longer than 65535 bytes.
const maxOffloaded = 8 * 65535

// decodeIPv4 returns the layer above and its protocol, one that may carry TCP, if
// result is TCP.
func decodeIPv4(b []byte, n int, s *Segment, r *reassembly) ([]byte, int, uint8, Result) {
	if len(b) < 20 {
		return nil, 0, 0, tooShort(n, 20)
	}
	h := (*[20]byte)(b)
	header := int(h[0]&0x0f) * 4
	total := int(be16(h[2:]))
	if total == 0 && n <= maxOffloaded {
		total = n
	}
	if h[0]>>4 != 4 || header < 20 || total < header {
		return nil, 0, 0, Malformed
	}

	const moreFragments, offsetMask = 0x2000, 0x1fff
	fragment := be16(h[6:])
	protocol := h[9]
	if !mayCarry(protocol) {
		return nil, 0, 0, NotTCP
	}
	if fragment&offsetMask != 0 && r == nil {
		if protocol != protoTCP && protocol != protoAH {
			return nil, 0, 0, NotTCP
		}
		return nil, 0, 0, LaterFragment
	}
	if len(b) < header {
		return nil, 0, 0, HeadersCut
	}
	if fragment&(moreFragments|offsetMask) != 0 && r != nil {
		key := fragmentKey{id: uint32(be16(h[4:])), protocol: protocol}
		putMapped(&key.src, be32(h[12:]))
		putMapped(&key.dst, be32(h[16:]))
		whole, length, ok := r.add(key, b[:header], protocol, b[header:min(len(b), total)], total-header, int(fragment&offsetMask)*8, fragment&moreFragments != 0)
		if !ok {
			return nil, 0, 0, LaterFragment
		}
		binary.BigEndian.PutUint16(whole[2:], uint16(length))
		binary.BigEndian.PutUint16(whole[6:], be16(whole[6:])&^(moreFragments|offsetMask))
		r.joined(whole, length)
		return decodeIPv4(whole, length, s, r)
	}

	s.IPv6 = false
	putMapped(&s.Src.IP, be32(h[12:]))
	putMapped(&s.Dst.IP, be32(h[16:]))
	s.TOS = h[1]
	s.TTL = h[8]
	s.IPID = be16(h[4:])
	s.DF = fragment&0x4000 != 0
	s.Fragment = fragment&moreFragments != 0
	s.Overlong = total > n

	b = b[header:min(len(b), total)]
	if protocol == protoAH {
		return extensions(protocol, b, total-header, s, nil, nil)
	}
	return b, total - header, protocol, TCP
}

// putMapped stores an IPv4 address as an IPv4-mapped IPv6 one (RFC 4291 section
// 2.5.5.2), in place and in words: building it in bytes and copying it over is
// most of the cost of decoding a packet.
func putMapped(ip *[16]byte, ipv4 uint32) {
	binary.BigEndian.PutUint64(ip[0:], 0)
	binary.BigEndian.PutUint64(ip[8:], 0xffff<<32|uint64(ipv4))
}

// decodeIPv6 returns the layer above and its protocol, one that may carry TCP, if
// result is TCP. The destination is the IPv6 header's, also where a routing header
// names a further one.
func decodeIPv6(b []byte, n int, s *Segment, r *reassembly) ([]byte, int, uint8, Result) {
	if len(b) < 40 {
		return nil, 0, 0, tooShort(n, 40)
	}
	h := (*[40]byte)(b)
	total := 40 + int(be16(h[4:]))
	if total == 40 {
		total = n
	}
	if h[0]>>4 != 6 || total > maxOffloaded {
		return nil, 0, 0, Malformed
	}

	s.IPv6 = true
	s.Src.IP = [16]byte(h[8:24])
	s.Dst.IP = [16]byte(h[24:40])
	s.TOS = uint8(be16(h[0:]) >> 4)
	s.TTL = h[7]
	s.IPID = 0
	s.DF = false
	s.Fragment = false
	s.Overlong = total > n

	b = b[40:min(len(b), total)]
	if h[6] == protoTCP {
		return b, total - 40, protoTCP, TCP
	}
	return extensions(h[6], b, total-40, s, h, r)
}

// extensions walks the headers between IP and what it carries (RFC 8200 section 4; AH
// RFC 4302, which IPv4 has too). At a fragment it sets s.Fragment if there is no
// reassembly and it is the first; else it goes on behind the header h of the packet
// that was put together.
func extensions(next uint8, b []byte, n int, s *Segment, h *[40]byte, r *reassembly) ([]byte, int, uint8, Result) {
	for isExtension(next) { // each has eight bytes at least, and hosts take as many as there are
		if len(b) < 8 {
			return nil, 0, 0, tooShort(n, 8)
		}
		size := 8
		switch next {
		case protoFragment:
			const offsetMask, moreFragments = 0xfff8, 0x0001
			field := be16(b[2:])
			if field&(offsetMask|moreFragments) != 0 && r != nil {
				return joinIPv6(h, b, n, s, r)
			}
			if field&offsetMask != 0 {
				if b[0] != protoTCP && !isExtension(b[0]) {
					return nil, 0, 0, NotTCP
				}
				return nil, 0, 0, LaterFragment
			}
			s.Fragment = field&moreFragments != 0
		case protoAH:
			size = 8 + int(b[1])*4
		default:
			size = 8 + int(b[1])*8
		}
		next = b[0]
		if len(b) < size {
			return nil, 0, 0, tooShort(n, size)
		}
		b, n = b[size:], n-size
	}
	return carried(next, b, n)
}

func carried(protocol uint8, b []byte, n int) ([]byte, int, uint8, Result) {
	if !mayCarry(protocol) {
		return nil, 0, 0, NotTCP
	}
	return b, n, protocol, TCP
}

// joinIPv6 takes the fragment at b, of n bytes with its header. The packet that it may
// complete has the IPv6 header h, and none of the extension headers before the
// fragment's, which say nothing of what is in it.
func joinIPv6(h *[40]byte, b []byte, n int, s *Segment, r *reassembly) ([]byte, int, uint8, Result) {
	const header, offsetMask, moreFragments = 8, 0xfff8, 0x0001
	if !isExtension(b[0]) && !mayCarry(b[0]) {
		return nil, 0, 0, NotTCP
	}
	field := be16(b[2:])
	first := *h
	first[6] = b[0]
	key := fragmentKey{src: s.Src.IP, dst: s.Dst.IP, id: be32(b[4:]), six: true}
	whole, length, ok := r.add(key, first[:], b[0], b[header:], n-header, int(field&offsetMask), field&moreFragments != 0)
	if !ok {
		return nil, 0, 0, LaterFragment
	}
	binary.BigEndian.PutUint16(whole[4:], uint16(length-len(first)))
	r.joined(whole, length)
	return decodeIPv6(whole, length, s, r)
}

func isExtension(protocol uint8) bool {
	switch protocol {
	case protoHopByHop, protoRouting, protoFragment, protoAH, protoDestination, protoMobility, protoHIP, protoShim6:
		return true
	}
	return false
}
