package survey

import (
	"context"
	"hash/maphash"
	"testing"

	"bothends/capture"
)

// A host that forwards records a packet twice on the "any" device: as it comes in and as it
// leaves. What is seen to come in only it may have held back.
func TestWhatAForwardingHostHoldsBackIsCounted(t *testing.T) {
	const in, others, out = 0, 3, 4 // packet types of cooked headers
	seen := func(at int64, device, kind byte, ttl uint8, id uint16) capture.Packet {
		data := sll2(device, ipv4ACK(ttl, id))
		data[10] = kind
		return capture.Packet{LinkType: capture.LinkLinuxSLL2, TimeNS: 1e18 + at, Data: data}
	}
	for name, c := range map[string]struct {
		list []capture.Packet
		want int32
	}{
		"both left":    {[]capture.Packet{seen(0, 2, in, 64, 1), seen(1e4, 3, out, 63, 1), seen(1e9, 2, in, 64, 2), seen(1e9+1e4, 3, out, 63, 2)}, 0},
		"one was held": {[]capture.Packet{seen(0, 2, in, 64, 1), seen(1e4, 3, out, 63, 1), seen(1e9, 2, in, 64, 2)}, 1},
		"none is seen to leave, as by a recording of one interface": {[]capture.Packet{seen(0, 2, in, 64, 1), seen(1e9, 2, in, 64, 2)}, 2},
		"a bridge passed on both":                                   {[]capture.Packet{seen(0, 2, others, 64, 1), seen(1e4, 3, out, 64, 1), seen(1e9, 2, others, 64, 2), seen(1e9+1e4, 3, out, 64, 2)}, 0},
		"a bridge passed on one":                                    {[]capture.Packet{seen(0, 2, others, 64, 1), seen(1e4, 3, out, 64, 1), seen(1e9, 2, others, 64, 2)}, 1},
		"a mirror":                                                  {[]capture.Packet{seen(0, 2, others, 64, 1), seen(1e9, 2, others, 64, 2)}, 0},
		"the host's own":                                            {[]capture.Packet{seen(0, 3, out, 64, 1), seen(1e9, 3, out, 64, 2)}, 0},
		"a port and its bridge, and then out":                       {[]capture.Packet{seen(0, 2, in, 64, 1), seen(1e3, 5, in, 64, 1), seen(1e4, 3, out, 63, 1)}, 0},
	} {
		sv, _, err := Take(context.Background(), opens(&frames{list: c.list}), maphash.MakeSeed(), 0, func(*frames) {})
		if err != nil {
			t.Fatal(err)
		}
		seg := sv.Connections[0]
		side := Initiator
		if seg.Flows[side].Segments == 0 {
			side = Responder
		}
		if got := sv.Held(seg, side); got != c.want {
			t.Errorf("%s: %d held back", name, got)
		}
	}
}
