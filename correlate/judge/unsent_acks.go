package judge

import (
	"fmt"

	"bothends/correlate/align"
)

// An acknowledgment that its sender's capture lacks is mostly one that this capture missed: it
// looks like all others, and does nothing. These two do harm, and say what their sender, as far
// as its own packets show, never said.

// shut is an acknowledgment in the sender's name that forbids the other end to send, where the
// sender's capture lacks it and holds none with a window of 0.
func (s *stream) shut() []Finding {
	if !s.flow.ShutByNobody() || s.alleged.Drops > 0 || s.flow.Missed > s.flow.Shut.Acks {
		return nil // its capture lacks other packets, too
	}
	u := &s.flow.Shut
	what := fmt.Sprintf("it has a window of 0, which forbids the %s to send; the %s's capture, which covers that time and lacks nothing else of the connection, does not hold it, nor any packet with such a window",
		s.sender.Other(), s.sender)
	if more := u.Acks - 1; more > 0 {
		what += fmt.Sprintf("; so came %s", count(more, "further acknowledgment"))
	}
	// One that has something to say and may not probes, and says nothing new. Where it goes on,
	// this may be what keeps idle connections alive on the way.
	stalled := s.back.LastProbeNS > u.First.TimeNS && s.back.LastNewNS <= u.First.TimeNS
	if stalled {
		what += fmt.Sprintf("; the %s has sent nothing new since, and probes", s.sender.Other())
	}
	return []Finding{s.unsentAck(u, what, Strong, stalled)}
}

// poisoned is an acknowledgment in the sender's name with a timestamp that the sender's clock
// cannot have shown then. Whoever takes it for the latest drops all that the sender goes on to
// send, as too old (RFC 7323 section 5.3).
func (s *stream) poisoned() []Finding {
	u := &s.flow.Ahead
	if u.Acks == 0 || !s.pair.Paired() || !s.flow.Path.StampsKept() {
		return nil
	}
	c := s.clocks.at(u.First.TimeNS)
	if !c.Comparable || !s.flow.Stamps.Beyond(u.First.TSVal, c.LatestNS) {
		return nil
	}
	what := fmt.Sprintf("its timestamp (%d) is ahead of all that the %s's clock can have shown by then, and the %s's capture, which covers that time, does not hold it",
		u.First.TSVal, s.sender, s.sender)
	there := &s.Cases[s.index]
	harmed := there.Unheeded[s.sender] && s.flow.LastGot.TimeNS > u.First.TimeNS
	if harmed {
		what += fmt.Sprintf("; what the %s sent afterwards has older ones, and came to the %s again and again without being acknowledged", s.sender, s.sender.Other())
	}
	return []Finding{s.unsentAck(u, what, Supported, harmed)}
}

// unsentAck tells of the first of some acknowledgments that the sender's capture lacks. That it
// did not miss them the count of IP-IDs shows, in which each packet of a socket's takes a place:
// then they were made on the way, if harm says so, with a confidence.
func (s *stream) unsentAck(u *align.Unsent, what string, sure Confidence, harm bool) Finding {
	c := s.clocks.at(u.LastNS)
	ids := &s.flow.IPIDs
	values := map[string]any{"acks": u.Acks, "ip_id_steps": ids.Steps, "ip_id_jumps": ids.Jumps}
	step := Step{Rule: Missed, Outcome: Open, Decides: true, Values: values}
	verdict, confidence := Indeterminate, Unsure
	switch {
	case ids.WithoutGap() && c.Comparable && ids.Last.TimeNS > c.LatestNS && !u.First.IPv6 && harm:
		verdict, confidence, step.Outcome = Injected, sure, Refuted
		step = step.because("%s; the %s counts IP-IDs for each connection, and none is missing from its count, which goes on behind it: its socket did not send it, by whatever interface", what, s.sender)
	case !harm:
		step = step.because("%s; but nothing shows that it did any harm, and whoever answers for the %s on the way, a keeper of idle connections or a balancer, has a clock of its own", what, s.sender)
	default:
		step = step.because("%s; but nothing else, such as a count of IP-IDs, shows that it did not miss it", what)
	}
	return s.finding("ack", verdict, confidence, u.First.Frame, u.First.Header, step)
}
