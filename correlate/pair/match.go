package pair

import (
	"context"

	"bothends/correlate/survey"
)

// matcher holds the partner found so far for each connection of either capture.
type matcher struct {
	a, b        []*survey.Connection
	found       []link              // by connection of a
	partner     []int32             // by connection of b: that of a, or NoView
	obstacle    [2][]obstacle       // by capture and connection: what stood in the way of a partner
	every       [2]map[ends][]int32 // the connections of either capture by addresses and ports, once they are asked for
	comparisons int                 // of one connection with another, so far
	ctx         context.Context
	steps       int // since ctx was asked
}

// ctxEvery is after how many connections ctx is asked: some milliseconds.
const ctxEvery = 1 << 12

// interrupted reports whether to leave off. What is left unfinished then, Match throws
// away.
func (m *matcher) interrupted() bool {
	m.steps++
	return m.steps%ctxEvery == 0 && m.ctx.Err() != nil
}

type link struct {
	partner  int32 // connection of b, or NoView
	method   Method
	turned   bool // a's initiator is b's responder: the roles were guessed differently
	odds     float64
	shift    [2]uint32 // by Side of a: b's numbers less a's
	synProxy bool      // the two handshakes are not the same packets
}

// obstacle is why a connection that could have had a partner has none.
type obstacle uint8

const (
	noObstacle   obstacle = iota
	severalThere          // several connections of the other capture could be it
	severalHere           // several of its own capture could be the other's
	outdone               // another recording of it in its own capture fits better
	tooMany               // too many to tell one from another
	tooFaint              // what agrees may agree by accident; other evidence is still welcome
)

func newMatcher(a, b []*survey.Connection) *matcher {
	m := &matcher{a: a, b: b, ctx: context.Background(), found: make([]link, len(a)), partner: make([]int32, len(b))}
	m.obstacle = [2][]obstacle{make([]obstacle, len(a)), make([]obstacle, len(b))}
	for i := range m.found {
		m.found[i].partner = NoView
	}
	for j := range m.partner {
		m.partner[j] = NoView
	}
	return m
}

// openA reports whether connection i of a still looks for a partner. One that had
// several to choose from stays without: weaker evidence cannot tell better.
func (m *matcher) openA(i int32) bool {
	return m.found[i].partner == NoView && m.obstacle[0][i].passable()
}

func (m *matcher) openB(j int32) bool { return m.partner[j] == NoView && m.obstacle[1][j].passable() }

func (o obstacle) passable() bool { return o == noObstacle || o == tooFaint }

// possible is how many comparisons there can be between the two captures.
func (m *matcher) possible() float64 {
	var open [2]float64
	for i := range m.a {
		if m.openA(int32(i)) {
			open[0]++
		}
	}
	for j := range m.b {
		if m.openB(int32(j)) {
			open[1]++
		}
	}
	return open[0] * open[1]
}

// candidate is a pair that agrees in what is asked for.
type candidate struct {
	i, j  int32
	score int32 // how much else agrees
	link  link
}

// settle joins each candidate that is the best one for both its connections. A
// connection of which several were recorded at one end (a packet that is
// forwarded passes a tap twice, before and after NAT) goes to the recording that
// looks most alike. Where two look equally alike none is taken.
func (m *matcher) settle(candidates []candidate) {
	type best struct{ score, count int32 }
	if len(candidates) == 0 {
		return
	}
	bestA, bestB := make([]best, len(m.a)), make([]best, len(m.b))
	note := func(b *best, score int32) {
		switch {
		case b.count == 0 || score > b.score:
			*b = best{score, 1}
		case score == b.score:
			b.count++
		}
	}
	for k := range candidates {
		c := &candidates[k]
		note(&bestA[c.i], c.score)
		note(&bestB[c.j], c.score)
	}
	for k := range candidates {
		if c := &candidates[k]; bestA[c.i] == (best{c.score, 1}) && bestB[c.j] == (best{c.score, 1}) &&
			m.openA(c.i) && m.openB(c.j) {
			c.link.partner = c.j
			m.found[c.i], m.partner[c.j] = c.link, c.i
		}
	}
	for k := range candidates {
		c := &candidates[k]
		a, b := m.found[c.i].partner != NoView, m.partner[c.j] != NoView
		switch {
		case a && !b:
			if atOnce(m.b[m.found[c.i].partner], m.b[c.j]) {
				m.obstacle[1][c.j] = outdone
			}
		case b && !a:
			if atOnce(m.a[m.partner[c.j]], m.a[c.i]) {
				m.obstacle[0][c.i] = outdone
			}
		case !a && !b:
			m.hinder(0, c.i, bestA[c.i].count > 1)
			m.hinder(1, c.j, bestB[c.j].count > 1)
		}
	}
}

