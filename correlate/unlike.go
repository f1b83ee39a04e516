package correlate

import (
	"bothends/correlate/judge"
	"bothends/correlate/pair"
	"bothends/correlate/replay"
	"bothends/correlate/tap"
)

// separateUnlike takes apart what was joined because it begins alike, and turned
// out not to carry the same: two sessions of one protocol, not a proxy's two legs.
func (c *comparison) separateUnlike() {
	for i, n := 0, len(c.pairs); i < n; i++ {
		p := &c.pairs[i]
		if p.Method != pair.Payload || !unlike(&c.cases[c.caseOf[i]]) {
			continue
		}
		const why = "a connection of the other capture begins alike, and then carries something else"
		other := *p
		p.Server, p.Method, p.Shift, p.Why = pair.NoView, pair.None, [2]uint32{}, why
		other.Client, other.Method, other.Shift, other.Why = pair.NoView, pair.None, [2]uint32{}, why
		c.cases[c.caseOf[i]] = judge.Case{Pair: *p}
		c.caseOf[i] = replay.Nowhere
		c.pairs = append(c.pairs, other)
		c.caseOf = append(c.caseOf, replay.Nowhere)
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
