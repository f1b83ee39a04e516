package live

import (
	"encoding/binary"
	"net"
	"net/netip"

	"bothends/capture"
)

// host tells packets that this host sent from those it received.
//
// libpcap does not say which is which, except in its cooked headers. (The
// kernel does, but libpcap offers that only as a filter: one handle for each
// direction, with two rings whose packets would have to be put in order again.)
// So it is told from addresses, and where they do not tell, as for frames that
// pass a bridge, it stays unknown.
type host struct {
	loopback  bool
	mac       [6]byte // zero if it has none of that length
	addresses map[netip.Addr]bool
}

// readHost looks up an interface's present addresses. One that does not exist,
// such as "any", has none.
func readHost(name string) host {
	h := host{addresses: map[netip.Addr]bool{}}
	i, err := net.InterfaceByName(name)
	if err != nil {
		return h
	}
	h.loopback = i.Flags&net.FlagLoopback != 0
	if len(i.HardwareAddr) == len(h.mac) {
		h.mac = [6]byte(i.HardwareAddr)
	}
	addresses, _ := i.Addrs()
	for _, a := range addresses {
		if p, err := netip.ParsePrefix(a.String()); err == nil {
			h.addresses[p.Addr().WithZone("")] = true
		}
	}
	return h
}

// direction of one frame as captured.
func (h *host) direction(link capture.LinkType, frame []byte) capture.Direction {
	switch {
	case link == capture.LinkLinuxSLL:
		return cookedDirection(frame)
	case h.loopback:
		// Linux shows each packet twice here; libpcap keeps the received one.
		return capture.Inbound
	case link == capture.LinkEthernet:
		return h.ethernetDirection(frame)
	case link == capture.LinkRaw || link == capture.LinkIPv4 || link == capture.LinkIPv6:
		return h.addressDirection(frame)
	}
	return capture.DirectionUnknown
}

// The kernel's packet type in the first two bytes of LINKTYPE_LINUX_SLL
// (https://www.tcpdump.org/linktypes/LINKTYPE_LINUX_SLL.html).
const (
	cookedSize     = 16
	cookedOutgoing = 4
)

func cookedDirection(frame []byte) capture.Direction {
	switch {
	case len(frame) < cookedSize:
		return capture.DirectionUnknown
	case binary.BigEndian.Uint16(frame) == cookedOutgoing:
		return capture.Outbound
	}
	return capture.Inbound
}

func (h *host) ethernetDirection(frame []byte) capture.Direction {
	if len(frame) < 14 || h.mac == [6]byte{} {
		return capture.DirectionUnknown
	}
	to, from := [6]byte(frame), [6]byte(frame[6:])
	switch {
	case from == h.mac:
		return capture.Outbound
	case to == h.mac, to[0]&1 != 0: // to us, or to a group of which we may be one
		return capture.Inbound
	}
	return capture.DirectionUnknown
}

func (h *host) addressDirection(packet []byte) capture.Direction {
	var from, to netip.Addr
	switch {
	case len(packet) >= 20 && packet[0]>>4 == 4:
		from, to = netip.AddrFrom4([4]byte(packet[12:])), netip.AddrFrom4([4]byte(packet[16:]))
	case len(packet) >= 40 && packet[0]>>4 == 6:
		from, to = netip.AddrFrom16([16]byte(packet[8:])), netip.AddrFrom16([16]byte(packet[24:]))
	}
	switch {
	case h.addresses[from]:
		return capture.Outbound
	case h.addresses[to] || to.IsMulticast():
		return capture.Inbound
	}
	return capture.DirectionUnknown
}
