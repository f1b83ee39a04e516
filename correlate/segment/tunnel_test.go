package segment

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"bothends/capture"
)

// outer4 is an IPv4 header around so many bytes of hex, from 10.0.0.1 to 10.0.0.2.
func outer4(protocol byte, inner string) string {
	return fmt.Sprintf("45 00 %04x 0007 4000 40 %02x 0000 0a000001 0a000002", 20+len(unhex(inner)), protocol) + inner
}

func outer6(next byte, inner string) string {
	return fmt.Sprintf("60000000 %04x %02x 40 20010db80001000000000000000000aa 20010db80001000000000000000000bb", len(unhex(inner)), next) + inner
}

// udp is a datagram around so many bytes of hex.
func udp(from, to int, inner string) string {
	return fmt.Sprintf("%04x %04x %04x 0000", from, to, 8+len(unhex(inner))) + inner
}

const ethernetHello = macs + "0800" + ipv4Hello

// tunnelCases are the same segment again, in raw IP unless they say Ethernet.
var tunnelCases = []struct {
	name     string
	link     capture.LinkType
	ipv6     bool
	wrapping string
	hex      string
}{
	{"IPv4 in IPv4", 101, false, "IPv4 in IPv4", outer4(4, ipv4Hello)},
	{"IPv6 in IPv4", 101, true, "IPv6 in IPv4", outer4(41, ipv6Hello)},
	{"IPv4 in IPv6", 101, false, "IPv4 in IPv6", outer6(4, ipv4Hello)},
	{"IPv6 in IPv6", 101, true, "IPv6 in IPv6", outer6(41, ipv6Hello)},
	{"IPv4 in IPv6 behind destination options", 101, false, "IPv4 in IPv6", outer6(60, "04"+optionsPadN+ipv4Hello)},
	{"GRE", 101, false, "GRE", outer4(47, "0000 0800"+ipv4Hello)},
	{"GRE over IPv6", 101, true, "GRE", outer6(47, "0000 86dd"+ipv6Hello)},
	{"GRE with checksum, key and sequence", 101, false, "GRE", outer4(47, "b000 0800 00000000 00000007 00000001"+ipv4Hello)},
	{"GRE with Ethernet", 101, false, "GRE", outer4(47, "0000 6558"+ethernetHello)},
	{"GRE with MPLS", 101, false, "GRE around MPLS", outer4(47, "0000 8847 00064140"+ipv4Hello)},
	{"PPTP", 101, false, "GRE", outer4(47, "3081 880b 0031 0007 00000001 00000001 ff03 0021"+ipv4Hello)},
	{"ERSPAN type I", 101, false, "ERSPAN", outer4(47, "0000 88be"+ethernetHello)},
	{"ERSPAN type II", 101, false, "ERSPAN", outer4(47, "1000 88be 00000001 1001 0001 00000000"+ethernetHello)},
	{"ERSPAN type III", 101, false, "ERSPAN", outer4(47, "1000 22eb 00000001 2001 0001 00000000 0000 0000"+ethernetHello)},
	{"ERSPAN type III with a further header", 101, false, "ERSPAN", outer4(47, "1000 22eb 00000001 2001 0001 00000000 0000 0001 0c000000 00000000"+ethernetHello)},
	{"VXLAN", 101, false, "VXLAN", outer4(17, udp(50000, 4789, "0800000000000100"+ethernetHello))},
	{"VXLAN over IPv6 with a VLAN tag inside", 101, true, "VXLAN", outer6(17, udp(50000, 4789, "0800000000000100"+macs+"8100 0064 86dd"+ipv6Hello))},
	{"VXLAN on Linux's first port", 101, false, "VXLAN", outer4(17, udp(50000, 8472, "0800000000000100"+ethernetHello))},
	{"VXLAN-GPE with IPv4", 101, false, "VXLAN", outer4(17, udp(50000, 4790, "0c00000100000100"+ipv4Hello))},
	{"GENEVE", 101, false, "GENEVE", outer4(17, udp(50000, 6081, "0000 6558 00000100"+ethernetHello))},
	{"GENEVE with options and IPv6", 101, true, "GENEVE", outer4(17, udp(50000, 6081, "0200 86dd 00000100 0102 80 01 deadbeef"+ipv6Hello))},
	{"GTP-U", 101, false, "GTP-U", outer4(17, udp(2152, 2152, "30 ff 002d 00000001"+ipv4Hello))},
	{"GTP-U with a sequence number", 101, true, "GTP-U", outer4(17, udp(2152, 2152, "32 ff 0045 00000001 0001 00 00"+ipv6Hello))},
	{"GTP-U with an extension header, as 5G has it", 101, false, "GTP-U", outer4(17, udp(2152, 2152, "34 ff 0035 00000001 0000 00 85 01 10 09 00"+ipv4Hello))},
	{"Teredo", 101, true, "Teredo", outer4(17, udp(50000, 3544, ipv6Hello))},
	{"Teredo with an origin", 101, true, "Teredo", outer4(17, udp(3544, 50000, "0000 3cb0 f5fffffe"+ipv6Hello))},
	{"Teredo with an authentication and an origin", 101, true, "Teredo", outer4(17, udp(3544, 50000, "0001 00 00 0102030405060708 00 0000 3cb0 f5fffffe"+ipv6Hello))},
	{"L2TP", 101, false, "L2TP", outer4(17, udp(1701, 1701, "0002 0001 0002 ff03 0021"+ipv4Hello))},
	{"L2TP with length, sequence and offset", 101, true, "L2TP", outer4(17, udp(1701, 1701, "4a02 0055 0001 0002 0001 0001 0002 0000 ff03 0057"+ipv6Hello))},
	{"L2TP version 3 over UDP", 101, false, "L2TP", outer4(17, udp(1701, 1701, "0003 0000 00000007"+ethernetHello))},
	{"L2TP version 3 over IP, with a cookie", 101, false, "L2TP", outer4(115, "00000007 deadbeef"+ethernetHello)},
	{"EtherIP", 101, false, "EtherIP", outer4(97, "3000"+ethernetHello)},
	{"MPLS in IP", 101, false, "MPLS", outer4(137, "00064140"+ipv4Hello)},
	{"MPLS in UDP", 101, false, "MPLS", outer4(17, udp(50000, 6635, "00064140"+ipv4Hello))},
	{"TZSP", 101, false, "TZSP", outer4(17, udp(50000, 37008, "01 00 0001 0a01c8 00 01"+ethernetHello))},
	{"MPLS", 1, false, "MPLS", macs + "8847 00064140" + ipv4Hello},
	{"two labels and IPv6", 1, true, "MPLS", macs + "8847 00064040 00065140" + ipv6Hello},
	{"MPLS with Ethernet behind a control word", 1, false, "MPLS", macs + "8847 00064140 00000000" + ethernetHello},
	{"MPLS with Ethernet", 1, false, "MPLS", macs + "8847 00064140" + ethernetHello},
	{"MPLS alone", 219, false, "MPLS", "00064140" + ipv4Hello},
	{"provider backbone bridges", 1, false, "PBB", macs + "88a8 0001 88e7 00000064" + ethernetHello},
	{"eight deep", 101, false, strings.TrimSuffix(strings.Repeat("GRE around VXLAN around IPv4 in IPv4 around ", 3), " around IPv4 in IPv4 around "),
		outer4(47, "0000 0800"+outer4(17, udp(50000, 4789, "0800000000000100"+macs+"0800"+outer4(4,
			outer4(47, "0000 0800"+outer4(17, udp(50000, 4789, "0800000000000100"+macs+"0800"+outer4(4,
				outer4(47, "0000 0800"+outer4(17, udp(50000, 4789, "0800000000000100"+ethernetHello)))))))))))},
}

