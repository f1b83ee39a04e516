package kernellog

import (
	"encoding/binary"
	"net/netip"

	"bothends/capture/testimony"
)

// The address families of Linux (socket(2)).
const (
	familyIPv4 = 2
	familyIPv6 = 10
)

// ownDoing reports whether a process sent a reset by what it did with its connection
// (closing it with data unread, or with a linger time of 0, or ss -K): only there is
// the process at work the one that did it. All others are sent by whatever process
// the network or a timer has interrupted, among them, for the same reason, those of
// FIN-WAIT-2's timer (net/ipv4/tcp.c, tcp_timer.c). Kernels that give no reason leave
// it open.
func ownDoing(e *testimony.KernelEvent) bool {
	switch e.Reason {
	case "TCP_ABORT_ON_CLOSE", "TCP_DISCONNECT_WITH_DATA":
		return e.Active
	case "TCP_STATE":
		return e.Active && e.State != "TCP_FIN_WAIT2"
	}
	return false
}

// event reads a record of one of the tracepoints.
func (f *format) event(record []byte, sent bool) (e testimony.KernelEvent, ok bool) {
	e.Sent = sent
	if f.has("family") || f.has("saddr_v6") { // all fields apart
		e.Local, e.Remote, ok = f.apart(record)
	} else {
		local, okLocal := sockaddr(f.bytes(record, "saddr"))
		remote, okRemote := sockaddr(f.bytes(record, "daddr"))
		e.Local, e.Remote, ok = local, remote, okLocal && okRemote
	}
	if !ok {
		return e, false
	}
	if sent {
		if b := f.bytes(record, "reason"); len(b) == 4 {
			e.Reason = f.symbol("reason", int64(binary.NativeEndian.Uint32(b)))
		}
		if b := f.bytes(record, "state"); len(b) == 4 {
			e.State = f.symbol("state", int64(int32(binary.NativeEndian.Uint32(b))))
		}
		// A reset that answers a packet comes with that packet.
		if b := f.bytes(record, "skbaddr"); len(b) == 8 {
			e.Active = binary.NativeEndian.Uint64(b) == 0
		}
	}
	return e, true
}

// apart is how tracepoints give addresses that do not print them as one.
func (f *format) apart(record []byte) (local, remote netip.AddrPort, ok bool) {
	sport, dport := f.bytes(record, "sport"), f.bytes(record, "dport")
	if len(sport) != 2 || len(dport) != 2 {
		return local, remote, false
	}
	family := familyIPv6
	if b := f.bytes(record, "family"); len(b) == 2 {
		family = int(binary.NativeEndian.Uint16(b))
	}
	from, to := f.bytes(record, "saddr_v6"), f.bytes(record, "daddr_v6")
	if family == familyIPv4 {
		from, to = f.bytes(record, "saddr"), f.bytes(record, "daddr")
	}
	source, okSource := netip.AddrFromSlice(from)
	destination, okDestination := netip.AddrFromSlice(to)
	return netip.AddrPortFrom(source.Unmap(), binary.NativeEndian.Uint16(sport)),
		netip.AddrPortFrom(destination.Unmap(), binary.NativeEndian.Uint16(dport)), okSource && okDestination
}

// sockaddr reads a struct sockaddr_in or sockaddr_in6, whose port is in the
// network's order.
func sockaddr(b []byte) (netip.AddrPort, bool) {
	if len(b) < 28 {
		return netip.AddrPort{}, false
	}
	port := binary.BigEndian.Uint16(b[2:])
	switch binary.NativeEndian.Uint16(b) {
	case familyIPv4:
		return netip.AddrPortFrom(netip.AddrFrom4([4]byte(b[4:])), port), true
	case familyIPv6:
		return netip.AddrPortFrom(netip.AddrFrom16([16]byte(b[8:])).Unmap(), port), true
	}
	return netip.AddrPort{}, false
}
