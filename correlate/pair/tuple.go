package pair

import (
	"hash/maphash"

	"bothends/correlate/survey"
)

// Where no NAT stands in between, both ends have a connection under the same
// addresses and ports. That alone does not tell one connection from another, as
// ports are used again; but it tells apart those that share their initial numbers,
// as the connections of scanners and load generators do, and it leaves so few to
// compare that less must agree beside it.

// byTuple joins what is left and has addresses and ports in common: connections
// that both captures show in mid-stream, if their ranges overlap in both directions,
// and those of which both hold nothing but resets, with the same number.
func (m *matcher) byTuple() {
	seed := maphash.MakeSeed()
	same := m.sameTuples()
	var candidates []candidate
	m.eachAlike(func(c *survey.Connection) (uint64, bool) {
		return maphash.Comparable(seed, c.Ends), true
	}, func(a, b []keyed) {
		if len(a) > maxAlike || len(b) > maxAlike {
			return // as it was: no partner, for the reason that it has
		}
		m.each(a, b, func(i, j int32) {
			if l, ok := m.sameTuple(i, j, same); ok {
				candidates = append(candidates, candidate{i, j, m.likeness(i, j, false), l})
			}
		})
	})
	m.settle(candidates)
}

func (m *matcher) sameTuple(i, j int32, comparisons float64) (l link, ok bool) {
	a, b := m.a[i], m.b[j]
	switch {
	case a.Ends != b.Ends || complete(a) && complete(b):
		return l, false
	case ranged(a) && ranged(b):
		return m.overlap(i, j, false, comparisons)
	}
	l = link{method: SeqRange, odds: min(1, comparisons*one32)}
	return l, l.odds <= maxOdds && sameReset(a, b)
}

// sameReset reports whether both captures hold resets of a connection and nothing
// else, from the same side and with the same number.
func sameReset(a, b *survey.Connection) bool {
	alike := false
	for side := range a.Flows {
		fa, fb := &a.Flows[side], &b.Flows[side]
		if fa.Segments+fb.Segments > 0 || (fa.Resets > 0) != (fb.Resets > 0) || fa.Resets > 0 && fa.ResetSeq != fb.ResetSeq {
			return false
		}
		alike = alike || fa.Resets > 0
	}
	return alike
}

// apartByTuple goes through connections that share a key, too many to compare each
// with each, and visits those of which addresses and ports make one pair. The others
// get none.
func (m *matcher) apartByTuple(a, b []keyed, visit func(i, j int32)) {
	there := map[ends][]int32{}
	for _, y := range b {
		e := ends(m.b[y.n].Ends)
		there[e] = append(there[e], y.n)
	}
	here := map[ends]int{}
	for _, x := range a {
		here[ends(m.a[x.n].Ends)]++
	}
	met := map[int32]bool{} // of b
	for _, x := range a {
		e := ends(m.a[x.n].Ends)
		if there := there[e]; here[e] == 1 && len(there) == 1 {
			m.comparisons++
			visit(x.n, there[0])
			met[there[0]] = true
			continue
		}
		m.obstacle[0][x.n] = tooMany
	}
	for _, y := range b {
		if !met[y.n] {
			m.obstacle[1][y.n] = tooMany
		}
	}
}

// sameTuples is how many comparisons there are between open connections with the
// same addresses and ports.
func (m *matcher) sameTuples() (comparisons float64) {
	there := m.byEnds()
	for i, a := range m.a {
		if m.openA(int32(i)) {
			comparisons += float64(len(there[a.Ends]))
		}
	}
	return comparisons
}

// byEnds are the open connections of b by their addresses and ports.
func (m *matcher) byEnds() map[ends][]int32 {
	there := map[ends][]int32{}
	for j, b := range m.b {
		if m.openB(int32(j)) {
			there[b.Ends] = append(there[b.Ends], int32(j))
		}
	}
	return there
}

// known reports whether one of two connections with other addresses or ports than the
// other's has its very own ones in the other capture, where its streams are, too: no NAT
// stands in between, and it is that one, whether or not it is still to be had. Where both
// were there at one time, they may be two recordings of one connection, before and after
// a NAT: then [matcher.settle] takes the nearer.
func (m *matcher) known(i, j int32) bool {
	a, b := m.a[i], m.b[j]
	if a.Ends == b.Ends {
		return false
	}
	if m.every[0] == nil {
		for capture, connections := range [2][]*survey.Connection{m.a, m.b} {
			m.every[capture] = map[ends][]int32{}
			for n, c := range connections {
				m.every[capture][c.Ends] = append(m.every[capture][c.Ends], int32(n))
			}
		}
	}
	for _, n := range m.every[1][a.Ends] {
		if meets(a, m.b[n]) && !atOnce(m.b[n], b) {
			return true
		}
	}
	for _, n := range m.every[0][b.Ends] {
		if meets(m.a[n], b) && !atOnce(m.a[n], a) {
			return true
		}
	}
	return false
}

// meets reports whether the streams of two connections are at the same numbers in both
// directions.
func meets(a, b *survey.Connection) bool {
	return ranged(a) && ranged(b) && touch(&a.Flows[survey.Initiator], &b.Flows[survey.Initiator]) && touch(&a.Flows[survey.Responder], &b.Flows[survey.Responder])
}

// tuples are the open connections of b by their addresses and ports, once somebody
// asks, and how many comparisons with them there are.
type tuples struct {
	there       map[ends][]int32
	comparisons float64
}

// onlyByTuple is the one connection of b that has the addresses and ports of
// connection i of a, if it fits.
func (m *matcher) onlyByTuple(i int32, t *tuples) (c candidate, ok bool) {
	if t.there == nil {
		t.there, t.comparisons = m.byEnds(), m.sameTuples()
	}
	same := t.there[m.a[i].Ends]
	if len(same) != 1 {
		return c, false
	}
	l, ok := m.sameTuple(i, same[0], t.comparisons)
	return candidate{i, same[0], m.likeness(i, same[0], false), l}, ok
}
