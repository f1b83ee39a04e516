// Package pair finds out which connection in one end's capture is which in the
// other's. Addresses and ports do not count: NAT changes them. What survives the
// way are sequence numbers, and where a firewall rewrites those, timestamps.
package pair

import (
	"bothends/correlate/survey"
)

// Method is how the two views of a connection were found to be one.
type Method string

const (
	ISN       Method = "isn"        // both initial sequence numbers, 64 bits
	ClientISN Method = "client-isn" // the client's alone; one end has no answer, or another one
	SeqRange  Method = "seq-range"  // overlapping ranges of sequence numbers in both directions
	SeqShift  Method = "seq-shift"  // both timestamps of the handshake; the numbers are rewritten
	None      Method = "none"       // no partner
)

// NoView stands for the view of a connection at an end whose capture lacks it.
const NoView int32 = -1

// A Pair is one connection and its views at the two ends. Exactly one of Client
// and Server may be NoView.
type Pair struct {
	Client, Server int32       // index into the Connections of that end's survey, or NoView
	ClientSide     survey.Side // which side of the client end's view is the host at the client end
	ServerSide     survey.Side // which side of the server end's view is the host at the client end
	Method         Method
	// Shift is what the path adds to the sequence numbers: the server end's
	// numbers less the client end's, for the stream that the client end's host
	// sends and for the one it receives.
	Shift [2]uint32
	// Odds bounds the chance that two unrelated connections look as alike.
	Odds float64
	// Why there is no partner, if Method is None.
	Why string
}

// Paired tells whether both ends have a view of the connection.
func (p *Pair) Paired() bool { return p.Client != NoView && p.Server != NoView }

// Placement says which capture was taken at which end.
type Placement struct {
	Swapped bool        // the second capture is the client's
	Clue    survey.Clue // what told; NoClue: only the order in which they were given
	Votes   int         // connections that say so
	Against int         // connections that say the opposite
}

// Match pairs the connections of two captures. Unless the ends are fixed by the
// caller, it also finds out which capture is the client's; the result's Client
// and Server are the ends after that. Pairs come in the order of the client
// end's connections, then those that only the server end has.
func Match(first, second *survey.Survey, fixed bool) ([]Pair, Placement) {
	m := newMatcher(first.Connections, second.Connections)
	m.byBothISNs()
	m.byClientISN()
	m.byTimestamps()
	m.byRanges()

	placement := place(m, fixed)
	return m.pairs(first, second, placement), placement
}

// matcher holds the partner found so far for each connection of either capture.
type matcher struct {
	a, b  []survey.Connection
	found []link // by connection of a
	taken []bool // by connection of b
}

type link struct {
	partner int32 // connection of b, or NoView
	method  Method
	turned  bool // a's initiator is b's responder: the roles were guessed differently
	odds    float64
	shift   [2]uint32 // by Side of a: b's numbers less a's
}

func newMatcher(a, b []survey.Connection) *matcher {
	m := &matcher{a: a, b: b, found: make([]link, len(a)), taken: make([]bool, len(b))}
	for i := range m.found {
		m.found[i].partner = NoView
	}
	return m
}

func (m *matcher) join(i, j int32, l link) {
	l.partner = j
	m.found[i] = l
	m.taken[j] = true
}

// chance is the probability that one of the comparisons between the two
// captures comes out equal by accident, each having one chance in 2^bits.
func (m *matcher) chance(inverse float64) float64 {
	return min(1, float64(len(m.a))*float64(len(m.b))*inverse)
}

const (
	one32 = 1.0 / (1 << 32) // chance that two unrelated 32-bit numbers are equal
	one64 = one32 * one32
)

func (m *matcher) byBothISNs() {
	key := func(c *survey.Connection) (uint64, bool) {
		i, r := &c.Flows[survey.Initiator], &c.Flows[survey.Responder]
		return uint64(i.ISN)<<32 | uint64(r.ISN), i.KnowISN && r.KnowISN
	}
	m.byKey(key, func(i, j int32, _ bool) (link, bool) {
		return link{method: ISN, odds: m.chance(one64)}, true
	})
}

