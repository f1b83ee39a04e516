package judge

import "fmt"

// storm is a flood of duplicate acknowledgments in the sender's name that its capture lacks.
// A proxy that acknowledges for an end says what is new; a network that doubles packets doubles
// their IP-IDs, too, and align knows such copies. What is left is a capture that lacks them, which
// the count of IP-IDs refutes, in which each packet of a socket's takes a place. Once the
// connection is closed the kernel answers without a socket, and without that count.
func (s *stream) storm() []Finding {
	storm := &s.flow.Storm
	if !storm.Told() || s.alleged.Drops > 0 || s.flow.Missed > storm.Acks {
		return nil // its capture lacks other packets, too
	}
	c := s.clocks.at(storm.LastNS)
	later := c.Comparable && s.flow.IPIDs.Last.TimeNS > c.LatestNS
	what := fmt.Sprintf("%s like this one, which repeat what the %s had acknowledged, with the same window, came within %s, and the %s's capture, which covers that time and lacks nothing else of the connection, holds none of them",
		count(storm.Acks, "acknowledgment"), s.sender, readable(storm.LastNS-storm.First.TimeNS), s.sender)
	values := map[string]any{"acks": storm.Acks, "ip_id_steps": s.flow.IPIDs.Steps, "ip_id_jumps": s.flow.IPIDs.Jumps}
	switch {
	case s.flow.IPIDs.Jumps > 0:
		return nil // packets left that the capture lacks
	case s.flow.IPIDs.WithoutGap() && later && !storm.First.IPv6:
		step := Step{Rule: Missed, Outcome: Refuted, Decides: true, Values: values}.because(
			"%s; the %s counts IP-IDs for each connection, and none is missing from its count, which goes on behind them: its socket sent none of them, by whatever interface", what, s.sender)
		return []Finding{s.finding("ack", Injected, Strong, storm.First.Frame, storm.First.Header, step)}
	}
	step := Step{Rule: Missed, Outcome: Open, Decides: true, Values: values}.because(
		"%s; but nothing else, such as a count of IP-IDs, shows that it did not miss them", what)
	return []Finding{s.finding("ack", Indeterminate, Unsure, storm.First.Frame, storm.First.Header, step)}
}
