package segment

import (
	"strings"
	"testing"

	"bothends/capture"
)

// linkCases are frames of every link type around the same segment, ipv4Hello
// or ipv6Hello.
var linkCases = []struct {
	name string
	link capture.LinkType
	ipv6 bool
	dir  capture.Direction
	hex  string
}{
	{"Ethernet", 1, false, 0, macs + "0800" + ipv4Hello},
	{"Ethernet with IPv6", 1, true, 0, macs + "86dd" + ipv6Hello},
	{"Ethernet with one VLAN tag", 1, false, 0, macs + "8100 2064 0800" + ipv4Hello},
	{"Ethernet with 802.1ad and 802.1Q tags", 1, true, 0, macs + "88a8 0064 8100 00c8 86dd" + ipv6Hello},
	{"Ethernet with the QinQ type used before 802.1ad", 1, false, 0, macs + "9100 0064 8100 00c8 0800" + ipv4Hello},
	{"Ethernet with four VLAN tags", 1, false, 0, macs + "8100 0001 8100 0002 8100 0003 8100 0004 0800" + ipv4Hello},
	{"Ethernet padded to its minimum", 1, false, 0, macs + "0800" + ipv4Hello + "0000"},
	{"Ethernet with a trailer", 1, true, 0, macs + "86dd" + ipv6Hello + "deadbeef"},
	{"PPPoE in Ethernet", 1, false, 0, macs + "8864 11 00 0001 002f 0021" + ipv4Hello},
	{"PPPoE in a VLAN", 1, true, 0, macs + "8100 0007 8864 11 00 0001 0043 0057" + ipv6Hello},
	{"PPPoE with a compressed protocol field", 1, false, 0, macs + "8864 11 00 0001 002e 21" + ipv4Hello},
	{"PPPoE without Ethernet", 51, false, 0, "11 00 0001 002f 0021" + ipv4Hello},
	{"Linux cooked, to this host", 113, false, capture.Inbound, "0000 0001 0006 02005e0000020000 0800" + ipv4Hello},
	{"Linux cooked, from this host", 113, true, capture.Outbound, "0004 0001 0006 02005e0000020000 86dd" + ipv6Hello},
	{"Linux cooked, between others", 113, false, 0, "0003 0001 0006 02005e0000020000 0800" + ipv4Hello},
	{"Linux cooked, of a device without link layer", 113, false, capture.Outbound, "0004 0200 0000 0000000000000000 0800" + ipv4Hello},
	{"Linux cooked with a VLAN tag", 113, false, capture.Inbound, "0000 0001 0006 02005e0000020000 8100 0064 0800" + ipv4Hello},
	{"Linux cooked 2, to this host", 276, false, capture.Inbound, "0800 0000 00000002 0001 00 06 02005e0000020000" + ipv4Hello},
	{"Linux cooked 2, from this host", 276, true, capture.Outbound, "86dd 0000 00000002 0001 04 06 02005e0000020000" + ipv6Hello},
	{"Linux cooked 2, between others", 276, false, 0, "0800 0000 00000002 0001 03 06 02005e0000020000" + ipv4Hello},
	{"Linux cooked 2 with a VLAN tag", 276, false, capture.Outbound, "8100 0000 00000002 0001 04 06 02005e0000020000 0064 0800" + ipv4Hello},
	{"raw IPv4", 101, false, 0, ipv4Hello},
	{"raw IPv6", 101, true, 0, ipv6Hello},
	{"raw IP under DLT_RAW's number", 12, false, 0, ipv4Hello},
	{"raw IP under OpenBSD's number", 14, true, 0, ipv6Hello},
	{"bare IPv4", 228, false, 0, ipv4Hello},
	{"bare IPv6", 229, true, 0, ipv6Hello},
	{"NULL of a little-endian host", 0, false, 0, "02000000" + ipv4Hello},
	{"NULL of a big-endian host", 0, false, 0, "00000002" + ipv4Hello},
	{"NULL with IPv6 of Linux", 0, true, 0, "0a000000" + ipv6Hello},
	{"NULL with IPv6 of OpenBSD", 0, true, 0, "18000000" + ipv6Hello},
	{"NULL with IPv6 of FreeBSD, big-endian", 0, true, 0, "0000001c" + ipv6Hello},
	{"NULL with IPv6 of macOS", 0, true, 0, "1e000000" + ipv6Hello},
	{"LOOP", 108, false, 0, "00000002" + ipv4Hello},
	{"LOOP with IPv6", 108, true, 0, "00000018" + ipv6Hello},
	{"PPP", 9, false, 0, "0021" + ipv4Hello},
	{"PPP with IPv6", 9, true, 0, "0057" + ipv6Hello},
	{"PPP with HDLC framing", 9, false, 0, "ff03 0021" + ipv4Hello},
	{"PPP with a compressed protocol field", 9, true, 0, "57" + ipv6Hello},
	{"PPP with HDLC framing and a compressed protocol field", 9, false, 0, "ff03 21" + ipv4Hello},
	{"PPP_SERIAL", 50, false, 0, "ff03 0021" + ipv4Hello},
	{"PPP_SERIAL without framing", 50, true, 0, "0057" + ipv6Hello},
	{"PPP_SERIAL with Cisco's framing", 50, false, 0, "0f00 0800" + ipv4Hello},
	{"Ethernet with three tags of three kinds", 1, false, 0, macs + "88a8 0001 9200 0002 8100 0003 0800" + ipv4Hello},
	{"an E-TAG (802.1BR)", 1, false, 0, macs + "893f 0000 1001 0000 0800" + ipv4Hello},
	{"a VN-Tag", 1, false, 0, macs + "8926 00010002 0800" + ipv4Hello},
	{"Cisco MetaData", 1, true, 0, macs + "8909 0101 0001 0064 86dd" + ipv6Hello},
	{"802.3 with LLC and SNAP", 1, false, 0, macs + "0035 aaaa03 000000 0800" + ipv4Hello},
	{"PPP with a direction, received", 204, false, capture.Inbound, "00 ff03 0021" + ipv4Hello},
	{"PPP with a direction, sent", 204, true, capture.Outbound, "01 ff03 0057" + ipv6Hello},
	{"pppd, sent", 166, false, capture.Outbound, "01 ff03 0021" + ipv4Hello},
	{"Cisco HDLC", 104, false, 0, "0f00 0800" + ipv4Hello},
	{"Cisco HDLC with a direction", 205, true, capture.Inbound, "00 0f00 86dd" + ipv6Hello},
	{"token ring", 6, false, 0, "1040 02005e000001 02005e000002 aaaa03 000000 0800" + ipv4Hello},
	{"token ring with a source route", 6, false, 0, "1040 02005e000001 82005e000002 0630 0011 0020 aaaa03 000000 0800" + ipv4Hello},
	{"FDDI", 10, true, 0, "50 02005e000001 02005e000002 aaaa03 000000 86dd" + ipv6Hello},
	{"ATM with LLC", 100, false, 0, "aaaa03 000000 0800" + ipv4Hello},
	{"IP over Fibre Channel", 122, false, 0, "1000020000000001 1000020000000002 aaaa03 000000 0800" + ipv4Hello},
	{"ARCNET", 7, false, 0, "01 02 d4 00 0001" + ipv4Hello},
	{"ARCNET of Linux", 129, false, 0, "01 02 0000 d4 00 0001" + ipv4Hello},
	{"ARCNET of Linux, RFC 1051", 129, false, 0, "01 02 0000 f0" + ipv4Hello},
	{"Frame Relay", 107, false, 0, "1841 03 cc" + ipv4Hello},
	{"Frame Relay with IPv6", 107, true, 0, "1841 03 8e" + ipv6Hello},
	{"Frame Relay with SNAP", 107, false, 0, "1841 03 00 80 000000 0800" + ipv4Hello},
	{"Frame Relay of Cisco", 107, false, 0, "1841 0800" + ipv4Hello},
	{"OpenBSD's IPsec", 109, false, 0, "02000000 00000001 00000000" + ipv4Hello},
	{"OpenBSD's pf", 117, false, 0, "3d 02 00 00" + strings.Repeat("00", 60) + ipv4Hello},
	{"NFLOG", 239, false, 0, "02 00 0001 0800 0100 0800 0300 0600 0a00 00 00 0000 3100 0900" + ipv4Hello},
	{"IP over InfiniBand", 242, true, 0, strings.Repeat("00", 40) + "86dd 0000" + ipv6Hello},
	{"PKTAP, sent", 258, false, capture.Outbound, "6c000000 01000000 01000000" + strings.Repeat("00", 24) + "02000000" + strings.Repeat("00", 68) + macs + "0800" + ipv4Hello},
	{"PKTAP of raw IP, received", 258, true, capture.Inbound, "6c000000 01000000 0c000000" + strings.Repeat("00", 24) + "01000000" + strings.Repeat("00", 68) + ipv6Hello},
	{"PPI of 802.11", 192, false, 0, "00 00 0800 69000000 0802 0000 02005e000001 02005e000009 02005e000002 1000 aaaa03 000000 0800" + ipv4Hello},
	{"a Broadcom switch's tag", 281, false, 0, macs + "00000001 0800" + ipv4Hello},
	{"a Broadcom switch's tag in front", 282, false, 0, "00000001" + macs + "0800" + ipv4Hello},
	{"a Marvell switch's tag", 284, false, 0, macs + "c0010000 0800" + ipv4Hello},
	{"a Marvell switch's tag with its type", 285, false, 0, macs + "dada 0000 c0010000 0800" + ipv4Hello},
	{"802.11 from an access point", 105, false, 0, "0802 0000 02005e000001 02005e000009 02005e000002 1000 aaaa03 000000 0800" + ipv4Hello},
	{"802.11 to an access point, with quality of service", 105, true, 0, "8801 0000 02005e000009 02005e000001 02005e000002 1000 0000 aaaa03 000000 86dd" + ipv6Hello},
	{"802.11 between access points", 105, false, 0, "0803 0000 02005e000001 02005e000009 02005e000002 1000 02005e000003 aaaa03 000000 0800" + ipv4Hello},
	{"802.11 with an HT control field", 105, false, 0, "8881 0000 02005e000009 02005e000001 02005e000002 1000 0000 00000000 aaaa03 000000 0800" + ipv4Hello},
	{"802.11, several packets in one frame", 105, false, 0, "8802 0000 02005e000001 02005e000009 02005e000002 1000 8000 02005e000001 02005e000002 0035 aaaa03 000000 0800" + ipv4Hello},
	{"radiotap", 127, false, 0, "00 00 0800 00000000 0802 0000 02005e000001 02005e000009 02005e000002 1000 aaaa03 000000 0800" + ipv4Hello},
	{"radiotap with a time, flags that tell of padding, and a second word", 127, false, 0, "00 00 1a00 030000a0 00000000 00000000 0102030405060708 20 00" +
		"8802 0000 02005e000001 02005e000009 02005e000002 1000 0000 0000 aaaa03 000000 0800" + ipv4Hello},
	{"radiotap with a check sequence at the end", 127, false, 0, "00 00 0a00 02000000 10 00 0802 0000 02005e000001 02005e000009 02005e000002 1000 aaaa03 000000 0800" + ipv4Hello + "deadbeef"},
	{"AVS", 163, false, 0, "80211001 00000040" + strings.Repeat("00", 56) + "0802 0000 02005e000001 02005e000009 02005e000002 1000 aaaa03 000000 0800" + ipv4Hello},
	{"Prism", 119, false, 0, "44000000 90000000" + strings.Repeat("00", 136) + "0802 0000 02005e000001 02005e000009 02005e000002 1000 aaaa03 000000 0800" + ipv4Hello},
	{"802.11 with radiotap, cooked 2", 276, false, capture.Inbound, "0004 0000 00000002 0323 00 06 02005e0000020000 00 00 0800 00000000" +
		"0802 0000 02005e000001 02005e000009 02005e000002 1000 aaaa03 000000 0800" + ipv4Hello},
}

