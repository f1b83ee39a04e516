package host

import (
	"bufio"
	"errors"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

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
