package redact

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"sort"

	"bothends/capture"
	"bothends/capture/digest"
	"bothends/correlate/segment"
)

// packet writes what may be shown of one.
func (r *redactor) packet(p *capture.Packet) error {
	var s segment.Segment
	result := r.decoder.Decode(p, &s)
	joined, length, inParts := r.decoder.Joined(p)
	switch {
	case p.Untimed:
		r.summary.Untimed++
		return nil
	case result == segment.LaterFragment: // it is shown with the frame that completes its packet
		return nil
	case result != segment.TCP:
		r.summary.NotTCP++
		return nil
	case !r.options.wants(&s):
		r.summary.Others++
		return nil
	case inParts && joined == nil:
		return fmt.Errorf("frame %d: %w", p.Frame, ErrFragment)
	case r.mapping != nil && s.Wrapping != 0:
		return fmt.Errorf("frame %d: %w", p.Frame, ErrTunnel)
	}
	if inParts {
		whole := *p
		whole.Data, whole.OrigLen = joined, length
		p = &whole
		r.summary.Joined++
	}
	src, dst := s.Src.AddrPort(), s.Dst.AddrPort()
	r.note(&s)
	r.summary.Kept++
	r.frame = append(r.frame[:0], p.Data[:end(p, &s, r.keepsPayload(&s))]...)
	if gone := len(s.Payload); gone > 0 && !r.keepsPayload(&s) {
		r.summary.Cut++
		r.summary.Bytes += int64(gone)
	}
	shown := *p
	shown.Data = r.frame
	shown.OrigLen = max(p.OrigLen, len(p.Data))
	at, err := locate(r.frame, &s)
	if err != nil {
		return fmt.Errorf("frame %d: %w", p.Frame, err)
	}
	if !r.keepsPayload(&s) || r.mapping != nil {
		// It would tell of what was said, or of the addresses.
		const checksumAt = 16 // RFC 9293 section 3.1
		clear(r.frame[at.tcp+checksumAt : at.tcp+checksumAt+2])
	}
	if r.mapping != nil {
		r.mapFrame(p.LinkType, at, &s)
	}
	if err := r.same(&shown, &s, src, dst); err != nil {
		return fmt.Errorf("frame %d: %w", p.Frame, err)
	}
	return r.out.WritePacket(&shown, r.digest(&s)...)
}

// digest is the comment that takes the payload's place, if there is one.
func (r *redactor) digest(s *segment.Segment) []string {
	begins, at := [2]segment.Endpoint{s.Src, s.Dst}, s.Seq
	if s.Flags&segment.SYN != 0 {
		at++
		r.begins[begins] = at
	}
	if len(s.Digest) > 0 && len(s.Payload) == 0 { // redacted before
		return []string{digest.Prefix + string(s.Digest)}
	}
	if r.options.Keys == nil || r.keepsPayload(s) || s.PayloadLen == 0 || len(s.Payload) < s.PayloadLen {
		return nil
	}
	return []string{r.options.Keys.payload.Comment(at-r.begins[begins], s.Payload)}
}

// wants reports whether a segment is of a connection that was asked for.
func (o *Options) wants(s *segment.Segment) bool {
	src, dst := s.Src.AddrPort(), s.Dst.AddrPort()
	peer := len(o.Peers) == 0 || slices.ContainsFunc(o.Peers, func(p netip.Prefix) bool { return p.Contains(src.Addr()) || p.Contains(dst.Addr()) })
	port := len(o.Ports) == 0 || slices.Contains(o.Ports, src.Port()) || slices.Contains(o.Ports, dst.Port())
	return peer && port
}

func (r *redactor) keepsPayload(s *segment.Segment) bool {
	return slices.Contains(r.options.KeepPorts, s.Src.Port) || slices.Contains(r.options.KeepPorts, s.Dst.Port)
}

// note counts connections by their ends.
func (r *redactor) note(s *segment.Segment) {
	if !r.routes[[2]segment.Endpoint{s.Dst, s.Src}] {
		r.routes[[2]segment.Endpoint{s.Src, s.Dst}] = true
	}
}

