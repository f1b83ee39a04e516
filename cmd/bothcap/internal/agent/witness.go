package agent

import (
	"fmt"
	"strings"
	"time"

	"bothends/capture"
	"bothends/capture/testimony"
)

// startRecord is what is known before the first packet.
func (a *Agent) startRecord(now time.Time) testimony.Record {
	r := testimony.Record{
		Event: testimony.Start, Time: now.UTC(),
		Session: a.config.Session, End: a.config.End,
		Peers: a.config.Target.Peers, Ports: a.config.Target.Ports,
		HeadersOnly: a.config.HeadersOnly, Libpcap: a.config.Libpcap, Sealed: a.sealer != nil,
	}
	a.hostState(&r)
	switch {
	case a.config.KernelLog != nil:
		reading := a.config.KernelLog.Begin()
		r.KernelLog = &reading
	case a.config.KernelMissing != "":
		r.KernelLog = &testimony.KernelReading{Missing: a.config.KernelMissing}
	}
	if a.config.Host.Facts != nil {
		facts := a.config.Host.Facts()
		r.Host = &facts
	}
	return r
}

// hostState adds the clock's state, the kernel's counters and the host's uplinks.
// What the host does not know stays out.
func (a *Agent) hostState(r *testimony.Record) {
	if clock, err := a.config.Host.Clock(); err == nil {
		r.Clock = clock
	}
	if counters, err := a.config.Host.Counters(); err == nil {
		r.Kernel = counters
	}
	if uplinks, err := a.config.Host.Uplinks(); err == nil {
		r.Uplinks = uplinks
	}
}

// forPeople is the section's comment for those who read the file in Wireshark.
func (a *Agent) forPeople() string {
	var b strings.Builder
	b.WriteString("Recorded by bothcap")
	if a.config.Session != "" {
		fmt.Fprintf(&b, ", session %q", a.config.Session)
	}
	if a.config.End != "" {
		fmt.Fprintf(&b, ", at the %s", a.config.End)
	}
	for _, p := range a.config.Target.Peers {
		fmt.Fprintf(&b, ", with %s %v", p.Name, p.Addresses)
	}
	if a.config.HeadersOnly {
		b.WriteString(", headers only")
	}
	switch c := a.start.Clock; {
	case c == nil:
		b.WriteString(". It is not known whether the clock was synchronised.")
	case c.Synchronised:
		fmt.Fprintf(&b, ". The clock was synchronised, and wrong by at most %s.", time.Duration(c.MaximumErrorNS))
	default:
		b.WriteString(". The clock was not synchronised.")
	}
	return b.String()
}

// statistics writes one block an interface, with the host's state in the first.
func (a *Agent) statistics(now time.Time, event testimony.Event) {
	r := testimony.Record{Event: event, Time: now.UTC()}
	a.hostState(&r)
	for i, t := range a.taps {
		r.Interface, r.Gap = t.name, t.gap
		r.KernelLog, r.Host, r.Seal = nil, nil, nil
		if i == 0 {
			a.wholeHost(&r)
		}
		c := a.countersOf(t, now)
		if a.write(a.writer.WriteStatistics(t.number, now.UnixNano(), c, r.Line())); a.ended {
			return
		}
	}
	a.counts.drops = a.drops()
	if r.Kernel != nil && a.atHead != nil {
		a.counts.kernel = &KernelResets{
			Sent:        r.Kernel[outResets] - a.atHead[outResets],
			Established: r.Kernel[establishedResets] - a.atHead[establishedResets],
		}
	}
}

// wholeHost adds what is said once: how far the kernel's log is in the file, the
// newest seal, and at the end what else can send.
func (a *Agent) wholeHost(r *testimony.Record) {
	if a.sealer != nil {
		if seal, ok := a.sealer.Seal(false); ok {
			r.Seal = &seal
		}
	}
	if a.config.KernelLog != nil {
		r.KernelLog = a.logged(a.config.KernelLog.Take(0))
	}
	if r.Event == testimony.End && a.config.Host.Facts != nil {
		facts := a.config.Host.Facts()
		r.Host = &facts
	}
}

// logged notes a reading as written: where the next file or description of the
// first interface begins.
func (a *Agent) logged(r testimony.KernelReading) *testimony.KernelReading {
	written := r
	written.Sees, written.Events = a.start.KernelLog.Sees, nil
	a.start.KernelLog = &written
	return &r
}

// eventsTogether are written in one block, which then is smaller than
// statisticsSize.
const eventsTogether = 12

// kernelEvents writes what the kernel's log has told of and the file does not hold
// yet. What does not fit stays unwritten, and the log says how far it goes.
func (a *Agent) kernelEvents(now time.Time) {
	log := a.config.KernelLog
	for log != nil && log.Waiting() > 0 {
		if a.ended && !a.fits(statisticsSize) || !a.ended && !a.room(statisticsSize) {
			return
		}
		t := a.taps[0]
		r := testimony.Record{Event: testimony.Resets, Time: now.UTC(), Interface: t.name, KernelLog: a.logged(log.Take(eventsTogether))}
		if err := a.writer.WriteStatistics(t.number, now.UnixNano(), a.countersOf(t, now), r.Line()); err != nil {
			a.write(err)
			return
		}
	}
}

// The kernel's counters of resets (RFC 4022).
const (
	outResets         = "Tcp.OutRsts"
	establishedResets = "Tcp.EstabResets"
)

// countersOf asks libpcap what it counted, and keeps what it said before if it
// does not answer.
func (a *Agent) countersOf(t *tap, now time.Time) capture.Counters {
	if c, err := t.source.Counters(); err == nil {
		t.totals.add(c)
	}
	c := t.totals.counters()
	c.StartNS, c.EndNS = t.openedAt.UnixNano(), now.UnixNano()
	return c
}
