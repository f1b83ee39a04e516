package remote

import (
	"fmt"
	"sync"

	"bothends/capture"
)

// counted is what tcpdump says at its end.
type counted struct {
	mu                                sync.Mutex
	captured, received, kernel, iface capture.Count
}

// hear looks whether a line is one of the counts.
func (c *counted) hear(line string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for what, count := range map[string]*capture.Count{
		"captured": &c.captured, "received by filter": &c.received,
		"dropped by kernel": &c.kernel, "dropped by interface": &c.iface,
	} {
		var n uint64
		for _, noun := range []string{"packet", "packets"} {
			if got, err := fmt.Sscanf(line, "%d "+noun+" "+what, &n); err == nil && got == 1 && line == fmt.Sprintf("%d %s %s", n, noun, what) {
				*count = capture.Count{N: n, Known: true}
			}
		}
	}
}

// counters are what it said, in the fields of a capture file, if it did. An interface
// without drops is not mentioned.
func (c *counted) counters() (capture.Counters, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.captured.Known || !c.received.Known || !c.kernel.Known {
		return capture.Counters{}, false
	}
	return capture.Counters{Received: c.received, Accepted: c.received, OSDropped: c.kernel, IfDropped: capture.Count{N: c.iface.N, Known: true}, Delivered: c.captured}, true
}
