package host

import (
	"os/exec"
	"slices"
	"strings"
	"testing"
)

func TestEachPacketHasOneWayOut(t *testing.T) {
	const up = true
	ethernet := Link{Name: "eth0", Index: 2, Up: up, Addressed: true}
	for _, test := range []struct {
		name  string
		links []Link
		want  string
	}{
		{"a laptop", []Link{{Name: "lo", Index: 1, Up: up, Loopback: true, Addressed: true}, ethernet, {Name: "wlan0", Index: 3, Up: up, Addressed: true}}, "eth0 wlan0"},
		{"one without its cable", []Link{ethernet, {Name: "eth1", Index: 3, Addressed: true}}, "eth0"},
		{"one without an address may have a route", []Link{ethernet, {Name: "wg0", Index: 3, Up: up, Kind: "wireguard"}}, "eth0 wg0"},
		{"a bridge shows the packets of its ports", []Link{ethernet, {Name: "br0", Index: 3, Up: up, Kind: "bridge"}, {Name: "veth1", Index: 4, Up: up, Kind: "veth", Master: 3}}, "eth0 br0"},
		{"a bridge that is down does not", []Link{{Name: "br0", Index: 3, Kind: "bridge"}, {Name: "veth1", Index: 4, Up: up, Kind: "veth", Master: 3}}, "veth1"},
		{"a bond", []Link{{Name: "eth0", Index: 2, Up: up, Master: 9}, {Name: "eth1", Index: 3, Up: up, Master: 9}, {Name: "bond0", Index: 9, Up: up, Kind: "bond", Addressed: true}}, "bond0"},
		{"a VRF shows its ports' packets again", []Link{{Name: "eth0", Index: 2, Up: up, Master: 9, Addressed: true}, {Name: "red", Index: 9, Up: up, Kind: "vrf"}}, "eth0"},
		{"a trunk without an address of its own", []Link{{Name: "eth0", Index: 2, Up: up}, {Name: "eth0.5", Index: 3, Up: up, Kind: "vlan", Lower: 2, Addressed: true}}, "eth0.5"},
		{"a trunk with one", []Link{ethernet, {Name: "eth0.5", Index: 3, Up: up, Kind: "vlan", Lower: 2, Addressed: true}}, "eth0 eth0.5"},
		{"a trunk whose VLAN is down", []Link{{Name: "eth0", Index: 2, Up: up}, {Name: "eth0.5", Index: 3, Kind: "vlan", Lower: 2}}, "eth0"},
	} {
		var got []string
		for _, l := range WaysOut(test.links) {
			got = append(got, l.Name)
		}
		if strings.Join(got, " ") != test.want {
			t.Errorf("%s: got %q, want %q", test.name, got, test.want)
		}
	}
}

// ip(8) asks the same kernel by code of its own.
func TestLinksAreThoseOfIP(t *testing.T) {
	links, err := Links()
	if err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command("ip", "-o", "link", "show").Output()
	if err != nil {
		t.Skipf("ip: %v", err)
	}
	for line := range strings.Lines(string(out)) {
		name, _, _ := strings.Cut(strings.Fields(line)[1], "@")
		name = strings.TrimSuffix(name, ":")
		i := slices.IndexFunc(links, func(l Link) bool { return l.Name == name })
		if i < 0 {
			t.Errorf("%s is missing in %+v", name, links)
			continue
		}
		flags := strings.Split(strings.TrimPrefix(strings.TrimSuffix(strings.Fields(line)[2], ">"), "<"), ",")
		if want := slices.Contains(flags, "UP") && slices.Contains(flags, "LOWER_UP"); links[i].Up != want {
			t.Errorf("%s is up: %v, ip says %q", name, links[i].Up, flags)
		}
		if want := slices.Contains(flags, "LOOPBACK"); links[i].Loopback != want {
			t.Errorf("%s is loopback: %v, ip says %q", name, links[i].Loopback, flags)
		}
	}
}
