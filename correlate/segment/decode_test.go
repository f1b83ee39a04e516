package segment

import (
	"testing"
	"unsafe"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"bothends/capture"
)

// wantSegment decodes p over a segment in which every field holds something
// else, so that a field which is not set shows.
func wantSegment(t *testing.T, p *capture.Packet, want Segment) {
	t.Helper()
	s := dirty()
	if got := Decode(p, &s); got != TCP {
		t.Fatalf("got %q, want TCP", got)
	}
	if diff := cmp.Diff(want, s, cmpopts.EquateEmpty(), withoutHeader); diff != "" {
		t.Errorf("segment (-want +got):\n%s", diff)
	}
}

// withoutHeader leaves out what checkSegment holds against the other fields.
var withoutHeader = cmpopts.IgnoreFields(Segment{}, "Header")

// dirty is a segment of all ones.
func dirty() (s Segment) {
	raw := unsafe.Slice((*byte)(unsafe.Pointer(&s)), unsafe.Offsetof(s.Payload))
	for i := range raw {
		raw[i] = 0xff
	}
	s.IPv6, s.DF, s.Fragment, s.Cut, s.Overlong = true, true, true, true, true
	s.Payload, s.Header = []byte("left over"), []byte("left over, too")
	return s
}

// checkSegment holds what is true of any decoded segment, whatever the bytes.
func checkSegment(t interface{ Errorf(string, ...any) }, p *capture.Packet, s *Segment) {
	if len(s.Payload) > s.PayloadLen {
		t.Errorf("captured %d bytes of a payload of %d", len(s.Payload), s.PayloadLen)
	}
	if len(s.Payload) < s.PayloadLen && !s.Cut {
		t.Errorf("captured %d bytes of a payload of %d, but not cut", len(s.Payload), s.PayloadLen)
	}
	if s.Overlong && !s.Cut {
		t.Errorf("overlong, but not cut")
	}
	if longest := max(p.OrigLen, len(p.Data), 1<<16); s.PayloadLen < 0 || s.PayloadLen > longest {
		t.Errorf("payload of %d bytes in a frame of %d", s.PayloadLen, p.OrigLen)
	}
	if cap(s.Payload) != len(s.Payload) {
		t.Errorf("payload can grow over the frame's next %d bytes", cap(s.Payload)-len(s.Payload))
	}
	if len(s.Payload) > 0 && !within(s.Payload, p.Data) {
		t.Errorf("payload is not part of the frame")
	}
	if h := s.Header; len(h) < 20 || cap(h) != len(h) || len(h) > int(h[12]>>4)*4 || !within(h, p.Data) ||
		be16(h) != s.Src.Port || be32(h[4:]) != s.Seq || Flags(h[13]) != s.Flags || be16(h[16:]) != s.Checksum {
		t.Errorf("the header %x is not that of %v", h, s)
	}
	if s.Options.SACKCount > 4 || (s.Options.SACKCount > 0) != (s.Options.Has&SACK != 0) {
		t.Errorf("%d SACK blocks, options %b", s.Options.SACKCount, s.Options.Has)
	}
	if s.Frame != p.Frame || s.Offset != p.Offset || s.TimeNS != p.TimeNS || int(s.File) != p.File || int(s.Interface) != p.Interface {
		t.Errorf("where the segment was found is not where the packet is")
	}
}

// within reports whether part, not empty, is a piece of whole.
func within(part, whole []byte) bool {
	at := uintptr(unsafe.Pointer(&part[0])) - uintptr(unsafe.Pointer(&whole[0]))
	return at < uintptr(len(whole)) && at+uintptr(len(part)) <= uintptr(len(whole))
}

// everyFrame calls f with the frames of all tables that are segments.
func everyFrame(f func(name string, p *capture.Packet)) {
	for _, c := range linkCases {
		f(c.name, packet(c.link, c.hex))
	}
	for _, c := range tunnelCases {
		f(c.name, packet(c.link, c.hex))
	}
	for _, c := range ipCases {
		f(c.name, packet(linkRawDLT, c.hex))
	}
	for _, c := range optionCases {
		f("options: "+c.name, packet(linkRawDLT, withOptions(c.hex)))
	}
	for _, hex := range []string{ipv4Timestamps, ipv4SYN, ipv4SACK, ipv6Timestamps} {
		f(hex, packet(linkRawDLT, hex))
	}
}

func TestWhereASegmentWasFoundIsKept(t *testing.T) {
	p := packet(1, macs+"0800"+ipv4Hello)
	p.TimeNS, p.Frame, p.Offset, p.File, p.Interface, p.Direction = 1, 2, 3, 4, 5, capture.Outbound
	want := wantHello(false)
	want.TimeNS, want.Frame, want.Offset, want.File, want.Interface, want.Direction = 1, 2, 3, 4, 5, capture.Outbound
	wantSegment(t, p, want)
}

// Cut anywhere, a frame is either the same segment with less of it captured,
// or its headers are cut; it is never something else.
func TestAFrameCutAnywhere(t *testing.T) {
	everyFrame(func(name string, p *capture.Packet) {
		var whole Segment
		if got := Decode(p, &whole); got != TCP {
			t.Fatalf("%s: got %q, want TCP", name, got)
		}
		for kept := range p.Data {
			checkCut(t, name, p, &whole, kept)
		}
	})
}

func checkCut(t interface{ Errorf(string, ...any) }, name string, p *capture.Packet, whole *Segment, kept int) {
	shorter := *p
	shorter.Data = append(make([]byte, 0, kept), p.Data[:kept]...) // a read beyond it panics
	s := dirty()
	switch got := Decode(&shorter, &s); got {
	case HeadersCut:
		return
	case TCP:
	default:
		t.Errorf("%s: %d bytes kept: got %q", name, kept, got)
		return
	}
	checkSegment(t, &shorter, &s)
	if s.Options.Has&^whole.Options.Has != 0 {
		t.Errorf("%s: %d bytes kept: options %b, whole %b", name, kept, s.Options.Has, whole.Options.Has)
	}
	if string(s.Payload) != string(whole.Payload[:len(s.Payload)]) {
		t.Errorf("%s: %d bytes kept: payload %x is not the start of %x", name, kept, s.Payload, whole.Payload)
	}
	want := *whole
	want.Options, want.Payload, want.Cut = s.Options, s.Payload, s.Cut
	if diff := cmp.Diff(want, s, withoutHeader); diff != "" {
		t.Errorf("%s: %d bytes kept (-whole +cut):\n%s", name, kept, diff)
	}
}

func TestDecodeDoesNotAllocate(t *testing.T) {
	everyFrame(func(name string, p *capture.Packet) {
		var s Segment
		if n := testing.AllocsPerRun(100, func() { Decode(p, &s) }); n != 0 {
			t.Errorf("%s: %v allocations a packet; at 1e7 packets the collector would cost more than the decoding", name, n)
		}
	})
}

func TestAnOriginalLengthBelowTheCapturedOneIsIgnored(t *testing.T) {
	p := packet(1, macs+"0800"+ipv4Hello)
	p.OrigLen = 20
	wantSegment(t, p, wantHello(false))
}
