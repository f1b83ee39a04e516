package judge

import (
	"fmt"

	"bothends/correlate/align"
	"bothends/correlate/segment"
)

// explain adds the pattern that a reset which no host sent resembles.
func (s *stream) explain(f *Finding, r *align.Reset) {
	at := circumstances{s, r}
	for i := range Patterns {
		if test := Patterns[i].Unsent; test != nil && f.suggested(Patterns[i].Pattern, test(&at)) {
			return
		}
	}
}

// explainGenuine adds why the sender may have reset the connection, going by its
// own capture.
func (s *stream) explainGenuine(f *Finding, left *align.Reset) {
	if s.explainLogged(f, left) || s.flow.LastSent.Number == 0 && s.back.LastGot.Number == 0 { // nothing shows what came before
		return
	}
	if l := s.misanswered(left); l != nil {
		f.Misled = true
		f.Evidence = append(f.Evidence, Step{Rule: Twin, Outcome: Supports, Values: map[string]any{"frame": l.Number}}.because(
			"it answers a SYN and ACK in the %s's name (frame %d there) that acknowledges what the %s had not sent, as TCP asks for (RFC 9293 section 3.10.7.3)", s.sender.Other(), l.Number, s.sender))
		return
	}
	at := circumstances{s, left}
	for i := range Patterns {
		if test := Patterns[i].Sent; test != nil && f.suggested(Patterns[i].Pattern, test(&at)) {
			return
		}
	}
}

// misanswered is what arrived at the sender of a reset just before as an answer to its SYN, and
// acknowledges what it had not sent, where the other end's capture holds another answer; nil
// if the reset answers none.
func (s *stream) misanswered(left *align.Reset) *align.Leftover {
	for i := range s.back.Leftovers {
		l := &s.back.Leftovers[i]
		if l.Bucket != align.Lost && l.Flags&(segment.SYN|segment.ACK) == segment.SYN|segment.ACK && l.Ack == left.Seq && l.TimeNS <= left.TimeNS && left.TimeNS-l.TimeNS <= soonNS {
			return l
		}
	}
	return nil
}

// explainLogged adds to a genuine reset what the kernel of its sender told of it, and
// the cause that this shows. It reports whether it shows one.
func (s *stream) explainLogged(f *Finding, left *align.Reset) bool {
	e := s.kernelWord(left.TimeNS)
	if e == nil {
		return s.explainUnlogged(f, left)
	}
	said := fmt.Sprintf("the %s's own kernel tells of it: %s", s.sender, reasonOf(e))
	step := Step{Rule: KernelSaid, Outcome: Supports, Text: said, Values: map[string]any{"reason": e.Reason, "state": e.State, "at": stamp(e.Time.UnixNano())}}
	if e.PID != 0 {
		step.Values["pid"], step.Values["command"] = e.PID, e.Command
	}
	f.Evidence = append(f.Evidence, step)
	known := causes[e.Reason]
	if known.pattern == "" || e.Reason == "NO_SOCKET" && !left.Closed {
		return false // what the packets show says more
	}
	f.suggest(known.pattern, "%s", said)
	return true
}

// explainUnlogged tells a reset that left without the kernel's TCP having sent it:
// that of the host's own packet filter.
func (s *stream) explainUnlogged(f *Finding, left *align.Reset) bool {
	if !s.unlogged(left) || s.alleged.Host.Elsewhere > 0 {
		return false
	}
	said := fmt.Sprintf("the log of the %s's kernel, complete at that time, does not tell of it: its packet filter sent it, not its TCP", s.sender)
	f.Evidence = append(f.Evidence, Step{Rule: KernelSaid, Outcome: Supports, Text: said})
	f.suggest(HostFirewall, "%s", said)
	return true
}
