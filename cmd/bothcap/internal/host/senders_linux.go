package host

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"bothends/capture/testimony"
)

// Facts finds out what on this host can send in its name beside its TCP, and by how
// many ways. It changes nothing. Most of it takes root.
func Facts() testimony.HostFacts {
	var f testimony.HostFacts
	f.ResetRules, f.RulesFrom = resetRules()
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

// rulesLimit bounds how long a packet filter may take to list its rules.
const rulesLimit = 3 * time.Second

// A lister prints the rules of a packet filter; a rule that answers with a TCP reset
// has the words.
type lister struct {
	program   string
	arguments []string
	words     string
	tables    string // which it lists, if it does not stand for the newer packet filter
}

// Where the kernel says of which tables the older packet filter consists.
const (
	tables4 = "/proc/net/ip_tables_names"
	tables6 = "/proc/net/ip6_tables_names"
)

// hasTables reports whether the kernel tells of any in a file of /proc, or does not let
// this process see.
func hasTables(name string) bool {
	data, err := os.ReadFile(name)
	return err != nil && !os.IsNotExist(err) || len(data) > 0
}

var listers = []lister{
	{"nft", []string{"-s", "-n", "list", "ruleset"}, "reject with tcp reset", ""},
	{"iptables-save", nil, "--reject-with tcp-reset", tables4},
	{"ip6tables-save", nil, "--reject-with tcp-reset", tables6},
	// Where iptables stands for the newer packet filter, rules of the older may be
	// there all the same.
	{"iptables-legacy-save", nil, "--reject-with tcp-reset", tables4},
	{"ip6tables-legacy-save", nil, "--reject-with tcp-reset", tables6},
}

// resetRules counts the rules that answer with a reset, not what they match. It is
// not known unless whatever packet filter has rules could be asked: by nft, or, if it
// has no tables of its own, by iptables for both families.
func resetRules() (rules *int, from []string) {
	n, newer := 0, false       // whether iptables stands for the newer packet filter
	older := map[string]bool{} // tables of the older one that were listed
	for _, l := range listers {
		path := programPath(l.program)
		if path == "" {
			continue
		}
		ctx, cancel := context.WithTimeout(context.Background(), rulesLimit)
		cmd := exec.CommandContext(ctx, path, l.arguments...)
		cmd.Env = []string{"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C"}
		out, err := cmd.Output()
		cancel()
		if err != nil {
			continue
		}
		// Of a table that nft made iptables says only that it cannot show it.
		if strings.Contains(string(out), "is incompatible, use 'nft' tool") {
			continue
		}
		stands := standsForNFT(string(out))
		newer = newer || stands
		older[l.tables] = older[l.tables] || !stands
		// nft has listed the same rules.
		if !stands || !slices.Contains(from, "nft") {
			n += strings.Count(string(out), l.words)
		}
		from = append(from, l.program)
	}
	iptables := slices.Contains(from, "iptables-save") && slices.Contains(from, "ip6tables-save")
	listed := slices.Contains(from, "nft") || iptables && !nftTables(newer)
	for _, tables := range []string{tables4, tables6} {
		listed = listed && (older[tables] || !hasTables(tables))
	}
	if !listed {
		return nil, from
	}
	return &n, from
}

// standsForNFT reports whether a list of iptables-save is one of the newer packet
// filter: it says so in its first line.
func standsForNFT(list string) bool {
	head, _, _ := strings.Cut(list, "\n")
	return strings.Contains(head, "(nf_tables)")
}

// iptablesNames are the tables that iptables makes in the newer packet filter, and
// shows.
var iptablesNames = []string{"filter", "nat", "mangle", "raw", "security"}

// nftTables reports whether the newer packet filter has tables that only nft can
// list (linux/netfilter/nf_tables.h), but for those of iptables. A kernel without it
// has none.
func nftTables(butIptables bool) bool {
	const getTable = 10<<8 | 1 // NFNL_SUBSYS_NFTABLES, NFT_MSG_GETTABLE
	const genericSize = 4      // struct nfgenmsg, which begins with the family
	const tableName = 1        // NFTA_TABLE_NAME
	tables, err := ask(unix.NETLINK_NETFILTER, getTable, make([]byte, genericSize))
	if err != nil {
		return !slices.Contains([]error{unix.EINVAL, unix.EOPNOTSUPP, unix.EPROTONOSUPPORT}, err)
	}
	for _, m := range tables {
		if len(m) < unix.SizeofNlMsghdr+genericSize {
			return true
		}
		family := m[unix.SizeofNlMsghdr]
		name := unix.ByteSliceToString(nested(m[unix.SizeofNlMsghdr+genericSize:])[tableName])
		if !butIptables || family != unix.AF_INET && family != unix.AF_INET6 || !slices.Contains(iptablesNames, name) {
			return true
		}
	}
	return false
}

// programPath finds a program where the system keeps its own, and nowhere that the
// caller's PATH leads to.
func programPath(name string) string {
	for _, folder := range []string{"/usr/sbin", "/sbin", "/usr/bin", "/bin", "/usr/local/sbin"} {
		path := filepath.Join(folder, name)
		if about, err := os.Stat(path); err == nil && about.Mode().IsRegular() {
			return path
		}
	}
	return ""
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

// namespaces counts the other network namespaces with processes that have an
// address of this one's.
func namespaces() *int {
	n, hidden, err := otherNamespaces()
	if err != nil || len(hidden) > 0 {
		return nil
	}
	return &n
}

// otherNamespaces counts them, and returns the folders in /proc of processes that do not
// show in which one they are.
func otherNamespaces() (n int, hidden []string, err error) {
	own := localAddresses("/proc/thread-self/net")
	self, err := os.Readlink("/proc/thread-self/ns/net")
	if err != nil || len(own) == 0 {
		return 0, nil, errors.Join(err, ErrUnsupported)
	}
	seen := map[string]bool{self: true}
	processes, _ := filepath.Glob("/proc/[0-9]*")
	for _, process := range processes {
		name, err := os.Readlink(process + "/ns/net")
		switch {
		case os.IsPermission(err):
			hidden = append(hidden, process)
			continue
		case err != nil || seen[name]:
			continue
		}
		seen[name] = true
		if slices.ContainsFunc(localAddresses(process+"/net"), func(a netip.Addr) bool { return slices.Contains(own, a) }) {
			n++
		}
	}
	return n, hidden, nil
}

// localAddresses are those of a network namespace, without loopback's and
// link-local ones, which every namespace may have.
func localAddresses(net string) (all []netip.Addr) {
	add := func(a netip.Addr) {
		if !a.IsLoopback() && !a.IsLinkLocalUnicast() && !slices.Contains(all, a) {
			all = append(all, a)
		}
	}
	// In fib_trie "|-- 192.0.2.1" is followed by "/32 host LOCAL".
	if file, err := os.Open(net + "/fib_trie"); err == nil {
		var last netip.Addr
		for lines := bufio.NewScanner(file); lines.Scan(); {
			text := strings.TrimSpace(lines.Text())
			if leaf, ok := strings.CutPrefix(text, "|-- "); ok {
				last, _ = netip.ParseAddr(leaf)
			} else if text == "/32 host LOCAL" && last.IsValid() {
				add(last)
			}
		}
		file.Close()
	}
	table, _ := os.ReadFile(net + "/if_inet6")
	for line := range strings.Lines(string(table)) {
		digits, _, _ := strings.Cut(line, " ")
		var b [16]byte
		ok := len(digits) == 32
		for i := range b {
			if ok {
				n, err := strconv.ParseUint(digits[2*i:2*i+2], 16, 8)
				b[i], ok = byte(n), err == nil
			}
		}
		if ok {
			add(netip.AddrFrom16(b))
		}
	}
	return all
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
