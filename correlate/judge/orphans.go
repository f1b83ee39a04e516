package judge

import (
	"bothends/correlate/align"
	"bothends/correlate/tap"
)

// orphans judges the resets that arrived on a connection of which the alleged
// sender's capture holds nothing at all. The end that received them cannot show
// how NAT would have mapped the connection, so that it cannot be excluded that
// the sender's capture has it under other numbers: no verdict, but suspicion, unless
// the answer was made too near to be the sender's.
func (h *hearing) orphans() []Finding {
	var findings []Finding
	for _, r := range h.stream.Resets[tap.Client] {
		findings = append(findings, h.orphan(r))
	}
	return findings
}

func (h *hearing) orphan(r *align.Reset) Finding {
	a := accusation{kind: "rst", Frame: r.Frame, Header: r.Header, reset: r, position: r.Position}
	f := h.finding("rst", Indeterminate, Unsure, r.Frame, r.Header)
	for _, rule := range rules {
		var step Step
		switch rule.name {
		case "ip-id", "mapping", "no-twin", "not-a-proxy":
			continue // they compare two views of one connection
		case "capture-loss":
			step = h.countedLoss()
		default:
			step = rule.apply(h, &a)
		}
		step.Rule = rule.name
		f.Evidence = append(f.Evidence, step)
	}
	f.Evidence = append(f.Evidence, Step{Rule: "mapping", Outcome: Unknown}.because(
		"the %s's capture holds no packet of this connection, neither from it nor to it: nothing shows how the path maps it", h.sender))
	h.nearer(&f, r)
	h.explain(&f, r)
	f.reset, f.Trigger = r, h.trigger(r)
	return f
}
