package segment

import (
	"strings"
	"testing"
)

// Addresses of hand-written IPv4 headers, and extension headers of 8 bytes
// after their next-header byte.
const (
	ipv4Addresses = "c0000201 c6336402"
	optionsPadN   = "00 01 04 00000000" // length 0, PadN of 4 (RFC 8200 section 4.2)
)

// ipCases are IP packets around the same TCP segment; want is where they differ
// from wantHello.
var ipCases = []struct {
	name string
	hex  string
	ipv6 bool
	want func(*Segment)
}{
	{"IPv4 options are skipped", "48 10 0039 1234 4000 3f 06 0000" + ipv4Addresses + "94040000 01010101 01010100" + tcpHello, false, nil},
	{"without DF", "45 10 002d 1234 0000 3f 06 0000" + ipv4Addresses + tcpHello, false,
		func(s *Segment) { s.DF = false }},
	{"the reserved bit is not a fragment", "45 10 002d 1234 8000 3f 06 0000" + ipv4Addresses + tcpHello, false,
		func(s *Segment) { s.DF = false }},
	{"first IPv4 fragment", "45 10 002d 1234 2000 3f 06 0000" + ipv4Addresses + tcpHello, false,
		func(s *Segment) { s.DF, s.Fragment = false, true }},
	{"first IPv4 fragment that ends within the options", "45 10 002c 1234 2000 3f 06 0000" + ipv4Addresses +
		"c350 024b 01020304 a1a2a3a4 f0 18 2000 0000 0000 0204 05b4", false,
		func(s *Segment) {
			s.DF, s.Fragment = false, true
			s.PayloadLen, s.Payload = 0, nil
			s.Options = Options{Has: MSS, MSS: 1460}
		}},
	// Record Route (RFC 791) of length 1, of which no option can be: what follows it is not
	// read, and the packet goes on where its header says.
	{"an IPv4 option of a wrong length", "46 10 0031 1234 4000 3f 06 0000" + ipv4Addresses + "07 01 00 00" + tcpHello, false, nil},
	{"an IPv4 option that leaves the header", "46 10 0031 1234 4000 3f 06 0000" + ipv4Addresses + "44 28 05 00" + tcpHello, false, nil},
	{"IPv4 AH", "45 10 0045 1234 4000 3f 33 0000" + ipv4Addresses + "06 04 0000 00000001 00000001 aabbccddeeff001122334455" + tcpHello, false, nil},
	{"IPv4 length 0 of segmentation offload", "45 10 0000 1234 4000 3f 06 0000" + ipv4Addresses + tcpHello, false, nil},
	{"IPv6 length 0 without jumbo option", "60012345 0000 06 40" + ipv6Addresses + tcpHello, true, nil},
	{"IPv6 length 0 with jumbo option", "60012345 0000 00 40" + ipv6Addresses + "06 00 c2 04 00000021" + tcpHello, true, nil},
	{"IPv6 hop-by-hop", "60012345 0021 00 40" + ipv6Addresses + "06" + optionsPadN + tcpHello, true, nil},
	{"IPv6 destination options of 16 bytes", "60012345 0029 3c 40" + ipv6Addresses + "06 01 01 0c 000000000000000000000000" + tcpHello, true, nil},
	{"IPv6 routing header, all segments visited", "60012345 0031 2b 40" + ipv6Addresses + "06 02 02 00 00000000 20010db8000000000000000000000009" + tcpHello, true, nil},
	{"IPv6 first fragment", "60012345 0021 2c 40" + ipv6Addresses + "06 00 0001 00000007" + tcpHello, true,
		func(s *Segment) { s.Fragment = true }},
	{"IPv6 atomic fragment is whole", "60012345 0021 2c 40" + ipv6Addresses + "06 00 0000 00000007" + tcpHello, true, nil},
	{"IPv6 AH", "60012345 0031 33 40" + ipv6Addresses + "06 04 0000 00000001 00000001 aabbccddeeff001122334455" + tcpHello, true, nil},
	{"IPv6 mobility, HIP and shim6 headers", "60012345 0031 87 40" + ipv6Addresses + "8b 00 000000000000 8c 00 000000000000 06 00 000000000000" + tcpHello, true, nil},
	{"all kinds of IPv6 extension headers", "60012345 0069 00 40" + ipv6Addresses +
		"3c" + optionsPadN + "2b" + optionsPadN + "2c 02 02 00 00000000 20010db8000000000000000000000009" + "33 00 0001 00000007" +
		"3c 04 0000 00000001 00000001 aabbccddeeff001122334455" + "06" + optionsPadN + tcpHello, true,
		func(s *Segment) { s.Fragment = true }},
	{"thirty IPv6 extension headers", "60012345 0109 3c 40" + ipv6Addresses + strings.Repeat("3c"+optionsPadN, 29) + "06" + optionsPadN + tcpHello, true, nil},
	{"traffic class", "6b812345 0019 06 40" + ipv6Addresses + tcpHello, true, func(s *Segment) { s.TOS = 0xb8 }},
	{"frame bytes after the IPv4 packet are no payload", ipv4Hello + "ffffffff", false, nil},
	{"frame bytes after the IPv6 packet are no payload", ipv6Hello + "ffffffff", true, nil},
	{"IPv4 length beyond the frame", "45 10 0100 1234 4000 3f 06 0000" + ipv4Addresses + tcpHello, false,
		func(s *Segment) { s.Overlong, s.Cut, s.PayloadLen = true, true, 256-40 }},
	{"IPv6 length beyond the frame", "60012345 0100 06 40" + ipv6Addresses + tcpHello, true,
		func(s *Segment) { s.Overlong, s.Cut, s.PayloadLen = true, true, 256-20 }},
}

