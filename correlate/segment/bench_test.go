package segment

import (
	"testing"

	"bothends/capture"
)

func BenchmarkDecode(b *testing.B) {
	for _, c := range []struct {
		name  string
		link  capture.LinkType
		frame string
	}{
		{"Ethernet IPv4 timestamps", capture.LinkEthernet, macs + "0800" + ipv4Timestamps},
		{"Ethernet VLAN IPv4 timestamps", capture.LinkEthernet, macs + "8100 0064 0800" + ipv4Timestamps},
		{"Ethernet IPv6 timestamps", capture.LinkEthernet, macs + "86dd" + ipv6Timestamps},
		{"SLL2 IPv4 timestamps", capture.LinkLinuxSLL2, "0800 0000 00000002 0001 04 06 02005e0000020000" + ipv4Timestamps},
		{"Ethernet IPv4 SYN options", capture.LinkEthernet, macs + "0800" + ipv4SYN},
		{"Ethernet IPv4 SACK blocks", capture.LinkEthernet, macs + "0800" + ipv4SACK},
	} {
		b.Run(c.name, func(b *testing.B) {
			data := unhex(c.frame)
			p := capture.Packet{LinkType: c.link, OrigLen: len(data), Data: data}
			var s Segment
			b.ReportAllocs()
			for b.Loop() {
				if Decode(&p, &s) != TCP {
					b.Fatal("not decoded")
				}
			}
		})
	}
}
