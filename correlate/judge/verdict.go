package judge

import "bothends/correlate/align"

// growWithinNS is how close together resets with growing numbers stand (Weaver,
// Sommer and Paxson 2009, section 4: two seconds).
const growWithinNS = 2e9

// accused judges a reset that arrived and was not sent, as far as the sender's
// capture shows.
func (h *hearing) accused(r *align.Reset) Finding {
	a := accusation{kind: "rst", Frame: r.Frame, Header: r.Header, reset: r, position: r.Position, first: true}
	for j, s := range h.stream.Resets[h.sender] {
		if !h.matched.arrived[j] && h.sentBefore(s.TimeNS, r.TimeNS) && h.signs(s, r) == bothSigns {
			a.twins = append(a.twins, s)
		}
		if h.mistimed(s, r) { // even if it arrived: the network may have doubled it
			a.mistimed = s
		}
	}
	for _, o := range h.unmatched {
		if o.TimeNS < r.TimeNS {
			a.first = false
		}
		if o == r || growing(o, r) {
			a.steps++
			a.guesses = a.guesses || h.ahead(o) > 0
		}
	}
	f := h.decide(&a)
	h.explain(&f, r)
	f.reset, f.Trigger = r, h.trigger(r)
	if f.Verdict == Injected {
		h.forged = append(h.forged, r)
	}
	return f
}

// growing tells whether two resets are of a series with growing numbers.
func growing(a, b *align.Reset) bool {
	return abs(a.TimeNS-b.TimeNS) <= growWithinNS && a.Position != b.Position && a.TimeNS < b.TimeNS == (a.Position < b.Position)
}

func abs(n int64) int64 { return max(n, -n) }

// decide applies all rules and corroborators and weighs them.
func (h *hearing) decide(a *accusation) Finding {
	f := h.finding(a.kind, Injected, Supported, a.Frame, a.Header)
	var w weight
	for _, rule := range rules {
		step := rule.apply(h, a)
		step.Rule = rule.name
		f.Evidence = append(f.Evidence, step)
		w.addRule(rule.name, rule.mayBeOpen, step.Outcome)
	}
	for _, c := range corroborators {
		if t := c.apply(h, a); t.Outcome != "" {
			t.Rule = c.name
			f.Evidence = append(f.Evidence, t.Step)
			w.addTestimony(&t)
		}
	}
	var reason Step
	f.Verdict, f.Confidence, reason = h.weigh(&w)
	if reason.Rule != "" {
		f.Evidence = append(f.Evidence, reason)
	}
	return f
}

// weigh comes to the verdict, and gives a reason where the steps themselves do
// not show it.
func (h *hearing) weigh(w *weight) (Verdict, Confidence, Step) {
	open := Step{Rule: "corroboration", Outcome: Unknown}
	switch {
	case w.failed != "" && !w.twin && w.alone:
		return Injected, Strong, Step{Rule: "silence-not-used", Outcome: Supports}.because(
			"the rule %q fails, but the verdict does not rest on the %s's capture being silent: no packet from there can have come this fast", w.failed, h.sender)
	case w.failed != "" || w.open:
		return Indeterminate, Unsure, Step{}
	case !w.supported && w.ahead:
		return Indeterminate, Unsure, open.because(
			"its number is ahead of all that either capture shows, and only the %s's capture says that nothing was sent up to there: data before it may have been lost to both, by the capture with this packet and by the network", h.sender)
	case !w.supported:
		return Indeterminate, Unsure, open.because(
			"nothing but its absence from the %s's capture speaks against this packet, and a capture can miss one", h.sender)
	case w.contradicted && !w.beyondFirewall:
		return Indeterminate, Unsure, Step{Rule: "corroboration", Outcome: Contradicts}.because("what supports the accusation is outweighed")
	case !w.beyondUplink && h.astray() > 0:
		return Indeterminate, Unsure, open.because(
			"%s from the %s on this connection did not come to the %s: another host behind the same address may have got what this one did not, and have reset what it does not know",
			count(h.astray(), "packet"), h.sender.Other(), h.sender)
	case !w.beyondFirewall && !h.silenceCounts():
		return Indeterminate, Unsure, open.because(
			"the %s's own firewall may have sent it in the place of its TCP, and its capture is too small to exclude that it missed it (%s, no counters)", h.sender, count(h.alleged.Passed, "packet"))
	case !w.beyondFirewall && !h.alleged.AllInterfaces:
		return Indeterminate, Unsure, open.because(
			"the %s's own firewall may have sent it in the place of its TCP, by an interface that was not recorded", h.sender)
	case !w.beyondFirewall && h.Cases[h.index].Translated[h.sender.Other()]:
		return Indeterminate, Unsure, open.because(
			"the path translates the %s's address: the %s may have reset what came from there under another one, and gone on with this connection",
			h.sender.Other(), h.sender)
	case !w.beyondUplink && !h.alleged.AllInterfaces:
		return Indeterminate, Unsure, open.because(
			"the %s may have sent it by an interface that was not recorded, over another way", h.sender)
	case w.filterOpen:
		return Injected, Supported, Step{}
	case h.silenceCounts():
		return Injected, Proven, Step{}
	case h.alleged.Passed >= passedFor5 || w.conclusive:
		return Injected, Strong, Step{}
	}
	return Injected, Supported, Step{}
}

// astray is how many packets of the receiver's did not come to the sender. Where a
// load balancer forgets which of its hosts has a connection, another one gets them.
func (h *hearing) astray() int64 { return h.Cases[h.index].Ledger[h.sender.Other()].Lost }

// silenceCounts tells whether the sender's capture is good enough that its
// silence alone is hard to explain.
func (h *hearing) silenceCounts() bool {
	return h.alleged.Passed >= passedFor1 || h.alleged.DropsKnown && h.alleged.Drops == 0
}

// weight adds up what the rules and the corroborators came to.
type weight struct {
	failed     string // the first rule that fails
	twin       bool   // the sender did send what may be this packet
	open       bool   // a rule is unknown that must not be
	filterOpen bool   // the filter rule is unknown

	supported, conclusive, alone, contradicted bool
	ahead                                      bool // support that rests on the sender's capture alone
	// beyondFirewall: at least one support that the sender's own firewall
	// cannot have left.
	beyondFirewall bool
	// beyondUplink: at least one that the sender cannot have left by sending it
	// another way, nor its firewall.
	beyondUplink bool
}

func (w *weight) addRule(name string, mayBeOpen bool, outcome Outcome) {
	w.twin = w.twin || outcome == Fails && name == "no-twin"
	switch {
	case outcome == Fails && w.failed == "":
		w.failed = name
	case outcome == Unknown && !mayBeOpen:
		w.open = true
	case outcome == Unknown && name == "filter":
		w.filterOpen = true
	}
}

func (w *weight) addTestimony(t *testimony) {
	switch {
	case t.weightless:
	case t.Outcome == Contradicts:
		w.contradicted = true
	case t.silence:
		w.ahead = true
	default:
		w.supported = true
		w.conclusive = w.conclusive || t.conclusive
		w.alone = w.alone || t.alone
		w.beyondFirewall = w.beyondFirewall || !t.firewall
		w.beyondUplink = w.beyondUplink || !t.firewall && !t.uplink
	}
}
