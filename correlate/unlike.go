package correlate

import (
	"slices"

	"bothends/correlate/judge"
	"bothends/correlate/pair"
	"bothends/correlate/replay"
	"bothends/correlate/tap"
)

// separateUnlike takes apart what was joined because it begins alike, and turned
// out not to carry the same: two sessions of one protocol, not a proxy's two legs.
func (m *meeting) separateUnlike() {
	mine := false // the pairs: those of the pairing stay as they are
	for i, n := 0, len(m.pairs); i < n; i++ {
		if m.pairs[i].Method != pair.Payload || !unlike(&m.cases[m.caseOf[i]]) {
			continue
		}
		if !mine {
			m.pairs, mine = slices.Clone(m.pairs), true
		}
		p := &m.pairs[i]
		const why = "a connection of the other capture begins alike, and then carries something else"
		other := *p
		p.Server, p.Method, p.Shift, p.Why = pair.NoView, pair.None, [2]uint32{}, why
		other.Client, other.Method, other.Shift, other.Why = pair.NoView, pair.None, [2]uint32{}, why
		m.cases[m.caseOf[i]] = judge.Case{Pair: *p}
		m.caseOf[i] = replay.Nowhere
		m.pairs = append(m.pairs, other)
		m.caseOf = append(m.caseOf, replay.Nowhere)
	}
}

// unlike reports whether the two ends saw different bytes in one place of a stream.
func unlike(c *judge.Case) bool {
	if c.Ledger[tap.Client].Modified+c.Ledger[tap.Server].Modified > 0 {
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
