package segment

import (
	"fmt"
	"strings"
	"testing"
)

// withOptions is an IPv4 packet whose TCP header has these options and no payload.
func withOptions(options string) string {
	for len(unhex(options))%4 != 0 {
		options += "00"
	}
	size := len(unhex(options))
	return fmt.Sprintf("4500 %04x 1234 4000 3f 06 0000 c0000201 c6336402"+
		"c350 024b 01020304 a1a2a3a4 %x0 10 2000 0000 0000", 40+size, 5+size/4) + options
}

// optionCases are TCP options; the list is filled up with ends of list.
var optionCases = []struct {
	name string
	hex  string
	want Options
}{
	{"none", "", Options{}},
	{"a Linux SYN", "0204 05b4 0402 080a 11223344 00000000 01 0303 07",
		Options{Has: MSS | SACKPermitted | Timestamps | WindowScale, MSS: 1460, WindowScale: 7, TSVal: 0x11223344}},
	{"timestamps as in most segments", "0101 080a 11223344 55667788",
		Options{Has: Timestamps, TSVal: 0x11223344, TSEcr: 0x55667788}},
	{"timestamps without padding before", "080a 11223344 55667788 0101",
		Options{Has: Timestamps, TSVal: 0x11223344, TSEcr: 0x55667788}},
	{"timestamps and a SACK block", "0101 080a 11223344 55667788 0101 050a 00001000 00002000",
		Options{Has: Timestamps | SACK, TSVal: 0x11223344, TSEcr: 0x55667788, SACKCount: 1, SACK: [4][2]uint32{{0x1000, 0x2000}}}},
	{"four SACK blocks", "0101 0522 00000001 00000002 00000003 00000004 00000005 00000006 fffffff0 00000008",
		Options{Has: SACK, SACKCount: 4, SACK: [4][2]uint32{{1, 2}, {3, 4}, {5, 6}, {0xfffffff0, 8}}}},
	{"Fast Open cookie", "220a 0102030405060708 0101", Options{Has: FastOpen}},
	{"Fast Open cookie request", "2202 0101", Options{Has: FastOpen}},
	{"experimental Fast Open", "fe04 f989", Options{Has: FastOpen}},
	{"another experiment", "fe04 1234", Options{}},
	{"an experiment without identifier", "fe02 0101", Options{}},
	{"MP_CAPABLE", "1e0c 0081 1122334455667788", Options{Has: MPTCP}},
	{"unknown option skipped", "1312 00112233445566778899aabbccddeeff 0204 05b4 0101", Options{Has: MSS, MSS: 1460}},
	{"nothing after the end of the list", "01 00 0204 05b40000", Options{}},
	{"the last of two counts", "0204 05b4 0204 0218", Options{Has: MSS, MSS: 536}},
	{"the last of two SACK lists counts", "0101 0512 00000001 00000002 00000003 00000004 0101 050a 00000005 00000006",
		Options{Has: SACK, SACKCount: 1, SACK: [4][2]uint32{{5, 6}}}},
	{"MSS of a wrong length is absent", "0203 05 0303 0701 01", Options{Has: WindowScale, WindowScale: 7}},
	{"timestamps behind an MSS of a wrong length", "0202 080a 00000001 00000002", Options{Has: Timestamps, TSVal: 1, TSEcr: 2}},
	{"SACK of half a block is absent", "0506 00000001 0101", Options{}},
	{"length zero", "0204 05b4 0800 0101", Options{Has: MSS | BadOptions, MSS: 1460}},
	{"length one", "0801 0101", Options{Has: BadOptions}},
	{"length beyond the header", "0101 080a 00000000", Options{Has: BadOptions}},
	{"kind without length", "010101 08", Options{Has: BadOptions}},
	{"twelve bytes that begin like timestamps of another length", "0101 0808 11223344 5566 0101", Options{}},
}

func TestTCPOptions(t *testing.T) {
	for _, c := range optionCases {
		t.Run(c.name, func(t *testing.T) {
			var s Segment
			if got := Decode(packet(linkRawDLT, withOptions(c.hex)), &s); got != TCP {
				t.Fatalf("got %q, want TCP", got)
			}
			if s.Options != c.want {
				t.Errorf("got  %+v\nwant %+v", s.Options, c.want)
			}
			if s.PayloadLen != 0 || s.Cut {
				t.Errorf("payload %d, cut %v", s.PayloadLen, s.Cut)
			}
		})
	}
}

func TestFlagsAreReadInTheirPlaces(t *testing.T) {
	for i, flag := range []Flags{FIN, SYN, RST, PSH, ACK, URG, ECE, CWR} {
		p := packet(linkRawDLT, withOptions(""))
		p.Data[33] = 1 << i
		var s Segment
		if Decode(p, &s) != TCP || s.Flags != flag {
			t.Errorf("bit %d: got %v, want %v", i, s.Flags, flag)
		}
	}
}

// A capture that kept 54 to 68 bytes of each frame is usual; what its headers
// say must be the same as of the whole frame.
func TestACutFrameKeepsWhatItsHeadersSay(t *testing.T) {
	frame := macs + "0800" + ipv4SYN + strings.Repeat("00", 100)
	frame = strings.Replace(frame, "45 00 003c", "45 00 00a0", 1) // 160 bytes: 20, 40, 100 of payload
	for _, c := range []struct {
		kept    int
		has     OptionSet
		payload int
	}{
		{174, MSS | SACKPermitted | Timestamps | WindowScale, 100},
		{96, MSS | SACKPermitted | Timestamps | WindowScale, 22},
		{74, MSS | SACKPermitted | Timestamps | WindowScale, 0},
		{73, MSS | SACKPermitted | Timestamps, 0},
		{70, MSS | SACKPermitted | Timestamps, 0},
		{69, MSS | SACKPermitted, 0},
		{58, MSS, 0},
		{57, 0, 0},
		{55, 0, 0},
		{54, 0, 0},
	} {
		t.Run(fmt.Sprintf("%d bytes kept", c.kept), func(t *testing.T) {
			p := packet(1, frame)
			p.Data = p.Data[:c.kept:c.kept]
			var s Segment
			if got := Decode(p, &s); got != TCP {
				t.Fatalf("got %q, want TCP", got)
			}
			if s.Seq != 0x01020304 || s.Flags != SYN || s.PayloadLen != 100 || s.Overlong {
				t.Errorf("seq %#x, flags %v, payload %d, overlong %v", s.Seq, s.Flags, s.PayloadLen, s.Overlong)
			}
			if s.Cut != (c.kept < 174) || len(s.Payload) != c.payload || s.Options.Has != c.has {
				t.Errorf("cut %v, captured %d, options %b", s.Cut, len(s.Payload), s.Options.Has)
			}
		})
	}
	p := packet(1, frame)
	p.Data = p.Data[:53]
	if got := Decode(p, new(Segment)); got != HeadersCut {
		t.Errorf("53 bytes kept: got %q, want headers cut", got)
	}
}
