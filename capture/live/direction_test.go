package live

import (
	"encoding/hex"
	"net/netip"
	"testing"

	"bothends/capture"
)

func TestDirectionIsToldFromAddresses(t *testing.T) {
	us := host{mac: [6]byte{2, 0, 0, 0, 0, 1}, addresses: map[netip.Addr]bool{
		netip.MustParseAddr("192.0.2.1"): true, netip.MustParseAddr("2001:db8::1"): true}}
	loopback := host{loopback: true}
	const (
		ours, theirs, others, group = "020000000001", "020000000002", "020000000003", "333300000001"
		four                        = "4500002800004000400600" + "00"
		six                         = "6000000000000640"
		our4, their4                = "c0000201", "c6336402"
		our6, their6                = "20010db8000000000000000000000001", "20010db8000000000000000000000002"
		unknown                     = capture.DirectionUnknown
	)
	for _, test := range []struct {
		name  string
		host  host
		link  capture.LinkType
		frame string
		want  capture.Direction
	}{
		{"a frame that we sent", us, capture.LinkEthernet, theirs + ours + "0800", capture.Outbound},
		{"a frame to us", us, capture.LinkEthernet, ours + theirs + "0800", capture.Inbound},
		{"a frame to a group", us, capture.LinkEthernet, group + theirs + "0800", capture.Inbound},
		{"a frame between others, over a bridge of ours", us, capture.LinkEthernet, others + theirs + "0800", unknown},
		{"a frame cut before its addresses end", us, capture.LinkEthernet, ours + theirs, unknown},
		{"any frame on the loopback", loopback, capture.LinkEthernet, "000000000000000000000000" + "0800", capture.Inbound},
		{"a packet that we sent", us, capture.LinkRaw, four + our4 + their4, capture.Outbound},
		{"a packet to us", us, capture.LinkRaw, four + their4 + our4, capture.Inbound},
		{"a packet between others", us, capture.LinkRaw, four + their4 + "c6336403", unknown},
		{"an IPv6 packet that we sent", us, capture.LinkRaw, six + our6 + their6, capture.Outbound},
		{"an IPv6 packet to us", us, capture.LinkRaw, six + their6 + our6, capture.Inbound},
		{"a packet cut short", us, capture.LinkRaw, "4500", unknown},
		{"cooked, to us", us, capture.LinkLinuxSLL, "0000" + "0001000602000000000200000800", capture.Inbound},
		{"cooked, that we sent", us, capture.LinkLinuxSLL, "0004" + "0001000602000000000100000800", capture.Outbound},
		{"cooked, cut short", us, capture.LinkLinuxSLL, "0004", unknown},
		{"a link type without addresses", us, capture.LinkPPP, "ff030021", unknown},
	} {
		t.Run(test.name, func(t *testing.T) {
			frame, err := hex.DecodeString(test.frame)
			if err != nil {
				t.Fatal(err)
			}
			if got := test.host.direction(test.link, frame); got != test.want {
				t.Errorf("got %s, want %s", got, test.want)
			}
		})
	}
}
