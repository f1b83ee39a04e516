package target

import (
	"encoding/binary"
	"fmt"
	"net"
	"net/netip"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Interface is the interface by which the kernel routes to an address
// (rtnetlink(7), RTM_GETROUTE).
func Interface(to netip.Addr) (string, error) {
	socket, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC, unix.NETLINK_ROUTE)
	if err != nil {
		return "", fmt.Errorf("netlink: %w", err)
	}
	defer unix.Close(socket)
	if err := unix.Sendto(socket, routeQuestion(to), 0, &unix.SockaddrNetlink{Family: unix.AF_NETLINK}); err != nil {
		return "", fmt.Errorf("netlink: %w", err)
	}
	answer := make([]byte, 8192)
	n, _, err := unix.Recvfrom(socket, answer, 0)
	if err != nil {
		return "", fmt.Errorf("netlink: %w", err)
	}
	index, err := outputInterface(answer[:n])
	if err != nil {
		return "", fmt.Errorf("route to %s: %w", to, err)
	}
	i, err := net.InterfaceByIndex(index)
	if err != nil {
		return "", fmt.Errorf("route to %s: %w", to, err)
	}
	return i.Name, nil
}

// routeQuestion is an nlmsghdr, an rtmsg and one attribute, the destination.
func routeQuestion(to netip.Addr) []byte {
	family := byte(unix.AF_INET)
	if to.Is6() {
		family = unix.AF_INET6
	}
	address := to.AsSlice()
	order := binary.NativeEndian
	m := order.AppendUint32(nil, uint32(unix.SizeofNlMsghdr+unix.SizeofRtMsg+unix.SizeofRtAttr+len(address)))
	m = order.AppendUint16(m, unix.RTM_GETROUTE)
	m = order.AppendUint16(m, unix.NLM_F_REQUEST)
	m = append(m, make([]byte, 8)...) // sequence number and port, of no interest
	m = append(m, family, byte(len(address)*8))
	m = append(m, make([]byte, unix.SizeofRtMsg-2)...)
	m = order.AppendUint16(m, uint16(unix.SizeofRtAttr+len(address)))
	m = order.AppendUint16(m, unix.RTA_DST)
	return append(m, address...)
}

// outputInterface finds RTA_OIF in the kernel's answer.
func outputInterface(answer []byte) (int, error) {
	order := binary.NativeEndian
	const fixed = unix.SizeofNlMsghdr + unix.SizeofRtMsg
	if len(answer) < unix.SizeofNlMsghdr+4 {
		return 0, fmt.Errorf("netlink answered with %d bytes", len(answer))
	}
	if order.Uint16(answer[4:]) == unix.NLMSG_ERROR {
		return 0, syscall.Errno(-int32(order.Uint32(answer[unix.SizeofNlMsghdr:])))
	}
	for rest := answer[min(fixed, len(answer)):]; len(rest) >= unix.SizeofRtAttr; {
		length := int(order.Uint16(rest))
		if length < unix.SizeofRtAttr || length > len(rest) {
			break
		}
		if order.Uint16(rest[2:]) == unix.RTA_OIF && length >= unix.SizeofRtAttr+int(unsafe.Sizeof(int32(0))) {
			return int(int32(order.Uint32(rest[unix.SizeofRtAttr:]))), nil
		}
		rest = rest[min((length+3)&^3, len(rest)):]
	}
	return 0, fmt.Errorf("netlink named no interface")
}