// wantHello is what the bytes of ipv4Hello and ipv6Hello say, read by hand.
func wantHello(ipv6 bool) Segment {
	s := Segment{
		Src: Endpoint{IP: [16]byte(unhex("00000000000000000000ffffc0000201")), Port: 50000},
		Dst: Endpoint{IP: [16]byte(unhex("00000000000000000000ffffc6336402")), Port: 587},
		Seq: 0x01020304, Ack: 0xa1a2a3a4, Window: 8192, Flags: PSH | ACK,
		TTL: 63, TOS: 0x10, IPID: 0x1234, DF: true,
		PayloadLen: 5, Payload: []byte("hello"),
	}
	if ipv6 {
		s.Src.IP = [16]byte(unhex("20010db8000000000000000000000001"))
		s.Dst.IP = [16]byte(unhex("20010db8000000000000000000000002"))
		s.IPv6, s.TTL, s.TOS, s.IPID, s.DF = true, 64, 0, 0, false
	}
	return s
}

func TestEveryLinkTypeLeadsToTheSameSegment(t *testing.T) {
	for _, c := range linkCases {
		t.Run(c.name, func(t *testing.T) {
			want := wantHello(c.ipv6)
			want.Direction = c.dir
			wantSegment(t, packet(c.link, c.hex), want)
		})
	}
}

