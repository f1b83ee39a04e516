package testimony

import (
	"net/netip"
	"slices"
	"time"
)

// A KernelReading is what a recorder has read of the kernel's own log of resets:
// of the tracepoints tcp:tcp_send_reset and tcp:tcp_receive_reset.
type KernelReading struct {
	// Missing says why there is no log, in words. Then nothing else is given.
	Missing string `json:"missing,omitempty"`
	// Sees is what a test over loopback showed at the start that the log can hold.
	Sees *KernelSight `json:"sees,omitempty"`
	// Until is up to when the log is in the file, by the clock of the packets.
	Until time.Time `json:"until,omitzero"`
	// OffsetNS is what was added to the log's own clock to have that of the packets,
	// and OffsetErrorNS by how much it may be wrong.
	OffsetNS      int64 `json:"offset_ns,omitempty"`
	OffsetErrorNS int64 `json:"offset_error_ns,omitempty"`
	// Since the recording began:
	Sent   uint64 `json:"sent,omitempty"`   // resets sent by TCP, in all network namespaces
	Others uint64 `json:"others,omitempty"` // of all events, those with other hosts or ports than are recorded, which are not in the file
	// OthersSent is how many resets of those had been sent by Until; nil is not known.
	OthersSent *uint64 `json:"others_sent,omitempty"`
	Lost       uint64  `json:"lost,omitempty"` // events for which there was no room

	Events []KernelEvent `json:"events,omitempty"`
}

// A KernelSight says which resets a kernel's log showed when they were made on
// purpose. Kernels before 6.10 or so do not show those without a socket.
type KernelSight struct {
	Abort    bool `json:"abort"`     // a program ended its connection at once
	NoSocket bool `json:"no_socket"` // nobody listens on that port
	TimeWait bool `json:"time_wait"` // the connection was closed before
}

// All reports whether each kind was shown.
func (s KernelSight) All() bool { return s.Abort && s.NoSocket && s.TimeWait }

// A KernelEvent is one reset that TCP sent or took.
//
// Where a listening socket answered (reason TCP_FLAGS or the like in the state
// TCP_LISTEN), the kernel gives the listener's ends and not the packet's: Remote, and
// mostly the address of Local, are unspecified, 0.0.0.0 or ::. Ask [KernelEvent.MayBe].
type KernelEvent struct {
	Time   time.Time      `json:"time"` // by the clock of the packets
	Sent   bool           `json:"sent,omitempty"`
	Local  netip.AddrPort `json:"local"`
	Remote netip.AddrPort `json:"remote"`
	Reason string         `json:"reason,omitempty"` // the kernel's word, such as "TCP_ABORT_ON_CLOSE" (enum sk_rst_reason); since 6.10 or so
	State  string         `json:"state,omitempty"`  // of its socket, such as "TCP_ESTABLISHED"
	// Active tells that no packet called for it. PID and Command are the process
	// that ended its connection, given only where a process did.
	Active  bool   `json:"active,omitempty"`
	PID     int    `json:"pid,omitempty"`
	Command string `json:"command,omitempty"`
}

// MayBe reports whether the event may be of a connection between two ends, and
// whether it is surely so. It is not sure where a listening socket answered, which
// gives its own ends only: any connection to its port may be meant.
func (e *KernelEvent) MayBe(local, remote netip.AddrPort) (may, sure bool) {
	if e.Local == local && e.Remote == remote {
		return true, true
	}
	return e.Remote.Addr().IsUnspecified() && e.Local.Port() == local.Port() &&
		(e.Local.Addr().IsUnspecified() || e.Local.Addr() == local.Addr()), false
}

// Translated reports whether the event may be of a connection between two ends, as a tap
// of the host has them, if the host translates the local one: to a container's, or, of a
// connection that it accepted, to a redirected port. The remote end stays.
func (e *KernelEvent) Translated(local, remote netip.AddrPort, accepted bool) bool {
	return e.Remote == remote && e.Local != local && (accepted || e.Local.Addr() != local.Addr())
}