func TestWhatIPHeadersSay(t *testing.T) {
	for _, c := range ipCases {
		t.Run(c.name, func(t *testing.T) {
			want := wantHello(c.ipv6)
			if c.want != nil {
				c.want(&want)
			}
			wantSegment(t, packet(linkRawDLT, c.hex), want)
		})
	}
}

func TestIPPacketsThatAreNoSegment(t *testing.T) {
	for _, c := range []struct {
		name string
		hex  string
		want Result
	}{
		{"UDP", "45 00 001c 1234 4000 40 11 0000" + ipv4Addresses + "0035 0035 0008 0000", NotTCP},
		{"ICMP", "45 00 001c 1234 4000 40 01 0000" + ipv4Addresses + "0800 0000 0000 0000", NotTCP},
		{"later fragment of UDP", "45 00 001c 1234 0001 40 11 0000" + ipv4Addresses + "0035 0035 0008 0000", NotTCP},
		{"ESP", "60000000 0010 32 40" + ipv6Addresses + "00000001 00000001 0000000000000000", NotTCP},
		{"ICMPv6 after hop-by-hop", "60000000 0010 00 01" + ipv6Addresses + "3a" + optionsPadN + "8f00 0000 0000 0000", NotTCP},
		{"no next header", "60000000 0000 3b 40" + ipv6Addresses, NotTCP},
		{"IPv4 fragment in the middle", "45 00 001c 1234 2001 40 06 0000" + ipv4Addresses + "0000000000000000", LaterFragment},
		{"last IPv4 fragment", "45 00 001c 1234 0001 40 06 0000" + ipv4Addresses + "0000000000000000", LaterFragment},
		{"later IPv6 fragment", "60000000 0010 2c 40" + ipv6Addresses + "06 00 0009 00000007 0000000000000000", LaterFragment},
		{"later IPv6 fragment, perhaps TCP behind options", "60000000 0010 2c 40" + ipv6Addresses + "3c 00 0008 00000007 0000000000000000", LaterFragment},
		{"later IPv6 fragment of UDP", "60000000 0010 2c 40" + ipv6Addresses + "11 00 0008 00000007 0000000000000000", NotTCP},
		{"tiny first fragment (RFC 1858)", "45 00 001c 1234 2000 40 06 0000" + ipv4Addresses + "c350 024b 01020304", HeadersCut},
		{"IPv4 header length below 20", "44 00 002d 1234 4000 40 06 0000" + ipv4Addresses + tcpHello, Malformed},
		{"IPv4 length below its header's", "45 00 0013 1234 4000 40 06 0000" + ipv4Addresses + tcpHello, Malformed},
		{"IPv4 options beyond its length", "4f 00 002d 1234 4000 40 06 0000" + ipv4Addresses + tcpHello, Malformed},
		{"IPv4 length without room for TCP", "45 00 0027 1234 4000 40 06 0000" + ipv4Addresses + tcpHello, Malformed},
		{"IPv6 length without room for TCP", "60000000 0013 06 40" + ipv6Addresses + tcpHello, Malformed},
		{"IPv6 options beyond its length", "60000000 0019 00 40" + ipv6Addresses + "06 ff 01 04 00000000" + tcpHello, Malformed},
		{"nine IPv6 extension headers, cut in the last", "60000000 0044 3c 40" + ipv6Addresses + strings.Repeat("3c"+optionsPadN, 8) + "0600 0100", Malformed},
		{"TCP header length below 20", "45 00 0028 1234 4000 40 06 0000" + ipv4Addresses + "c350 024b 01020304 a1a2a3a4 40 18 2000 0000 0000", Malformed},
		{"TCP header beyond the packet", "45 00 0028 1234 4000 40 06 0000" + ipv4Addresses + "c350 024b 01020304 a1a2a3a4 60 18 2000 0000 0000", Malformed},
		{"whole frame shorter than an IPv4 header", "45 00 0028 1234", Malformed},
		{"whole frame shorter than an IPv6 header", "60000000 0019 06 40", Malformed},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := Decode(packet(linkRawDLT, c.hex), new(Segment)); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

// A length of zero means the frame's own, but a frame that claims more than
// any kernel builds is a rumour.
func TestLengthZeroIsBoundedByTheLargestOffloadedPacket(t *testing.T) {
	for _, hex := range []string{
		"45 10 0000 1234 4000 3f 06 0000" + ipv4Addresses + tcpHello,
		"60012345 0000 00 40" + ipv6Addresses + "06 00 c2 04 00040000" + tcpHello,
	} {
		p := packet(linkRawDLT, hex)
		p.OrigLen = 524280
		var s Segment
		if got := Decode(p, &s); got != TCP {
			t.Errorf("524280 bytes: got %q, want TCP", got)
		}
		headers := len(p.Data) - 5
		if s.PayloadLen != 524280-headers || len(s.Payload) != 5 || !s.Cut || s.Overlong {
			t.Errorf("payload %d of %d, cut %v, overlong %v", len(s.Payload), s.PayloadLen, s.Cut, s.Overlong)
		}
		p.OrigLen = 524281
		if got := Decode(p, &s); got != Malformed {
			t.Errorf("524281 bytes: got %q, want malformed", got)
		}
	}
}