// end is where a frame is cut: behind the payload if that is kept, else before it.
// What follows an IP packet in its frame is never kept: it may be anything.
//
// Where the headers end the decoder tells, whatever they are made of: of what is
// cut there it finds the same segment, and no payload.
func end(p *capture.Packet, s *segment.Segment, payload bool) int {
	whole := len(p.Data)
	decode := func(n int) (t segment.Segment, ok bool) {
		cut := *p
		cut.Data, cut.OrigLen = p.Data[:n], max(p.OrigLen, whole)
		return t, segment.Decode(&cut, &t) == segment.TCP && t.Options == s.Options
	}
	if payload || s.PayloadLen == 0 || len(s.Payload) == 0 {
		// The shortest that has all of it, options and payload.
		return sort.Search(whole, func(n int) bool {
			t, ok := decode(n)
			return ok && len(t.Payload) == len(s.Payload) && t.Cut == s.Cut
		})
	}
	// The longest without any payload is one less than the shortest with some.
	return sort.Search(whole, func(n int) bool {
		t, ok := decode(n)
		return ok && len(t.Payload) > 0
	}) - 1
}

// What cannot be redacted is no reason to leave a packet out: its absence would
// mean something.
var (
	ErrFragment = errors.New("it is a fragment of a TCP segment in a tunnel, which cannot be redacted")
	ErrTunnel   = errors.New("it is in a tunnel, or has a tag, where addresses cannot be mapped")
)

// places are where headers begin in a frame.
type places struct{ ip, tcp int }

// locate finds the headers of the segment by what they hold.
func locate(frame []byte, s *segment.Segment) (at places, err error) {
	ports := binary.BigEndian.AppendUint16(binary.BigEndian.AppendUint16(nil, s.Src.Port), s.Dst.Port)
	at.tcp = bytes.LastIndex(frame, binary.BigEndian.AppendUint32(ports, s.Seq))
	src, dst := s.Src.AddrPort().Addr().AsSlice(), s.Dst.AddrPort().Addr().AsSlice()
	addresses := bytes.LastIndex(frame[:max(0, at.tcp)], append(append([]byte(nil), src...), dst...))
	if at.ip = addresses - addressesAt(s.IPv6); at.tcp < 0 || at.ip < 0 {
		return at, fmt.Errorf("its headers are in no place where they can be written")
	}
	return at, nil
}

// addressesAt is where the addresses stand in an IP header.
func addressesAt(six bool) int {
	if six {
		return 8 // RFC 8200 section 3
	}
	return 12 // RFC 791 section 3.1
}

// mapFrame writes mapped addresses into a frame.
func (r *redactor) mapFrame(link capture.LinkType, at places, s *segment.Segment) {
	ip := r.frame[at.ip:at.tcp]
	addresses := ip[addressesAt(s.IPv6):]
	if s.IPv6 {
		r.mapping.bytes(addresses[:16])
		r.mapping.bytes(addresses[16:32])
	} else {
		r.mapping.bytes(addresses[:4])
		r.mapping.bytes(addresses[4:8])
		const options, none = 20, 1 // of which some hold addresses; "no operation"
		for i := options; i < len(ip); i++ {
			ip[i] = none
		}
		binary.BigEndian.PutUint16(ip[10:], 0)
		binary.BigEndian.PutUint16(ip[10:], checksum(ip))
	}
	switch link {
	case capture.LinkEthernet:
		r.mapping.mac(r.frame[0:6])
		r.mapping.mac(r.frame[6:12])
	case capture.LinkLinuxSLL:
		r.mapping.mac(r.frame[6:12])
	case capture.LinkLinuxSLL2:
		r.mapping.mac(r.frame[12:18])
	}
}

// checksum is that of the internet (RFC 1071).
func checksum(b []byte) uint16 {
	sum := uint32(0)
	for i := 0; i+1 < len(b); i += 2 {
		sum += uint32(binary.BigEndian.Uint16(b[i:]))
	}
	for sum > 0xffff {
		sum = sum>>16 + sum&0xffff
	}
	return ^uint16(sum)
}

// same makes sure that what is written is the segment that was read, but for what
// was to change.
func (r *redactor) same(shown *capture.Packet, s *segment.Segment, src, dst netip.AddrPort) error {
	var t segment.Segment
	if segment.Decode(shown, &t) != segment.TCP {
		return fmt.Errorf("it cannot be redacted: its headers do not stand alone")
	}
	if r.mapping != nil {
		src, dst = r.mapped(src), r.mapped(dst)
	}
	if t.Src.AddrPort() != src || t.Dst.AddrPort() != dst || t.Seq != s.Seq || t.Ack != s.Ack || t.Flags != s.Flags || t.Options != s.Options ||
		t.PayloadLen != s.PayloadLen || !r.keepsPayload(s) && len(t.Payload) > 0 {
		return fmt.Errorf("it cannot be redacted: what would be written is another segment")
	}
	return nil
}

func (r *redactor) mapped(a netip.AddrPort) netip.AddrPort {
	return netip.AddrPortFrom(r.mapping.Addr(a.Addr()), a.Port())
}