// atOnce reports whether two connections of one capture may be two recordings of one: the
// time of the one meets that of the other.
func atOnce(a, b *survey.Connection) bool {
	return a.FirstNS <= b.LastNS && b.FirstNS <= a.LastNS
}

func (m *matcher) hinder(capture int, n int32, several bool) {
	why := severalHere
	if several {
		why = severalThere
	}
	if o := &m.obstacle[capture][n]; o.passable() {
		*o = why
	}
}

// likeness counts in what two views agree that NAT may have changed, or not.
func (m *matcher) likeness(i, j int32, turned bool) (score int32) {
	for side := survey.Initiator; side <= survey.Responder; side++ {
		other := side
		if turned {
			other = side.Other()
		}
		if m.a[i].Ends[side] == m.b[j].Ends[other] {
			score += 2
		}
		if m.a[i].Ends[side].Port == m.b[j].Ends[other].Port {
			score++
		}
		if sameTimestamp(m.a[i], m.b[j], side) && !turned {
			score += 4
		}
	}
	return score
}

// maxAlike is how many connections of one capture may share a key and still be
// compared one by one. Honest captures have a connection once for every
// interface of the recording host that it passes.
const maxAlike = 16

// keyed is a connection and what it is looked up by.
type keyed struct {
	key uint64
	n   int32
}

// byKey joins connections with equal keys, if accept agrees.
func (m *matcher) byKey(key func(*survey.Connection) (uint64, bool), accept func(i, j int32) (link, bool)) {
	a, b := list(m.a, m.openA, key), list(m.b, m.openB, key)
	candidates := make([]candidate, 0, min(len(a), len(b)))
	m.eachOf(a, b, func(a, b []keyed) {
		try := func(i, j int32) {
			l, ok := accept(i, j)
			if !ok {
				m.obstacle[0][i], m.obstacle[1][j] = tooFaint, tooFaint
				return
			}
			candidates = append(candidates, candidate{i, j, m.likeness(i, j, false), l})
		}
		switch {
		case len(a) > maxAlike || len(b) > maxAlike:
			m.apartByTuple(a, b, try)
		case len(a) > 1 || len(b) > 1: // what addresses and ports tell apart is no rival
			m.each(a, b, func(i, j int32) {
				if !m.known(i, j) {
					try(i, j)
				}
			})
		default:
			m.each(a, b, try)
		}
	})
	m.settle(candidates)
}

// eachAlike visits, key by key, the open connections of both captures that share
// one.
func (m *matcher) eachAlike(key func(*survey.Connection) (uint64, bool), visit func(a, b []keyed)) {
	m.eachOf(list(m.a, m.openA, key), list(m.b, m.openB, key), visit)
}

// eachOf is eachAlike of two lists.
func (m *matcher) eachOf(a, b []keyed, visit func(a, b []keyed)) {
	for len(a) > 0 && len(b) > 0 && !m.interrupted() {
		switch {
		case a[0].key < b[0].key:
			a = a[1:]
		case a[0].key > b[0].key:
			b = b[1:]
		default:
			alikeA, alikeB := alike(a), alike(b)
			a, b = a[len(alikeA):], b[len(alikeB):]
			visit(alikeA, alikeB)
		}
	}
}

// each compares every connection of a with every one of b.
func (m *matcher) each(a, b []keyed, compare func(i, j int32)) {
	for _, x := range a {
		for _, y := range b {
			m.comparisons++
			compare(x.n, y.n)
		}
	}
}

// list is the connections that are open and have a key, in order of it.
func list(connections []*survey.Connection, open func(int32) bool, key func(*survey.Connection) (uint64, bool)) []keyed {
	most := 0
	for n := range connections {
		if open(int32(n)) {
			most++
		}
	}
	keys := make([]keyed, 0, most)
	for n := range connections {
		if !open(int32(n)) {
			continue
		}
		if k, ok := key(connections[n]); ok {
			keys = append(keys, keyed{k, int32(n)})
		}
	}
	return sorted(keys)
}

// alike is the part of keys, from the first on, that has one key.
func alike(keys []keyed) []keyed {
	n := 1
	for n < len(keys) && keys[n].key == keys[0].key {
		n++
	}
	return keys[:n]
}
