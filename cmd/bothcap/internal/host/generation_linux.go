package host

import (
	"encoding/binary"

	"golang.org/x/sys/unix"
)

// rulesGeneration is the number of the packet filter's rules, which the kernel counts up at
// every change of them, so that two that are equal say that no rule came and went in
// between (linux/netfilter/nf_tables.h). It is not known without a privilege, of a kernel
// without that packet filter, and where the older one has tables, which counts nothing.
func rulesGeneration() (generation uint32, known bool) {
	if hasTables(tables4) || hasTables(tables6) {
		return 0, false
	}
	const (
		getGeneration = 10<<8 | 16 // NFNL_SUBSYS_NFTABLES, NFT_MSG_GETGEN
		newGeneration = 10<<8 | 15 // NFT_MSG_NEWGEN
		genericSize   = 4          // struct nfgenmsg
		generationID  = 1          // NFTA_GEN_ID
	)
	socket, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC, unix.NETLINK_NETFILTER)
	if err != nil {
		return 0, false
	}
	defer unix.Close(socket)
	_ = unix.SetsockoptTimeval(socket, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &unix.Timeval{Sec: 2})
	order := binary.NativeEndian
	m := order.AppendUint32(nil, unix.SizeofNlMsghdr+genericSize)
	m = order.AppendUint16(m, getGeneration)
	m = order.AppendUint16(m, unix.NLM_F_REQUEST)
	m = append(m, make([]byte, 8+genericSize)...)
	if err := unix.Sendto(socket, m, 0, &unix.SockaddrNetlink{Family: unix.AF_NETLINK}); err != nil {
		return 0, false
	}
	answer := make([]byte, 4096)
	n, _, err := unix.Recvfrom(socket, answer, 0)
	if err != nil || n < unix.SizeofNlMsghdr+genericSize || order.Uint16(answer[4:]) != newGeneration {
		return 0, false
	}
	for rest := answer[unix.SizeofNlMsghdr+genericSize : n]; len(rest) >= 4; {
		length := int(order.Uint16(rest))
		if length < 4 || length > len(rest) {
			break
		}
		if order.Uint16(rest[2:]) == generationID && length >= 8 {
			return binary.BigEndian.Uint32(rest[4:]), true
		}
		rest = rest[min((length+3)&^3, len(rest)):]
	}
	return 0, false
}