// Elsewhere reports whether a reset that the kernel sent is of another connection than that
// between two ends, as a tap of the host has them, whatever the host translates: the local
// address is the same, and so not a container's, or the reset went the other way.
func (e *KernelEvent) Elsewhere(local, remote netip.AddrPort, accepted bool) bool {
	if e.Remote == local || e.Local.Addr() == remote.Addr() { // the other host may be a namespace of the same kernel
		return true
	}
	may, _ := e.MayBe(local, remote)
	return e.Local.Addr() == local.Addr() && !e.Remote.Addr().IsUnspecified() && !may && !e.Translated(local, remote, accepted)
}

// A KernelLog is what all readings of one recording add up to.
//
// It tells of TCP's own resets, whatever interface they left by. It does not tell
// of those that a packet filter makes (REJECT with a TCP reset), nor of those that
// programs send through raw or packet sockets.
type KernelLog struct {
	// Kept reports whether there was a log; Missing says why not, if the recorder
	// tried.
	Kept    bool
	Missing string
	// From and Until are the time that it covers, by the clock of the packets.
	From, Until time.Time
	Sees        KernelSight
	// OffsetError bounds how far the events' times are from the packets' clock.
	OffsetError time.Duration
	Sent        uint64 // resets sent by TCP in all, those with others too
	Others      uint64 // events with other hosts or ports; see [KernelLog.OthersSent]
	Lost        uint64 // events that the recorder lost
	// Gaps are times in which events were lost, or were too many to be kept here.
	Gaps   []Span
	Events []KernelEvent // in the order of the file

	others []othersCount // in the order of the file
	// Of the readings so far. The one with what the log sees may come last, as it
	// stands in the interface's description.
	offset    int64
	lost      uint64
	first     time.Time // of the first reading
	firstLost uint64    // by then
	headLost  uint64    // when the file began
	any       bool
}

// maxKernelEvents bounds what a KernelLog keeps.
const maxKernelEvents = 1 << 16

// An othersCount is how many resets had been sent to other hosts or ports by a time.
type othersCount struct {
	until time.Time
	n     uint64
}

// othersSent is how many resets had been sent to other hosts or ports, or more: old
// recordings count those that were taken with them.
func (r *KernelReading) othersSent() uint64 {
	if r.OthersSent != nil {
		return *r.OthersSent
	}
	return r.Others
}

// OthersSent is how many resets with other hosts or ports than were recorded may have been
// sent from one time to another. They are counted and not listed, and a host that
// redirects a port, or has containers, may have sent one of them on a recorded connection.
func (l *KernelLog) OthersSent(from, until time.Time) uint64 {
	var before, after uint64
	for _, c := range l.others {
		after = c.n
		if !c.until.After(from) {
			before = c.n
		}
		if !c.until.Before(until) {
			break
		}
	}
	return after - min(after, before)
}

// Complete reports whether every reset that TCP sent from one time to another, with
// the hosts and ports that were recorded, is among Events. Those that a listening
// socket answered with are there without their remote end ([KernelEvent.MayBe]), and
// every event is some tens of microseconds beside its packet.
func (l *KernelLog) Complete(from, until time.Time) bool {
	return l.Sees.All() && l.Covers(from, until)
}

// Covers reports whether the log was kept all the time from one moment to another and
// lost nothing of what it can hold, which need not be every kind of reset ([KernelSight]).
func (l *KernelLog) Covers(from, until time.Time) bool {
	return l.Kept && !from.Before(l.From) && !until.After(l.Until) &&
		!slices.ContainsFunc(l.Gaps, func(s Span) bool { return !s.From.After(until) && !s.Until.Before(from) })
}

// read adds a reading.
func (l *KernelLog) read(r *KernelReading) {
	switch {
	case r.Missing != "":
		l.Missing = r.Missing
	case r.Sees != nil && !l.Kept:
		l.Kept, l.Sees, l.From, l.headLost = true, *r.Sees, r.Until, r.Lost
		l.Until = later(l.Until, r.Until)
		l.seeFirst()
	case r.Sees == nil && !l.any:
		l.any, l.first, l.firstLost, l.lost = true, r.Until, r.Lost, r.Lost
		l.seeFirst()
		l.add(r)
	case r.Sees == nil:
		if r.Lost > l.lost {
			l.gap(Span{l.Until, r.Until})
		}
		l.lost = r.Lost
		l.add(r)
	}
}

