package target

import (
	"errors"
	"fmt"
	"net/netip"
	"strconv"
	"strings"

	"bothends/capture"
)

// A Connection is one by its two ends, in either order.
type Connection [2]netip.AddrPort

// ParseConnection reads a connection as $SSH_CONNECTION names it: address and port of
// one end, then of the other (ssh(1)).
func ParseConnection(text string) (Connection, error) {
	words := strings.Fields(text)
	var c Connection
	if len(words) != 2*len(c) {
		return c, fmt.Errorf("%q is not ADDRESS PORT ADDRESS PORT", text)
	}
	for i := range c {
		address, err := netip.ParseAddr(words[2*i])
		port, bad := strconv.ParseUint(words[2*i+1], 10, 16)
		if err = errors.Join(err, bad); err != nil {
			return c, fmt.Errorf("%q is not ADDRESS PORT ADDRESS PORT: %w", text, err)
		}
		c[i] = netip.AddrPortFrom(address.WithZone("").Unmap(), uint16(port))
	}
	return c, nil
}

// filter is the connection in libpcap's language.
func (c Connection) filter() string {
	return fmt.Sprintf("(host %s and host %s and tcp port %d and tcp port %d)", c[0].Addr(), c[1].Addr(), c[0].Port(), c[1].Port())
}

// excepted are the connections to leave out that would not be left out anyway, as a
// filter.
func (t Target) excepted() string {
	var parts []string
	for _, c := range t.Except {
		if t.Concerns(c[0], c[1]) {
			parts = append(parts, c.filter())
		}
	}
	return or(parts)
}

// without adds to a filter that something is left out. It stands in front, as behind
// "vlan" it would be sought one tag further.
func without(excepted, filter string) string {
	if excepted == "" {
		return filter
	}
	return fmt.Sprintf("(not %s and (%s))", excepted, filter)
}

// everythingBut admits all but what is left out, on Ethernet with any number of tags
// up to two.
func everythingBut(excepted string, link capture.LinkType) string {
	switch {
	case excepted == "":
		return ""
	case link != capture.LinkEthernet:
		return "not " + excepted
	}
	return fmt.Sprintf("not (%[1]s or (vlan and (%[1]s or (vlan and %[1]s))))", excepted)
}
