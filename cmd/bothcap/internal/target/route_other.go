//go:build !linux

package target

import (
	"fmt"
	"net"
	"net/netip"
)

// Interface is the interface that has the address from which the system would
// send to another. Nothing is sent: connecting a UDP socket only picks a route.
func Interface(to netip.Addr) (string, error) {
	const discard = 9
	connection, err := net.DialUDP("udp", nil, net.UDPAddrFromAddrPort(netip.AddrPortFrom(to, discard)))
	if err != nil {
		return "", fmt.Errorf("route to %s: %w", to, err)
	}
	defer connection.Close()
	from := connection.LocalAddr().(*net.UDPAddr).AddrPort().Addr().Unmap().WithZone("")
	all, err := net.Interfaces()
	if err != nil {
		return "", err
	}
	for _, i := range all {
		addresses, _ := i.Addrs()
		for _, a := range addresses {
			if p, err := netip.ParsePrefix(a.String()); err == nil && p.Addr().WithZone("") == from {
				return i.Name, nil
			}
		}
	}
	return "", fmt.Errorf("route to %s: no interface has the address %s", to, from)
}
