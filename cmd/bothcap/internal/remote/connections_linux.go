package remote

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"bothends/cmd/bothcap/internal/target"
)

// Connections are those that ssh has now, and what it has started, such as another
// ssh to a host between.
func (e *End) Connections() ([]target.Connection, error) {
	var list []target.Connection
	for _, pid := range family(e.cmd.Process.Pid) {
		inodes, err := socketsOf(pid)
		if err != nil {
			return nil, err
		}
		for _, table := range []string{"tcp", "tcp6"} {
			text, err := os.ReadFile(fmt.Sprintf("/proc/%d/net/%s", pid, table))
			if err != nil {
				continue // a system without that family
			}
			list = append(list, connectionsIn(string(text), inodes)...)
		}
	}
	if len(list) == 0 {
		return nil, fmt.Errorf("ssh has no TCP connection of its own")
	}
	return list, nil
}

// family is a process with its children, theirs, and so on.
func family(pid int) []int {
	pids := []int{pid}
	for n := 0; n < len(pids); n++ {
		lists, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", pids[n]))
		for _, list := range lists {
			text, _ := os.ReadFile(list)
			for _, word := range strings.Fields(string(text)) {
				if child, err := strconv.Atoi(word); err == nil {
					pids = append(pids, child)
				}
			}
		}
	}
	return pids
}

// socketsOf are the inodes of a process's sockets, as words.
func socketsOf(pid int) ([]string, error) {
	folder := fmt.Sprintf("/proc/%d/fd", pid)
	entries, err := os.ReadDir(folder)
	if err != nil {
		return nil, err
	}
	var inodes []string
	for _, entry := range entries {
		link, _ := os.Readlink(filepath.Join(folder, entry.Name()))
		if inode, ok := strings.CutPrefix(link, "socket:["); ok {
			inodes = append(inodes, strings.TrimSuffix(inode, "]"))
		}
	}
	return inodes, nil
}

// connectionsIn finds those of some sockets in a table of connections (proc(5),
// /proc/net/tcp: local and remote end are its second and third column, the inode the
// tenth).
func connectionsIn(table string, inodes []string) (list []target.Connection) {
	for line := range strings.Lines(table) {
		fields := strings.Fields(line)
		if len(fields) < 10 || !slices.Contains(inodes, fields[9]) {
			continue
		}
		local, ok1 := endpoint(fields[1])
		remote, ok2 := endpoint(fields[2])
		if ok1 && ok2 && remote.Port() != 0 {
			list = append(list, target.Connection{local, remote})
		}
	}
	return list
}

// endpoint reads an address, in words of 32 bits in the machine's order, and a port.
func endpoint(text string) (netip.AddrPort, bool) {
	address, port, _ := strings.Cut(text, ":")
	b, err := hex.DecodeString(address)
	number, bad := strconv.ParseUint(port, 16, 16)
	if err != nil || bad != nil || len(b)%4 != 0 {
		return netip.AddrPort{}, false
	}
	for n := 0; n < len(b); n += 4 {
		binary.NativeEndian.PutUint32(b[n:], binary.BigEndian.Uint32(b[n:]))
	}
	a, ok := netip.AddrFromSlice(b)
	return netip.AddrPortFrom(a.Unmap(), uint16(number)), ok
}
