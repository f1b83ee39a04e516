package agent

import (
	"runtime"
	"time"

	"bothends/capture"
	"bothends/capture/live"
	"bothends/capture/testimony"
	"bothends/correlate/segment"
)

// A Status is how a recording goes.
type Status struct {
	Packets  int64
	Bytes    int64 // of packets, as kept
	OnDisk   int64 // bytes in the files, once the recording has ended
	Inbound  int64 // resets, by the direction of each
	Outbound int64
	Unknown  int64
	Drops    Drops
	Down     []string // interfaces that record nothing now
	Kernel   *KernelResets
	Log      *testimony.KernelReading // the kernel's log of resets, without its events
}

// Resets are all of them.
func (s Status) Resets() int64 { return s.Inbound + s.Outbound + s.Unknown }

// Drops are packets that passed the filter but not into the file.
type Drops struct {
	Kernel    uint64 // the ring was full
	Interface uint64 // lost by the network card or its driver
}

// KernelResets is what this host's TCP says that it did while recording.
type KernelResets struct {
	Sent        uint64 // Tcp.OutRsts
	Established uint64 // Tcp.EstabResets: connections that a reset ended, or that were given up
}

// counts are kept under the agent's lock.
type counts struct {
	packets, bytes, onDisk int64
	resets                 [3]int64 // by capture.Direction
	resetAt                time.Time
	resetPassed            bool // since the last statistics
	drops                  Drops
	kernel                 *KernelResets
}

func (c *counts) add(p *capture.Packet) {
	c.packets++
	c.bytes += int64(len(p.Data))
}

func (c *counts) addSegment(s *segment.Segment) {
	if s.Flags&segment.RST == 0 {
		return
	}
	c.resets[s.Direction]++
	c.resetPassed = true
	if c.resetAt.IsZero() {
		c.resetAt = time.Now()
	}
}

// Status is how it goes now.
func (a *Agent) Status() Status {
	a.mu.Lock()
	defer a.mu.Unlock()
	c := &a.counts
	s := Status{
		Packets: c.packets, Bytes: c.bytes, OnDisk: c.onDisk,
		Inbound: c.resets[capture.Inbound], Outbound: c.resets[capture.Outbound], Unknown: c.resets[capture.DirectionUnknown],
		Drops: c.drops, Kernel: c.kernel, Log: a.start.KernelLog,
	}
	if !a.ended {
		s.Drops = a.drops()
	}
	for _, t := range a.taps {
		if t.gap != nil {
			s.Down = append(s.Down, t.name)
		}
	}
	return s
}

// drops are those of all interfaces.
func (a *Agent) drops() Drops {
	var d Drops
	for _, t := range a.taps {
		if c, err := t.source.Counters(); err == nil {
			t.totals.add(c)
		}
		d.Kernel += t.totals.dropped.n
		d.Interface += t.totals.ifDropped.n
	}
	return d
}

// totals are libpcap's 32-bit counters without their wrapping around, over all
// handles that an interface had.
type totals struct {
	known                        bool
	received, dropped, ifDropped wide
	delivered                    uint64
}

func (t *totals) add(c live.Counters) {
	t.known = true
	t.received.add(c.Received)
	t.dropped.add(c.Dropped)
	t.ifDropped.add(c.IfDropped)
}

// rebase says that another handle follows, which counts from zero.
func (t *totals) rebase() {
	t.received.last, t.dropped.last, t.ifDropped.last = 0, 0, 0
}

// counters are the totals as a file has them. Linux counts what passed the
// filter and has no number for what came before it, so its "received" is both,
// as Wireshark's dumpcap has it; other systems count before the filter.
func (t *totals) counters() capture.Counters {
	count := func(n uint64) capture.Count { return capture.Count{N: n, Known: t.known} }
	c := capture.Counters{
		Received: count(t.received.n), OSDropped: count(t.dropped.n), IfDropped: count(t.ifDropped.n),
		Delivered: capture.Count{N: t.delivered, Known: true},
	}
	if runtime.GOOS == "linux" {
		c.Accepted = c.Received
	}
	return c
}

// wide follows a 32-bit counter. It is asked far more often than 2^32 packets
// take.
type wide struct {
	n    uint64
	last uint32
}

func (w *wide) add(now uint32) {
	w.n += uint64(now - w.last)
	w.last = now
}
