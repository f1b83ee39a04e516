package target

import (
	"net/netip"
	"testing"

	"bothends/capture"
	"bothends/capture/testimony"
	"bothends/correlate/witness"
)

// What bothcap asks of headers are ports, fragments and what errors quote: a judge must
// not take that for a filter by TCP flags, which may leave out resets.
func TestNoFilterOfItsOwnIsTakenForOneByFlags(t *testing.T) {
	four, six := netip.MustParseAddr("198.51.100.25"), netip.MustParseAddr("2001:db8::25")
	for name, to := range map[string]Target{
		"a port":            {Ports: []uint16{587}},
		"two ports":         {Ports: []uint16{25, 587}},
		"a peer":            {Peers: []testimony.Peer{{Addresses: []netip.Addr{four, six}}}},
		"a peer and a port": {Peers: []testimony.Peer{{Addresses: []netip.Addr{four, six}}}, Ports: []uint16{587}},
	} {
		for _, link := range []capture.LinkType{capture.LinkEthernet, capture.LinkRaw} {
			w := witness.Witness{Filter: to.Filter(link)}
			if w.FiltersFlags() || !w.AdmitsResets() {
				t.Errorf("%s on %v: by flags %v, admits resets %v: %s", name, link, w.FiltersFlags(), w.AdmitsResets(), w.Filter)
			}
		}
	}
	for _, byFlags := range []string{"ip6[53] & 4 = 0", "ip6[6] = 58 or ip6[53] & 4 = 0", "tcp[13] = 2", "ip[33] & 4 = 0"} {
		if w := (witness.Witness{Filter: byFlags}); !w.FiltersFlags() {
			t.Errorf("%s: not by flags", byFlags)
		}
	}
}
