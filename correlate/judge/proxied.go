package judge

import (
	"bothends/correlate/align"
	"bothends/correlate/tap"
)

// proxied judges the resets of a proxied connection. The two captures show two
// connections of which a proxy relays the payload, so that a reset at one end
// was never meant to reach the other: it was made by the proxy's leg, by whoever
// stands on that leg, or by a host, and these captures do not tell which.
func (s *stream) proxied() []Finding {
	var findings []Finding
	step := Step{Rule: Proxy, Outcome: Fits, Decides: true}.because(
		"what the two captures carry is the same, their sequence numbers and handshakes are not: a proxy stands between, and each of its two legs has resets of its own")
	for _, end := range []tap.End{s.sender.Other(), s.sender} {
		for _, r := range s.flow.Resets[end] {
			f := s.finding("rst", Interposed, Unsure, r.Frame, r.Header, step)
			f.SeenAt = end
			f.Pattern, f.Advice = ProxyLeg, ProxyLeg.Advice()
			f.PatternWhy = "a proxy relays this connection"
			findings = append(findings, f)
		}
	}
	s.ledger(func(l *align.Ledger) { l.SentNotCaptured += int64(len(findings)) + s.flow.MoreReset })
	return findings
}
