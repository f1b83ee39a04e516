package host

import "slices"

// A Link is an interface of this host as the kernel describes it.
type Link struct {
	Name      string
	Index     int
	Up        bool // switched on, and with a carrier
	Loopback  bool
	Addressed bool   // it has an IP address other than a link-local one
	Kind      string // of a virtual one, such as "bridge", "vlan" or "veth"; empty for hardware
	Master    int    // index of the bridge, bond or VRF that it is a port of; 0 is none
	Lower     int    // index of the interface that carries its frames, in this namespace; 0 is none
	XDP       bool   // a program of the user's runs below every tap
}

// WaysOut are the interfaces by which a packet of this host can leave, each packet
// by one of them where that can be had.
//
// The ports of a bridge or a bond that is up are left out, for it shows their
// packets itself. Those of a VRF stay, and the VRF goes, which shows again what
// its ports show. So does what only carries VLANs or the like and has no address
// to send from: packets are shown there with a tag, after the VLAN has shown them.
func WaysOut(links []Link) []Link {
	var ways []Link
	for _, l := range links {
		if l.Up && !l.Loopback && l.Kind != "vrf" && !shownByMaster(&l, links) && !onlyCarries(&l, links) {
			ways = append(ways, l)
		}
	}
	return ways
}

func shownByMaster(port *Link, links []Link) bool {
	return port.Master != 0 && slices.ContainsFunc(links, func(l Link) bool {
		return l.Index == port.Master && l.Up && (l.Kind == "bridge" || l.Kind == "bond" || l.Kind == "team")
	})
}

func onlyCarries(lower *Link, links []Link) bool {
	return !lower.Addressed && slices.ContainsFunc(links, func(l Link) bool {
		return l.Lower == lower.Index && l.Up && (l.Kind == "vlan" || l.Kind == "macvlan" || l.Kind == "ipvlan")
	})
}

// Loopback is the name of the interface on which this host talks to itself, or
// empty.
func Loopback() string {
	links, _ := Links()
	for _, l := range links {
		if l.Loopback {
			return l.Name
		}
	}
	return ""
}
