// Package target says which packets belong to a session: those between this
// host and its peers, as a filter in libpcap's language.
package target

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"

	"bothends/capture"
	"bothends/capture/testimony"
)

// A Target is what to record. The zero Target is everything.
type Target struct {
	Peers      []testimony.Peer
	Ports      []uint16
	Expression string // the user's own filter, instead of one from Peers and Ports
	Except     []Connection
}

// Addresses are those of all peers, each once.
func (t Target) Addresses() []netip.Addr {
	var all []netip.Addr
	for _, p := range t.Peers {
		for _, a := range p.Addresses {
			if !slices.Contains(all, a) {
				all = append(all, a)
			}
		}
	}
	return all
}

// ErrNoAddress says that a name has no address.
var ErrNoAddress = errors.New("no address")

// Resolve finds all addresses of a host. An address is its own.
func Resolve(ctx context.Context, host string) (testimony.Peer, error) {
	peer := testimony.Peer{Name: host}
	if a, err := netip.ParseAddr(strings.Trim(host, "[]")); err == nil {
		peer.Addresses = []netip.Addr{a.WithZone("").Unmap()}
		return peer, nil
	}
	found, err := net.DefaultResolver.LookupNetIP(ctx, "ip", host)
	if err != nil {
		return peer, fmt.Errorf("peer %q: %w", host, err)
	}
	for _, a := range found {
		a = a.WithZone("").Unmap()
		if !slices.Contains(peer.Addresses, a) {
			peer.Addresses = append(peer.Addresses, a)
		}
	}
	if len(peer.Addresses) == 0 {
		return peer, fmt.Errorf("peer %q: %w", host, ErrNoAddress)
	}
	slices.SortFunc(peer.Addresses, netip.Addr.Compare)
	return peer, nil
}

// Concerns reports whether a connection may be of the target, by its ends. Of a
// filter of the user's nothing is known, and everything may be; so may one whose
// remote end is not known, by its address.
func (t Target) Concerns(local, remote netip.AddrPort) bool {
	if t.Expression != "" {
		return true
	}
	peers := t.Addresses()
	return (len(t.Peers) == 0 || remote.Addr().IsUnspecified() || slices.Contains(peers, local.Addr()) || slices.Contains(peers, remote.Addr())) &&
		(len(t.Ports) == 0 || slices.Contains(t.Ports, local.Port()) || slices.Contains(t.Ports, remote.Port()))
}

// Filter is the target as a filter for frames of a link type; empty for
// everything.
//
// It admits the peers' TCP segments of both directions, later IP fragments of
// theirs (which have no ports), and ICMP errors that quote them, whoever sent
// these. On Ethernet it admits them with no, one and two VLAN tags: in libpcap's
// language "vlan" moves everything behind it by one tag, so the same words stand
// there three times.
func (t Target) Filter(link capture.LinkType) string {
	excepted := t.excepted()
	if t.Expression != "" {
		return without(excepted, t.Expression)
	}
	var four, six []netip.Addr
	for _, a := range t.Addresses() {
		if a.Is4() {
			four = append(four, a)
		} else {
			six = append(six, a)
		}
	}
	if len(t.Peers) == 0 && len(t.Ports) == 0 {
		return everythingBut(excepted, link)
	}
	var parts []string
	if len(four) > 0 || len(t.Peers) == 0 {
		parts = append(parts, t.segments4(four), t.errors4(four))
	}
	if len(six) > 0 || len(t.Peers) == 0 {
		parts = append(parts, t.segments6(six), t.errors6(six))
	}
	admitted := without(excepted, or(parts))
	if link != capture.LinkEthernet {
		return admitted
	}
	return fmt.Sprintf("%s or (vlan and (%s or (vlan and %s)))", admitted, admitted, admitted)
}

// segments4 is TCP in IPv4. A fragment's offset is the low 13 bits of bytes 6
// and 7 (RFC 791 section 3.1).
func (t Target) segments4(peers []netip.Addr) string {
	parts := []string{"ip proto 6", each(peers, func(a netip.Addr) string { return "ip host " + a.String() })}
	if len(t.Ports) > 0 {
		parts = append(parts, or([]string{each(t.Ports, tcpPort), "ip[6:2] & 0x1fff != 0"}))
	}
	return and(parts)
}

