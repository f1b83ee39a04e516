package judge

import (
	"fmt"
	"time"

	"bothends/capture/testimony"
	"bothends/correlate/tap"
)

// LogFacts are what the log of the sender's kernel says of the resets that its TCP
// sent around the moment at which the packet must have left. Linux tells of each one,
// whatever interface, address and network namespace it left by (tracepoint
// tcp:tcp_send_reset); what a firewall or a raw socket sends is not among them.
type LogFacts struct {
	// Known: the log covers the moment, lost nothing of it, and shows that kind of reset.
	Known           bool
	FromNS, UntilNS int64 // the moment, by the sender's clock
	Sent            int   // resets then, of all connections that were recorded
	// Unseen is one of this connection that the sender's capture lacks, UnseenElsewhere
	// one that may be of it if the host translates its ends, as for a container; nil if
	// there is none.
	Unseen, UnseenElsewhere *testimony.KernelEvent
	// Elsewhere: there is one that the capture lacks of another connection of the same
	// address. This packet can be it only if the path translates the other end.
	Elsewhere bool
	// UnseenThen is one of this connection at another time that the capture lacks.
	UnseenThen *testimony.KernelEvent
	// Unlisted is how many resets the log counts then and does not list, of connections that
	// were not recorded; the host may have translated the ends of one that was.
	Unlisted uint64
}

// complete reports whether the kernel sent no reset that the capture lacks.
func (l *LogFacts) complete() bool {
	return l.Known && l.Unseen == nil && l.UnseenElsewhere == nil && l.UnseenThen == nil && l.Unlisted == 0
}

// said puts a complete log into words.
func (l *LogFacts) said(sender tap.End) string {
	if l.Sent == 0 {
		return fmt.Sprintf("the log of the %s's kernel tells of no reset that its TCP sent from %s to %s", sender, clockTime(l.FromNS), clockTime(l.UntilNS))
	}
	if l.Elsewhere {
		return fmt.Sprintf("the log of the %s's kernel tells of %s that its TCP sent from %s to %s, and of none on this connection that its capture lacks",
			sender, count(l.Sent, "reset"), clockTime(l.FromNS), clockTime(l.UntilNS))
	}
	return fmt.Sprintf("the log of the %s's kernel tells of %s that its TCP sent from %s to %s, and its capture holds each of them",
		sender, count(l.Sent, "reset"), clockTime(l.FromNS), clockTime(l.UntilNS))
}

// valuesAt are those with the time of an event that the text names.
func (l *LogFacts) valuesAt(at time.Time) map[string]any {
	values := l.values()
	values["at"] = stamp(at.UnixNano())
	return values
}

func (l *LogFacts) values() map[string]any {
	return map[string]any{"from": stamp(l.FromNS), "until": stamp(l.UntilNS), "logged": l.Sent}
}
