package judge

import (
	"fmt"
	"time"

	"bothends/correlate/align"
	"bothends/correlate/segment"
)

// A Pattern is a cause that the circumstances of a reset resemble. It is no
// proof: it says where to look next.
type Pattern string

const (
	IdleTimeout     Pattern = "idle-timeout"  // after a long silence
	BlockedPort     Pattern = "blocked-port"  // a reset is the first answer to a SYN, or the SYN vanishes
	AfterTrigger    Pattern = "after-trigger" // right after something was sent
	ClosedPort      Pattern = "closed-port"   // genuine: nothing listens
	HostFirewall    Pattern = "host-firewall" // genuine: the host's TCP went on all the same
	LateData        Pattern = "late-data"     // genuine: data for a connection that the host had closed
	ProxyLeg        Pattern = "proxy-leg"     // on one of a proxy's two connections
	RemappedPackets Pattern = "remapped"      // a packet came under other addresses than the rest of its connection
	Abort           Pattern = "abort"         // genuine: the program gave the connection up
	// AbortUnread: genuine, and the sender had not answered what it received last.
	// Closing with data unread looks like SO_LINGER 0: Linux makes the same reset.
	AbortUnread Pattern = "abort-unread-or-linger"
)

// A PatternEntry is what is known of one pattern.
type PatternEntry struct {
	Pattern Pattern
	Claim   string // what the circumstances are
	Advice  string // what to check next, in one sentence
}

// Patterns are all of them.
var Patterns = []PatternEntry{
	{IdleTimeout, "A long silence came before it: a stateful box on the way may have forgotten the connection.",
		"Check the idle timeouts of firewalls, NAT gateways and load balancers between the two ends, and whether keep-alives (TCP or the application's) come more often."},
	{BlockedPort, "It is the first answer to a SYN, or the SYN vanished.",
		"Try the same port from another network, and another port from this one: a box may refuse this port, or swallow what goes there."},
	{AfterTrigger, "It came right after something was sent.",
		"Send the same thing on another port, and something else on this one, to see whether the box looks at the content or at the port."},
	{ClosedPort, "Genuine: nothing listens on that port.",
		"Check whether the service runs and listens on this address and port, and whether the host's own firewall refuses it (iptables: REJECT --reject-with tcp-reset)."},
	{HostFirewall, "Genuine: the host's TCP went on all the same, so that its firewall sent it.",
		"Check this host's own firewall for a rule that rejects with a reset (iptables: REJECT --reject-with tcp-reset)."},
	{LateData, "Genuine: data came for a connection that the host had closed.",
		"Check why the other end still sent when this one had closed: a time-out of the application, or an earlier reset."},
	{ProxyLeg, "It is on one of a proxy's two connections.",
		"Record also at the proxy, on both its sides, and compare each leg on its own."},
	{RemappedPackets, "A packet came under other addresses than the rest of its connection.",
		"Look at whatever translates addresses between the two ends: what its connection tracking calls invalid it should drop (conntrack -S counts it), and nothing should make it forget connections (short timeouts, a full or flushed table)."},
	{Abort, "Genuine: the program gave the connection up.",
		"Check the log of the program at this end: it was killed, ran into a time-out, or asked for an abortive close (SO_LINGER 0)."},
	{AbortUnread, "Genuine: the program gave the connection up and had not answered what it received last. Closing with data unread looks like SO_LINGER 0.",
		"Check in the program at this end why it closed before it had read and answered all that it received: an error, a limit, a kill, or an abortive close (SO_LINGER 0)."},
}

// advice is what to check next where a pattern fits.
func (p Pattern) advice() string {
	for i := range Patterns {
		if Patterns[i].Pattern == p {
			return Patterns[i].Advice
		}
	}
	return ""
}

// longIdleNS is the silence from which on a reset is taken for a time-out: half
// of the shortest timer below.
const longIdleNS = 30e9

// soonNS is how soon after data a reset is taken for an answer to it.
const soonNS = 2e9

// idleTimers are defaults of stateful boxes after which a silent connection is
// forgotten.
var idleTimers = []time.Duration{60 * time.Second, 240 * time.Second, 300 * time.Second, 350 * time.Second, time.Hour}