func tcpPort(n uint16) string { return fmt.Sprintf("tcp port %d", n) }

// segments6 is TCP in IPv6. Behind an extension header (RFC 8200 section 4: 0
// hop-by-hop options, 43 routing, 44 fragment, 60 destination options) TCP is
// admitted whatever its ports.
func (t Target) segments6(peers []netip.Addr) string {
	direct := []string{"ip6[6] = 6"}
	if len(t.Ports) > 0 {
		direct = append(direct, each(t.Ports, tcpPort))
	}
	extended := "(ip6[6] = 0 or ip6[6] = 43 or ip6[6] = 44 or ip6[6] = 60)" +
		" and (ip6[40] = 6 or ip6[40] = 43 or ip6[40] = 44 or ip6[40] = 60)"
	return and([]string{"ip6", each(peers, func(a netip.Addr) string { return "ip6 host " + a.String() }),
		or([]string{and(direct), "(" + extended + ")"})})
}

// errors4 is ICMP errors (RFC 792: 3 unreachable, 4 source quench, 5 redirect,
// 11 time exceeded, 12 parameter problem) that quote TCP from or to a peer. The
// quoted IP header starts at byte 8; its ports can be told only if it has no
// options.
func (t Target) errors4(peers []netip.Addr) string {
	parts := []string{"icmp", "(icmp[0] = 3 or icmp[0] = 4 or icmp[0] = 5 or icmp[0] = 11 or icmp[0] = 12)", "icmp[17] = 6",
		each(peers, func(a netip.Addr) string {
			four := a.As4()
			return fmt.Sprintf("icmp[20:4] = 0x%x or icmp[24:4] = 0x%x", four, four)
		})}
	if len(t.Ports) > 0 {
		parts = append(parts, or([]string{"icmp[8] & 0xf != 5", each(t.Ports, func(n uint16) string {
			return fmt.Sprintf("icmp[28:2] = %d or icmp[30:2] = %d", n, n)
		})}))
	}
	return and(parts)
}

// errors6 is ICMPv6 errors (RFC 4443 section 2.1: types below 128) that quote a
// packet from or to a peer. Behind the 40 bytes of IPv6 header ICMPv6 has 8 of
// its own, and then the quoted header.
func (t Target) errors6(peers []netip.Addr) string {
	parts := []string{"ip6", "ip6[6] = 58", "ip6[40] < 128", each(peers, func(a netip.Addr) string {
		return words(a, 48+8) + " or " + words(a, 48+24)
	})}
	if len(t.Ports) > 0 {
		parts = append(parts, "ip6[54] = 6", each(t.Ports, func(n uint16) string {
			return fmt.Sprintf("ip6[88:2] = %d or ip6[90:2] = %d", n, n)
		}))
	} else {
		parts = append(parts, "(ip6[54] = 6 or ip6[54] = 44)")
	}
	return and(parts)
}

// words compares the 16 bytes at an offset, four at a time.
func words(a netip.Addr, offset int) string {
	sixteen := a.As16()
	var parts []string
	for i := 0; i < 16; i += 4 {
		parts = append(parts, fmt.Sprintf("ip6[%d:4] = 0x%x", offset+i, sixteen[i:i+4]))
	}
	return and(parts)
}

func each[T any](list []T, part func(T) string) string {
	var parts []string
	for _, item := range list {
		parts = append(parts, part(item))
	}
	return or(parts)
}

func or(parts []string) string  { return join(parts, " or ") }
func and(parts []string) string { return join(parts, " and ") }

// join leaves out what is empty, and puts parentheses around the rest.
func join(parts []string, word string) string {
	parts = slices.DeleteFunc(slices.Clone(parts), func(p string) bool { return p == "" })
	if len(parts) == 0 {
		return ""
	}
	return "(" + strings.Join(parts, word) + ")"
}
