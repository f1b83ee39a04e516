package host

import (
	"encoding/binary"
	"fmt"
	"syscall"

	"golang.org/x/sys/unix"
)

// Links asks the kernel for all interfaces of this network namespace
// (rtnetlink(7), RTM_GETLINK and RTM_GETADDR).
func Links() ([]Link, error) {
	messages, err := dump(unix.RTM_GETLINK)
	if err != nil {
		return nil, err
	}
	var links []Link
	for i := range messages {
		if messages[i].Header.Type == unix.RTM_NEWLINK {
			if l, ok := parseLink(&messages[i]); ok {
				links = append(links, l)
			}
		}
	}
	messages, err = dump(unix.RTM_GETADDR)
	if err != nil {
		return nil, err
	}
	for i := range messages {
		// struct ifaddrmsg: family, prefix length, flags, scope, index.
		b := messages[i].Data
		if messages[i].Header.Type != unix.RTM_NEWADDR || len(b) < unix.SizeofIfAddrmsg || b[3] == unix.RT_SCOPE_LINK {
			continue
		}
		index := int(binary.NativeEndian.Uint32(b[4:]))
		for n := range links {
			links[n].Addressed = links[n].Addressed || links[n].Index == index
		}
	}
	return links, nil
}

func dump(question int) ([]syscall.NetlinkMessage, error) {
	answer, err := syscall.NetlinkRIB(question, unix.AF_UNSPEC)
	if err != nil {
		return nil, fmt.Errorf("netlink: %w", err)
	}
	messages, err := syscall.ParseNetlinkMessage(answer)
	if err != nil {
		return nil, fmt.Errorf("netlink: %w", err)
	}
	return messages, nil
}

// parseLink reads a struct ifinfomsg and its attributes.
func parseLink(m *syscall.NetlinkMessage) (l Link, ok bool) {
	if len(m.Data) < unix.SizeofIfInfomsg {
		return l, false
	}
	order := binary.NativeEndian
	l.Index = int(int32(order.Uint32(m.Data[4:])))
	flags := order.Uint32(m.Data[8:])
	// Not IFF_RUNNING, which follows the carrier up to a second later (linkwatch).
	l.Up = flags&unix.IFF_UP != 0 && flags&unix.IFF_LOWER_UP != 0
	l.Loopback = flags&unix.IFF_LOOPBACK != 0
	attributes, err := syscall.ParseNetlinkRouteAttr(m)
	if err != nil {
		return l, false
	}
	elsewhere := false
	for _, a := range attributes {
		switch a.Attr.Type & typeMask {
		case unix.IFLA_IFNAME:
			l.Name = unix.ByteSliceToString(a.Value)
		case unix.IFLA_MASTER:
			l.Master = number(a.Value)
		case unix.IFLA_LINK:
			l.Lower = number(a.Value)
		case unix.IFLA_LINK_NETNSID:
			elsewhere = true // the number is another namespace's
		case unix.IFLA_LINKINFO:
			l.Kind = unix.ByteSliceToString(nested(a.Value)[unix.IFLA_INFO_KIND])
		case unix.IFLA_XDP:
			attached := nested(a.Value)[unix.IFLA_XDP_ATTACHED]
			l.XDP = len(attached) > 0 && attached[0] != 0
		}
	}
	if elsewhere {
		l.Lower = 0
	}
	return l, l.Name != ""
}

func number(value []byte) int {
	if len(value) < 4 {
		return 0
	}
	return int(int32(binary.NativeEndian.Uint32(value)))
}

// typeMask is NLA_TYPE_MASK of linux/netlink.h: the type without its flags.
const typeMask = 0x3fff

// nested are the attributes within an attribute, by type (netlink(7)).
func nested(value []byte) map[uint16][]byte {
	inner := map[uint16][]byte{}
	for len(value) >= unix.SizeofRtAttr {
		length := int(binary.NativeEndian.Uint16(value))
		if length < unix.SizeofRtAttr || length > len(value) {
			break
		}
		inner[binary.NativeEndian.Uint16(value[2:])&typeMask] = value[unix.SizeofRtAttr:length]
		value = value[min((length+3)&^3, len(value)):]
	}
	return inner
}

// A LinkWatch tells when interfaces or their addresses have changed.
type LinkWatch struct{ socket int }

// WatchLinks begins to watch this network namespace.
func WatchLinks() (*LinkWatch, error) {
	socket, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, unix.NETLINK_ROUTE)
	if err != nil {
		return nil, fmt.Errorf("netlink: %w", err)
	}
	const groups = unix.RTMGRP_LINK | unix.RTMGRP_IPV4_IFADDR | unix.RTMGRP_IPV6_IFADDR
	if err := unix.Bind(socket, &unix.SockaddrNetlink{Family: unix.AF_NETLINK, Groups: groups}); err != nil {
		unix.Close(socket)
		return nil, fmt.Errorf("netlink: %w", err)
	}
	return &LinkWatch{socket}, nil
}

// Changed reports whether anything has changed since it was last asked. It does
// not wait. What was lost counts as a change.
func (w *LinkWatch) Changed() bool {
	changed := false
	buffer := make([]byte, 16<<10)
	for {
		_, _, err := unix.Recvfrom(w.socket, buffer, 0)
		switch err {
		case nil, unix.ENOBUFS:
			changed = true
		case unix.EINTR:
		default:
			return changed
		}
	}
}