// nearTimer is how far from a timer a silence may be, as a share of it.
const nearTimer = 0.05

// explain adds the pattern that a reset which no host sent resembles.
func (s *stream) explain(f *Finding, r *align.Reset) {
	switch {
	case len(s.Cases[s.index].Remapped) > 0:
		f.suggest(RemappedPackets, "other packets of this connection came under other addresses: a NAT let them through as they were, or had forgotten them")
	case answersSYN(r):
		f.suggest(BlockedPort, "it is the first answer to a SYN")
	case r.IdleNS >= longIdleNS:
		f.suggest(IdleTimeout, "nothing had passed for %s%s", readable(r.IdleNS), timer(r.IdleNS))
	case r.IdleNS <= soonNS && answersData(r):
		f.suggest(AfterTrigger, "it came %s after the last data sent here (frame %d)", readable(r.TimeNS-r.Own[0].TimeNS), r.Own[0].Number)
	}
}

// explainGenuine adds why the sender may have reset the connection, going by its
// own capture.
func (s *stream) explainGenuine(f *Finding, left *align.Reset) {
	last := s.flow.LastSent
	if s.explainLogged(f, left) {
		return
	}
	switch {
	case last.Number == 0:
		f.suggest(ClosedPort, "the %s answered the SYN with it", s.sender)
	case last.TimeNS > left.TimeNS && left.Window == 0 && last.Flags&segment.SYN == 0:
		f.suggest(HostFirewall, "the %s's TCP went on after it (frame %d there)", s.sender, last.Number)
	case left.Closed && s.back.LastGot.TimeNS > 0:
		f.suggest(LateData, "the %s had closed its side before", s.sender)
	case left.Header.Flags&segment.ACK != 0:
		s.explainAbort(f, left)
	case s.earlier(left):
		f.suggest(LateData, "the %s had no such connection any more", s.sender)
	}
}

// explainAbort tells what the sender of a reset in mid-connection may have left
// unread. A program that closes with data unread makes its TCP reset the connection
// at once (RFC 1122 section 4.2.2.13), and so does one that asks for it.
func (s *stream) explainAbort(f *Finding, left *align.Reset) {
	switch {
	case left.DataGot.Number == 0:
		f.suggest(Abort, "the %s had not closed the connection before, and had received nothing on it that could be unread", s.sender)
	case left.DataSent.TimeNS > left.DataGot.TimeNS:
		f.suggest(Abort, "the %s had not closed the connection before, and had sent data since it last received any", s.sender)
	default:
		f.suggest(AbortUnread, "the %s had not closed the connection before, and had sent no data since it received some (frame %d there)", s.sender, left.DataGot.Number)
	}
}

// earlier reports whether a reset ended the connection before left, in either
// direction, at the tap where left left.
func (s *stream) earlier(left *align.Reset) bool {
	for _, stream := range []*align.Stream{s.flow, s.back} {
		for _, r := range stream.Resets[s.sender] {
			if r.TimeNS < left.TimeNS {
				return true
			}
		}
	}
	return false
}

// answersSYN reports whether a SYN was all that had passed here before the reset.
func answersSYN(r *align.Reset) bool {
	return r.Own[0] != nil && r.Own[0].Flags&(segment.SYN|segment.ACK) == segment.SYN && r.Next == 0
}

// answersData reports whether the reset acknowledges the last data that its
// receiver had sent, or, having no acknowledgment, came after data at all.
func answersData(r *align.Reset) bool {
	last := r.Own[0]
	if last == nil || last.PayloadLen == 0 {
		return false
	}
	return r.Header.Flags&segment.ACK == 0 || r.Header.Ack == last.Seq+uint32(last.PayloadLen)
}

func (f *Finding) suggest(p Pattern, format string, args ...any) {
	f.Pattern, f.Advice = p, p.advice()
	f.PatternWhy = fmt.Sprintf(format, args...)
}

// timer names the well-known idle timer that a silence is near.
func timer(ns int64) string {
	for _, t := range idleTimers {
		if off := float64(abs(ns - int64(t))); off <= nearTimer*float64(t) {
			return fmt.Sprintf(", near the common idle timer of %d s", int(t.Seconds()))
		}
	}
	return ""
}
