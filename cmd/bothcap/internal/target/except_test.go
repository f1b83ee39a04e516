package target

import (
	"net/netip"
	"testing"

	"github.com/google/gopacket"

	"bothends/capture"
	"bothends/capture/testimony"
)

func TestAConnectionIsLeftOutWhateverElseIsAdmitted(t *testing.T) {
	// From us4 port 40000 to the peer's port 22, as $SSH_CONNECTION has it there.
	except, err := ParseConnection("198.51.100.2 40000 192.0.2.1 22")
	if err != nil {
		t.Fatal(err)
	}
	out := []gopacket.SerializableLayer{ip4(us4, peer4, 6, 0), tcp(40000, 22)}
	back := []gopacket.SerializableLayer{ip4(peer4, us4, 6, 0), tcp(22, 40000)}
	another := []gopacket.SerializableLayer{ip4(us4, peer4, 6, 0), tcp(40001, 22)}
	for name, target := range map[string]Target{
		"everything": {}, "the peer": {Peers: []testimony.Peer{peer}}, "the port": {Ports: []uint16{22}},
		"the client's port": {Ports: []uint16{40000, 22}}, "a filter of the user's": {Expression: "tcp or (vlan and tcp) or (vlan and tcp)"},
	} {
		target.Except = []Connection{except}
		for vlans := range 3 {
			filter := target.Filter(capture.LinkEthernet)
			if passes(t, write(t, capture.LinkEthernet, frame(vlans, out...)), filter) && (vlans == 0 || target.Expression == "") ||
				passes(t, write(t, capture.LinkEthernet, frame(vlans, back...)), filter) && (vlans == 0 || target.Expression == "") {
				t.Errorf("%s, %d tags: the connection passes %q", name, vlans, filter)
			}
			if !passes(t, write(t, capture.LinkEthernet, frame(vlans, another...)), filter) {
				t.Errorf("%s, %d tags: another connection does not pass %q", name, vlans, filter)
			}
		}
		filter := target.Filter(capture.LinkRaw)
		if target.Expression == "" && passes(t, write(t, capture.LinkRaw, serialize(out...)), filter) {
			t.Errorf("%s: the connection passes %q", name, filter)
		}
	}
	// Where it would not be recorded anyway the filter stays as it is.
	plain := Target{Ports: []uint16{587}}
	if with := (Target{Ports: []uint16{587}, Except: []Connection{except}}); with.Filter(capture.LinkEthernet) != plain.Filter(capture.LinkEthernet) {
		t.Errorf("%q", with.Filter(capture.LinkEthernet))
	}
}

func TestAConnectionIsReadAsSSHNamesIt(t *testing.T) {
	got, err := ParseConnection("fe80::1%eth0 50000 ::ffff:192.0.2.1 22")
	want := Connection{netip.MustParseAddrPort("[fe80::1]:50000"), netip.MustParseAddrPort("192.0.2.1:22")}
	if err != nil || got != want {
		t.Errorf("got %v, %v", got, err)
	}
	for _, bad := range []string{"", "192.0.2.1 22", "192.0.2.1 22 192.0.2.2", "192.0.2.1 22 192.0.2.2 65536", "a 22 b 22", "192.0.2.1 22 192.0.2.2 22 x"} {
		if got, err := ParseConnection(bad); err == nil {
			t.Errorf("%q: %v", bad, got)
		}
	}
}