func TestWhatTheFileRecordedGoesBeforeTheCookedHeader(t *testing.T) {
	for _, hex := range []struct {
		link capture.LinkType
		hex  string
	}{
		{capture.LinkLinuxSLL, "0004 0001 0006 02005e0000020000 0800" + ipv4Hello},
		{capture.LinkLinuxSLL2, "0800 0000 00000002 0001 04 06 02005e0000020000" + ipv4Hello},
	} {
		p := packet(hex.link, hex.hex)
		p.Direction = capture.Inbound
		want := wantHello(false)
		want.Direction = capture.Inbound
		wantSegment(t, p, want)
	}
}

func TestLinkLayersThatLeadToNoIP(t *testing.T) {
	for _, c := range []struct {
		name string
		link capture.LinkType
		hex  string
		want Result
	}{
		{"ARP", 1, macs + "0806 0001 0800 06 04 0001", NotIP},
		{"802.3 length field", 1, macs + "0026 4242 03", NotIP},
		{"PPPoE discovery", 1, macs + "8863 11 09 0000 0000", NotIP},
		{"PPPoE discovery without Ethernet", 51, "11 09 0000 0000", NotIP},
		{"PPPoE of another version", 51, "21 00 0001 002f 0021" + ipv4Hello, Malformed},
		{"PPP LCP", 9, "c021 01 01 0004", NotIP},
		{"PPP LCP in HDLC", 50, "ff03 c021 01 01 0004", NotIP},
		{"NULL with another family", 0, "07000000" + ipv4Hello, NotIP},
		{"netlink", 113, "0004 0338 0000 0000000000000000 0800" + ipv4Hello, NotIP},
		{"raw with version 5", 101, "55" + ipv4Hello[2:], Malformed},
		{"IPv6 under IPv4's EtherType", 1, macs + "0800" + ipv6Hello, Malformed},
		{"IPv4 under IPv6's EtherType", 1, macs + "86dd" + ipv4Hello, Malformed},
		{"Ethernet runt", 1, "02005e0000010200", Malformed},
		{"empty raw frame", 101, "", Malformed},
		{"VLAN tag with nothing after it", 1, macs + "8100 0064", Malformed},
		{"802.11, encrypted", 105, "0842 0000 02005e000001 02005e000009 02005e000002 1000 aaaa03 000000 0800" + ipv4Hello, NotIP},
		{"802.11 without data", 105, "4802 0000 02005e000001 02005e000009 02005e000002 1000 aaaa03 000000 0800" + ipv4Hello, NotIP},
		{"802.11 beacon", 105, "8000 0000 02005e000001 02005e000009 02005e000002 1000 aaaa03 000000 0800" + ipv4Hello, NotIP},
		{"802.11, a part of a frame", 105, "0806 0000 02005e000001 02005e000009 02005e000002 1000 aaaa03 000000 0800" + ipv4Hello, NotIP},
		{"PPI in PPI", 192, "00 00 0800 c0000000 00 00 0800 69000000" + ipv4Hello, Malformed},
		{"PKTAP in PKTAP", 258, "6c000000 01000000 02010000" + strings.Repeat("00", 96) + ipv4Hello, Malformed},
		{"ARCNET, a part of a packet", 7, "01 02 d4 01 0001" + ipv4Hello, NotIP},
		{"NFLOG with an attribute of no length", 239, "02 00 0001 0000 0100 0800 0300", Malformed},
		{"USB", 189, macs + "0800" + ipv4Hello, UnknownLink},
		{"16 bits of link type, whose low byte is Ethernet's", 257, macs + "0800" + ipv4Hello, UnknownLink},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := Decode(packet(c.link, c.hex), new(Segment)); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}
