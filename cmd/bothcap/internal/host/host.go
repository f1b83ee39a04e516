// Package host reads what the recording host knows about itself: its clock, its
// counters, its network cards. None of it needs privilege.
package host

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// ErrUnsupported says that this operating system offers no way to ask.
var ErrUnsupported = errors.New("only known on Linux")

// resetCounters are those of the kernel's counters that say whether this host's
// TCP ended connections, and why (RFC 4022, and linux/snmp.h). They count what
// TCP itself did: a reset made by netfilter's REJECT is in none of them.
var resetCounters = map[string]bool{
	"Tcp.OutRsts": true, "Tcp.EstabResets": true, "Tcp.AttemptFails": true,
	"Tcp.InSegs": true, "Tcp.OutSegs": true, "Tcp.RetransSegs": true, "Tcp.InErrs": true, "Tcp.InCsumErrors": true,
	"TcpExt.TCPAbortOnData": true, "TcpExt.TCPAbortOnClose": true, "TcpExt.TCPAbortOnMemory": true,
	"TcpExt.TCPAbortOnTimeout": true, "TcpExt.TCPAbortOnLinger": true, "TcpExt.TCPAbortFailed": true,
	"TcpExt.TCPChallengeACK": true, "TcpExt.TCPSYNChallenge": true,
	"TcpExt.ListenOverflows": true, "TcpExt.ListenDrops": true, "TcpExt.TCPTimeouts": true,
}

// parseCounters reads the two-line tables of /proc/net/snmp and
// /proc/net/netstat: a line of names, then a line of values, both after the
// same "Protocol:". It adds the wanted ones to counters as "Protocol.Name".
func parseCounters(r io.Reader, counters map[string]uint64) error {
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		names := strings.Fields(lines.Text())
		if !lines.Scan() {
			return fmt.Errorf("a line of names without values: %q", names)
		}
		values := strings.Fields(lines.Text())
		if len(names) != len(values) || len(names) == 0 || names[0] != values[0] {
			return fmt.Errorf("%d names and %d values", len(names), len(values))
		}
		protocol := strings.TrimSuffix(names[0], ":")
		for i, name := range names {
			key := protocol + "." + name
			if !resetCounters[key] {
				continue
			}
			n, err := strconv.ParseUint(values[i], 10, 64)
			if err != nil {
				return fmt.Errorf("%s: %w", key, err)
			}
			counters[key] = n
		}
	}
	return lines.Err()
}