func TestTheSegmentInATunnelIsTheInnermost(t *testing.T) {
	for _, c := range tunnelCases {
		t.Run(c.name, func(t *testing.T) {
			p := packet(c.link, c.hex)
			var s Segment
			if got := Decode(p, &s); got != TCP {
				t.Fatalf("got %q, want TCP", got)
			}
			if got := s.Wrapping.String(); got != c.wrapping {
				t.Errorf("in %q, want %q", got, c.wrapping)
			}
			want := wantHello(c.ipv6)
			want.Wrapping = s.Wrapping
			wantSegment(t, p, want)
		})
	}
}

func TestWhatOnlyLooksLikeATunnelIsNone(t *testing.T) {
	deep := ipv4Hello
	for range MaxDepth + 1 {
		deep = outer4(4, deep)
	}
	for _, c := range []struct {
		name string
		hex  string
		want Result
	}{
		{"nine deep", deep, NotTCP},
		{"VXLAN without its flag", outer4(17, udp(50000, 4789, "0000000000000100"+ethernetHello)), NotTCP},
		{"another protocol on VXLAN's port", outer4(17, udp(50000, 4789, "68656c6c6f")), NotTCP},
		{"what can be an IP header, but for its length, on Teredo's port", outer4(17, udp(3544, 443, "60000000 7fff 06 40"+ipv6Addresses+tcpHello)), NotTCP},
		{"ARP in VXLAN", outer4(17, udp(50000, 4789, "0800000000000100"+macs+"0806 0001 0800 06 04 0001")), NotIP},
		{"an echo of GTP-U", outer4(17, udp(2152, 2152, "32 01 0004 00000000 0001 0000")), NotTCP},
		{"GTP-U with an extension of no length", outer4(17, udp(2152, 2152, "34 ff 0035 00000001 0000 00 85 00 10 09 00"+ipv4Hello)), NotTCP},
		{"a bubble of Teredo", outer4(17, udp(50000, 3544, "60000000 0000 3b 40"+ipv6Addresses)), NotTCP},
		{"L2TP control", outer4(17, udp(1701, 1701, "c802 000c 0001 0000 0001 0001")), NotTCP},
		{"GRE with source routes", outer4(47, "4000 0800 00000000"+ipv4Hello), NotTCP},
		{"keep-alive of GRE", outer4(47, "0000 0000"), Malformed},
		{"UDP in GRE", outer4(47, "0000 0800"+outer4(17, udp(53, 53, "68656c6c6f"))), NotTCP},
		{"IPv6 where IPv4 is announced", outer4(4, ipv6Hello), Malformed},
		{"ESP in GRE", outer4(47, "0000 0800"+outer4(50, "0000000100000001")), NotTCP},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := Decode(packet(101, c.hex), new(Segment)); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

// A recorder that keeps headers only keeps those in the tunnel, too, and none of what
// was said.
func TestTheHeadersInATunnelAreHeaders(t *testing.T) {
	for _, c := range tunnelCases {
		p := packet(c.link, c.hex)
		content := unhex(payload5)
		if got, want := HeadersLen(p), bytes.LastIndex(p.Data, content); got != want {
			t.Errorf("%s: %d bytes of headers, want %d", c.name, got, want)
		}
		for n := range p.Data {
			cut := *p
			cut.Data = p.Data[:n:n]
			if got := HeadersLen(&cut); got > min(n, bytes.LastIndex(p.Data, content)) {
				t.Errorf("%s: of the first %d bytes %d are said to be headers", c.name, n, got)
			}
		}
	}
	said := packet(101, outer4(17, udp(50000, 4789, "0800000000000100"+macs+"0800"+outer4(17, udp(53, 53, payload5)))))
	if got := HeadersLen(said); got != 28 {
		t.Errorf("of UDP in a tunnel %d bytes are headers, want the outer 28", got)
	}
}
