package host

import (
	"encoding/binary"
	"slices"
	"syscall"

	"golang.org/x/sys/unix"
)

// ask sends a netlink request for a dump and returns the messages of the answer,
// headers and all.
func ask(protocol int, kind uint16, body []byte) (messages [][]byte, err error) {
	socket, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC, protocol)
	if err != nil {
		return nil, err
	}
	defer unix.Close(socket)
	_ = unix.SetsockoptTimeval(socket, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &unix.Timeval{Sec: 2})
	order := binary.NativeEndian
	m := order.AppendUint32(nil, uint32(unix.SizeofNlMsghdr+len(body)))
	m = order.AppendUint16(m, kind)
	m = order.AppendUint16(m, unix.NLM_F_REQUEST|unix.NLM_F_DUMP)
	m = append(m, make([]byte, 8)...)
	if err := unix.Sendto(socket, append(m, body...), 0, &unix.SockaddrNetlink{Family: unix.AF_NETLINK}); err != nil {
		return nil, err
	}
	answer := make([]byte, 1<<16)
	for {
		n, _, err := unix.Recvfrom(socket, answer, 0)
		if err != nil {
			return nil, err
		}
		for rest := answer[:n]; len(rest) >= unix.SizeofNlMsghdr; {
			length := int(order.Uint32(rest))
			if length < unix.SizeofNlMsghdr || length > len(rest) {
				break
			}
			switch order.Uint16(rest[4:]) {
			case unix.NLMSG_DONE:
				return messages, nil
			case unix.NLMSG_ERROR:
				if length >= unix.SizeofNlMsghdr+4 {
					return nil, syscall.Errno(-int32(order.Uint32(rest[unix.SizeofNlMsghdr:])))
				}
				return nil, unix.EIO
			}
			messages = append(messages, slices.Clone(rest[:length]))
			rest = rest[min((length+3)&^3, len(rest)):]
		}
	}
}
