package host

import (
	"encoding/binary"
	"os"
	"strings"

	"golang.org/x/sys/unix"

	"bothends/capture/testimony"
)

// Facts finds out what on this host can send in its name beside its TCP, and by how
// many ways. It changes nothing. Most of it takes root.
func Facts() testimony.HostFacts {
	var f testimony.HostFacts
	readRules().into(&f)
	if links, err := Links(); err == nil {
		vrfs := 0
		for _, l := range links {
			if l.XDP {
				f.XDP = append(f.XDP, l.Name)
			}
			if l.Kind == "vrf" {
				vrfs++
			}
		}
		f.VRFs = &vrfs
	}
	f.XDPSockets = xdpSockets()
	f.PacketSockets = packetSockets()
	f.Namespaces = namespaces()
	f.DefaultRoutes, f.RoutingRules = routing()
	return f
}

// xdpSockets counts sockets of AF_XDP (sock_diag(7), linux/xdp_diag.h).
func xdpSockets() *int {
	const sockDiagByFamily = 20
	order := binary.NativeEndian
	request := []byte{unix.AF_XDP, 0, 0, 0}           // family, protocol
	request = append(request, make([]byte, 4+4+8)...) // inode, what to show, cookie
	messages, err := ask(unix.NETLINK_SOCK_DIAG, sockDiagByFamily, request)
	if err != nil {
		return nil // not compiled in, as well
	}
	n := 0
	for _, m := range messages {
		if order.Uint16(m[4:]) == sockDiagByFamily {
			n++
		}
	}
	return &n
}

// packetSockets counts the sockets of AF_PACKET in this network namespace that
// are not this process's: recorders mostly, and all of them can send.
func packetSockets() *int {
	own := map[string]bool{}
	list, _ := os.ReadDir("/proc/self/fd")
	for _, entry := range list {
		if link, err := os.Readlink("/proc/self/fd/" + entry.Name()); err == nil {
			own[strings.TrimSuffix(strings.TrimPrefix(link, "socket:["), "]")] = true
		}
	}
	table, err := os.ReadFile("/proc/thread-self/net/packet")
	if err != nil {
		return nil
	}
	n := 0
	for i, line := range strings.Split(strings.TrimSpace(string(table)), "\n") {
		fields := strings.Fields(line) // the inode is the last
		if i > 0 && len(fields) > 0 && !own[fields[len(fields)-1]] {
			n++
		}
	}
	return &n
}

// routing counts default routes in all tables and families, and routing rules beyond
// those that every host has: local, main and default for IPv4, two for IPv6.
func routing() (defaults, rules *int) {
	routes, err := ask(unix.NETLINK_ROUTE, unix.RTM_GETROUTE, make([]byte, unix.SizeofRtMsg))
	if err == nil {
		n := 0
		for _, m := range routes {
			// struct rtmsg: family, destination's length, ..., type at 7.
			if b := m[unix.SizeofNlMsghdr:]; len(b) >= unix.SizeofRtMsg && b[1] == 0 && b[7] == unix.RTN_UNICAST {
				n++
			}
		}
		defaults = &n
	}
	const usual4, usual6 = 3, 2
	list, err := ask(unix.NETLINK_ROUTE, unix.RTM_GETRULE, make([]byte, unix.SizeofRtMsg))
	if err == nil {
		four, six := 0, 0
		for _, m := range list {
			switch b := m[unix.SizeofNlMsghdr:]; {
			case len(b) == 0:
			case b[0] == unix.AF_INET:
				four++
			case b[0] == unix.AF_INET6:
				six++
			}
		}
		n := max(0, four-usual4) + max(0, six-usual6)
		rules = &n
	}
	return defaults, rules
}
