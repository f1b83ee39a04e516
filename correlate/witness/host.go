package witness

import (
	"slices"

	"bothends/capture/testimony"
)

// A Host is what its recorder found that can send in the host's name beside its TCP:
// the worst of all its looks.
type Host struct {
	// RulesKnown: at its beginning and at its end it could list the rules of the host's
	// packet filters, of which ResetRules answer with a reset.
	RulesKnown bool
	ResetRules int
	// RulesSeen: it could at one of its looks.
	RulesSeen bool
	// NoNAT: nor had they any that gives a connection another destination, at either look.
	NoNAT      bool
	XDP        []string // interfaces with a program below the tap, sorted
	XDPSockets int      // which send past the tap
	// Elsewhere is how many other network namespaces have an address of the host.
	Elsewhere int
}

// HostOf puts the looks of a recorder together.
func HostOf(found []testimony.HostFacts) Host {
	h := Host{RulesKnown: len(found) >= bothLooks, NoNAT: len(found) >= bothLooks}
	for i := range found {
		l := &found[i]
		h.RulesSeen = h.RulesSeen || l.ResetRules != nil && l.Namespaces != nil
		h.RulesKnown = h.RulesKnown && l.ResetRules != nil && l.Namespaces != nil
		h.NoNAT = h.NoNAT && l.NATRules != nil && *l.NATRules == 0
		h.ResetRules = max(h.ResetRules, value(l.ResetRules))
		h.XDPSockets = max(h.XDPSockets, value(l.XDPSockets))
		h.Elsewhere = max(h.Elsewhere, value(l.Namespaces))
		h.XDP = append(h.XDP, l.XDP...)
	}
	slices.Sort(h.XDP)
	h.XDP = slices.Compact(h.XDP)
	return h
}

// bothLooks: a recorder looks at its beginning and at its end.
const bothLooks = 2

// value is a number that may not be known: 0 then.
func value(n *int) int {
	if n == nil {
		return 0
	}
	return *n
}

// NoRejects reports whether the host had no rule that rejects with a reset, where
// whatever has its addresses could have one.
func (h *Host) NoRejects() bool { return h.RulesKnown && h.ResetRules == 0 && h.Elsewhere == 0 }
