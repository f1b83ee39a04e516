package correlate

import (
	"slices"

	"bothends/correlate/judge"
	"bothends/correlate/pair"
	"bothends/correlate/replay"
	"bothends/correlate/tap"
)

// separateUnlike takes apart what was joined because it begins alike, and turned
// out not to carry the same: two sessions of one protocol, not a proxy's two legs, or
// two connections that began with the same numbers.
func (m *meeting) separateUnlike() {
	mine := false // the pairs: those of the pairing stay as they are
	for i, n := 0, len(m.pairs); i < n; i++ {
		if m.caseOf[i] == replay.Nowhere {
			continue
		}
		why := m.whySeparate(&m.pairs[i], &m.cases[m.caseOf[i]])
		if why == "" {
			continue
		}
		if !mine {
			m.pairs, mine = slices.Clone(m.pairs), true
		}
		p := &m.pairs[i]
		other := *p
		p.Server, p.Method, p.Shift, p.Why = pair.NoView, pair.None, [2]uint32{}, why
		other.Client, other.Method, other.Shift, other.Why = pair.NoView, pair.None, [2]uint32{}, why
		m.cases[m.caseOf[i]] = judge.Case{Pair: p}
		m.caseOf[i] = replay.Nowhere
		m.pairs = append(m.pairs, other)
		m.caseOf = append(m.caseOf, replay.Nowhere)
	}
}

// unlike reports whether the two ends saw different bytes in one place of a stream.
func unlike(c *judge.Case) bool {
	if l := &c.Summary().Ledger; l[tap.Client].Modified+l[tap.Server].Modified > 0 {
		return true
	}
	if c.Connection == nil {
		return false
	}
	for end := range c.Streams {
		for _, l := range c.Streams[end].Leftovers {
			if l.PayloadLen > 0 {
				return true
			}
		}
	}
	return false
}

// whySeparate is why a pair is no pair after all, empty if it is one.
func (m *meeting) whySeparate(p *pair.Pair, c *judge.Case) string {
	switch {
	case !p.Paired() || !unlike(c):
		return ""
	case p.Method == pair.Payload:
		return "a connection of the other capture begins alike, and then carries something else"
	case p.SharedISN:
		return "its sequence numbers are those of several connections, as a load generator's are, and the one of the other capture carries something else"
	}
	return ""
}
