package segment

import (
	"bytes"
	"net"
	"testing"

	"github.com/google/gopacket"
	"github.com/google/gopacket/layers"

	"bothends/capture"
)

// secret is what a user says to a server, and what HeadersLen must not count.
const secret = "AUTH PLAIN c2VjcmV0"

// put puts layers together with gopacket, which knows their lengths by itself.
func put(t *testing.T, parts ...gopacket.SerializableLayer) []byte {
	t.Helper()
	out := gopacket.NewSerializeBuffer()
	if err := gopacket.SerializeLayers(out, gopacket.SerializeOptions{FixLengths: true}, parts...); err != nil {
		t.Fatal(err)
	}
	return bytes.Clone(out.Bytes())
}

func TestHeadersEndWhereContentBegins(t *testing.T) {
	a4, b4 := net.IP{192, 0, 2, 1}, net.IP{198, 51, 100, 2}
	a6, b6 := net.ParseIP("2001:db8::1"), net.ParseIP("2001:db8::2")
	content := gopacket.Payload(secret)
	ether := func(kind layers.EthernetType) *layers.Ethernet {
		return &layers.Ethernet{SrcMAC: make([]byte, 6), DstMAC: make([]byte, 6), EthernetType: kind}
	}
	ip4 := func(protocol layers.IPProtocol, offset uint16) *layers.IPv4 {
		return &layers.IPv4{Version: 4, IHL: 5, TTL: 64, SrcIP: a4, DstIP: b4, Protocol: protocol, FragOffset: offset}
	}
	ip6 := func(next layers.IPProtocol) *layers.IPv6 {
		return &layers.IPv6{Version: 6, HopLimit: 64, SrcIP: a6, DstIP: b6, NextHeader: next}
	}
	tcp := &layers.TCP{SrcPort: 1, DstPort: 587, PSH: true, ACK: true,
		Options: []layers.TCPOption{{OptionType: layers.TCPOptionKindTimestamps, OptionLength: 10, OptionData: make([]byte, 8)}}}
	const ethernet, tcpLen = 14, 32
	quoted4 := gopacket.Payload(put(t, ip4(6, 0), tcp, content))
	quoted6 := gopacket.Payload(append(make([]byte, 4), put(t, ip6(6), tcp, content)...))
	for _, test := range []struct {
		name  string
		link  capture.LinkType
		frame []byte
		want  int
	}{
		{"TCP with options", capture.LinkEthernet, put(t, ether(layers.EthernetTypeIPv4), ip4(6, 0), tcp, content), ethernet + 20 + tcpLen},
		{"TCP in a VLAN", capture.LinkEthernet, put(t, ether(layers.EthernetTypeDot1Q),
			&layers.Dot1Q{Type: layers.EthernetTypeIPv4}, ip4(6, 0), tcp, content), ethernet + 4 + 20 + tcpLen},
		{"TCP in IPv6", capture.LinkEthernet, put(t, ether(layers.EthernetTypeIPv6), ip6(6), tcp, content), ethernet + 40 + tcpLen},
		{"TCP behind destination options", capture.LinkRaw, put(t, ip6(60), gopacket.Payload{6, 0, 1, 4, 0, 0, 0, 0}, tcp, content), 40 + 8 + tcpLen},
		{"TCP without a link layer", capture.LinkRaw, put(t, ip4(6, 0), tcp, content), 20 + tcpLen},
		{"a later fragment", capture.LinkRaw, put(t, ip4(6, 7), content), 20},
		{"a later IPv6 fragment", capture.LinkRaw, put(t, ip6(44), gopacket.Payload{6, 0, 0, 8, 0, 0, 0, 1}, content), 48},
		{"UDP", capture.LinkRaw, put(t, ip4(17, 0), &layers.UDP{SrcPort: 1, DstPort: 53}, content), 28},
		{"a protocol nobody knows", capture.LinkRaw, put(t, ip4(253, 0), content), 20},
		{"an ICMP error", capture.LinkRaw, put(t, ip4(1, 0), &layers.ICMPv4{TypeCode: layers.CreateICMPv4TypeCode(3, 4)}, quoted4), 20 + 8 + 20 + tcpLen},
		{"an echo", capture.LinkRaw, put(t, ip4(1, 0), &layers.ICMPv4{TypeCode: layers.CreateICMPv4TypeCode(8, 0)}, content), 28},
		{"an ICMPv6 error", capture.LinkRaw, put(t, ip6(58), &layers.ICMPv6{TypeCode: layers.CreateICMPv6TypeCode(2, 0)}, quoted6), 40 + 8 + 40 + tcpLen},
		{"no IP at all", capture.LinkEthernet, put(t, ether(0x88cc), content), ethernet},
		{"an unknown link layer", capture.LinkType(147), []byte(secret), 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			p := capture.Packet{LinkType: test.link, Data: test.frame, OrigLen: len(test.frame)}
			if got := HeadersLen(&p); got != test.want {
				t.Errorf("got %d, want %d of %d bytes", got, test.want, len(test.frame))
			}
			for n := range test.frame { // cut anywhere, it must not look beyond
				p.Data = test.frame[:n:n]
				if got := HeadersLen(&p); got > min(n, test.want) {
					t.Errorf("of the first %d bytes %d are said to be headers, of all %d", n, got, test.want)
				}
			}
		})
	}
}