// seeFirst notes a loss between the beginning and the first reading, once both are
// known.
func (l *KernelLog) seeFirst() {
	if l.Kept && l.any && l.firstLost > l.headLost {
		l.gap(Span{l.From, l.first})
	}
}

func (l *KernelLog) add(r *KernelReading) {
	l.Sent, l.Others, l.Lost = max(l.Sent, r.Sent), max(l.Others, r.Others), max(l.Lost, r.Lost)
	l.countOthers(othersCount{r.Until, r.othersSent()})
	// A clock that was set between two readings was so somewhere in between.
	wrong := r.OffsetErrorNS
	if l.offset != 0 && r.OffsetNS != 0 {
		wrong += max(r.OffsetNS-l.offset, l.offset-r.OffsetNS)
	}
	l.offset = r.OffsetNS
	l.OffsetError = max(l.OffsetError, time.Duration(wrong))
	events := r.Events
	if room := maxKernelEvents - len(l.Events); len(events) > room {
		events = events[:room]
		l.gap(Span{l.Until, r.Until})
	}
	l.Events = append(l.Events, events...)
	l.Until = later(l.Until, r.Until)
}

// countOthers notes a count. Of those that are the same only the first and the last
// matter; where there are very many, the last one moves on, and what it counts is
// said of a longer time.
func (l *KernelLog) countOthers(c othersCount) {
	last := len(l.others) - 1
	if last >= 1 && (l.others[last].n == c.n && l.others[last-1].n == c.n || last+1 == maxKernelEvents) {
		l.others[last] = c
		return
	}
	l.others = append(l.others, c)
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// JoinKernel puts together what the files of one recording say, in the order of the
// files: each begins with what the one before had not said.
func JoinKernel(logs []*Log) KernelLog {
	var all KernelLog
	for _, log := range logs {
		l := &log.Kernel
		switch {
		case !l.Kept:
			if all.Missing == "" {
				all.Missing = l.Missing
			}
			continue
		case !all.Kept:
			all.Kept, all.Sees = true, l.Sees
			all.From, all.Until = l.From, l.From
		}
		if all.Until.Before(l.From) { // a file is missing
			all.Gaps = append(all.Gaps, Span{all.Until, l.From})
		}
		all.Until = later(all.Until, l.Until)
		all.Sees.Abort = all.Sees.Abort && l.Sees.Abort
		all.Sees.NoSocket = all.Sees.NoSocket && l.Sees.NoSocket
		all.Sees.TimeWait = all.Sees.TimeWait && l.Sees.TimeWait
		all.OffsetError = max(all.OffsetError, l.OffsetError)
		all.Sent, all.Others, all.Lost = max(all.Sent, l.Sent), max(all.Others, l.Others), max(all.Lost, l.Lost)
		all.Gaps = append(all.Gaps, l.Gaps...)
		all.Events = append(all.Events, l.Events...)
		all.others = append(all.others, l.others...)
	}
	return all
}

func (l *KernelLog) gap(s Span) {
	if last := len(l.Gaps) - 1; last+1 == maxGaps {
		l.Gaps[last].Until = s.Until
		return
	}
	l.Gaps = append(l.Gaps, s)
}

// HostFacts are what else on the recording host can send in its name, as far as it
// could be found out: nil is not known.
type HostFacts struct {
	// ResetRules is how many rules of its packet filters answer with a TCP reset, NATRules
	// how many give a connection another destination, as a redirected port or a container,
	// and RulesFrom the programs that listed them.
	ResetRules *int     `json:"reset_rules,omitempty"`
	NATRules   *int     `json:"nat_rules,omitempty"`
	RulesFrom  []string `json:"rules_from,omitempty"`
	// XDP names the interfaces at which a program runs below every tap.
	XDP []string `json:"xdp,omitempty"`
	// Sockets that send and receive beside TCP: AF_XDP's, and AF_PACKET's of other
	// programs.
	XDPSockets    *int `json:"xdp_sockets,omitempty"`
	PacketSockets *int `json:"packet_sockets,omitempty"`
	// Namespaces is how many other network namespaces have an address of this host.
	Namespaces    *int `json:"namespaces,omitempty"`
	DefaultRoutes *int `json:"default_routes,omitempty"`
	RoutingRules  *int `json:"routing_rules,omitempty"` // beyond the three that every host has
	VRFs          *int `json:"vrfs,omitempty"`
}