// byClientISN joins what has only the client's number in common. Thirty-two bits
// alone are too few where there are many connections, so that either the
// timestamp of the SYN or the service's port must agree too.
func (m *matcher) byClientISN() {
	key := func(c *survey.Connection) (uint64, bool) {
		i := &c.Flows[survey.Initiator]
		return uint64(i.ISN), i.KnowISN && c.Handshake
	}
	m.byKey(key, func(i, j int32, only bool) (link, bool) {
		a, b := &m.a[i], &m.b[j]
		fa, fb := &a.Flows[survey.Initiator], &b.Flows[survey.Initiator]
		l := link{method: ClientISN}
		switch {
		case fa.HasTSVal && fb.HasTSVal && fa.TSVal == fb.TSVal && fa.TSVal != 0:
			l.odds = m.chance(one64)
		case only && a.Ends[survey.Responder].Port == b.Ends[survey.Responder].Port:
			l.odds = m.chance(one32)
		default:
			return l, false
		}
		ra, rb := &a.Flows[survey.Responder], &b.Flows[survey.Responder]
		if ra.KnowISN && rb.KnowISN && ra.HasTSVal && rb.HasTSVal && ra.TSVal == rb.TSVal && ra.TSVal != 0 {
			l.method = SeqShift // the same answer under another number
			l.shift[survey.Responder] = rb.ISN - ra.ISN
		}
		return l, true
	})
}

// byTimestamps joins connections whose sequence numbers a firewall rewrites: it
// leaves the timestamps of the SYN and of its answer as they are.
func (m *matcher) byTimestamps() {
	key := func(c *survey.Connection) (uint64, bool) {
		i, r := &c.Flows[survey.Initiator], &c.Flows[survey.Responder]
		ok := i.HasTSVal && r.HasTSVal && i.KnowISN && r.KnowISN && i.TSVal != 0 && r.TSVal != 0
		return uint64(i.TSVal)<<32 | uint64(r.TSVal), ok
	}
	m.byKey(key, func(i, j int32, only bool) (link, bool) {
		l := link{method: SeqShift, odds: m.chance(one64)}
		for side := range l.shift {
			l.shift[side] = m.b[j].Flows[side].ISN - m.a[i].Flows[side].ISN
		}
		return l, only
	})
}

// byKey joins connections with equal keys, if accept agrees. Where several of
// one capture share a key (a packet that is forwarded passes a tap twice, before
// and after NAT), the one whose endpoints are the partner's own goes first.
// accept is told whether there was only one candidate.
func (m *matcher) byKey(key func(*survey.Connection) (uint64, bool), accept func(i, j int32, only bool) (link, bool)) {
	byKey := make(map[uint64][]int32)
	for j := range m.b {
		if m.taken[j] {
			continue
		}
		if k, ok := key(&m.b[j]); ok {
			byKey[k] = append(byKey[k], int32(j))
		}
	}
	for i := range m.a {
		if m.found[i].partner != NoView {
			continue
		}
		k, ok := key(&m.a[i])
		if !ok {
			continue
		}
		j := m.choose(int32(i), byKey[k])
		if j == NoView {
			continue
		}
		if l, ok := accept(int32(i), j, len(byKey[k]) == 1); ok {
			m.join(int32(i), j, l)
		}
	}
}

func (m *matcher) choose(i int32, candidates []int32) int32 {
	best, bestScore := NoView, -1
	for _, j := range candidates {
		if m.taken[j] {
			continue
		}
		score := 0
		for side := range m.a[i].Ends {
			if m.a[i].Ends[side] == m.b[j].Ends[side] {
				score += 2
			}
			if m.a[i].Ends[side].Port == m.b[j].Ends[side].Port {
				score++
			}
		}
		if score > bestScore {
			best, bestScore = j, score
		}
	}
	return best
}
