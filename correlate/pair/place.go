package pair

import (
	"fmt"

	"bothends/correlate/survey"
)

// vote says, for one pair of views, whether the initiator's host is the one at
// capture a, and by what; NoClue if it cannot tell.
func (m *matcher) vote(i int32) (initiatorAtA bool, clue survey.Clue) {
	l := &m.found[i]
	a, b := m.a[i], m.b[l.partner]
	sideA, clueA := a.Local()
	sideB, clueB := b.Local()
	if l.turned {
		sideB = sideB.Other()
	}
	switch {
	case clueA != survey.NoClue && clueB != survey.NoClue && sideA != sideB:
		return sideA == survey.Initiator, min(clueA, clueB)
	case clueA != survey.NoClue && (clueB == survey.NoClue || clueA < clueB):
		return sideA == survey.Initiator, clueA
	case clueB != survey.NoClue && (clueA == survey.NoClue || clueB < clueA):
		return sideB == survey.Responder, clueB
	}
	return m.compare(a, b, l.turned)
}

// compare lays the two views side by side where neither tells alone: the nearer
// tap sees the initiator's packets with the higher TTL, and waits longer for the
// answer to the SYN.
func (m *matcher) compare(a, b *survey.Connection, turned bool) (initiatorAtA bool, clue survey.Clue) {
	side := survey.Initiator
	if turned {
		side = survey.Responder
	}
	fa, fb := &a.Flows[survey.Initiator], &b.Flows[side]
	if fa.Segments > 0 && fb.Segments > 0 && fa.TTL != fb.TTL {
		return fa.TTL > fb.TTL, survey.InitialTTL
	}
	if a.SYNNS != 0 && b.SYNNS != 0 && a.AnswerNS != 0 && b.AnswerNS != 0 {
		waitA, waitB := a.AnswerNS-a.SYNNS, b.AnswerNS-b.SYNNS
		if waitA != waitB {
			return waitA > waitB, survey.HandshakeWait
		}
	}
	return true, survey.NoClue
}

// answer is one that may not be known.
type answer uint8

const (
	no answer = iota
	yes
	unknown
)

// reversed reports whether what capture a takes for the initiator is the responder.
// It is unknown if the captures differ and neither has the handshake.
func (m *matcher) reversed(i int32) answer {
	l := &m.found[i]
	switch {
	case !l.turned || m.a[i].Handshake:
		return no
	case m.b[l.partner].Handshake:
		return yes
	}
	return unknown
}

// place counts the votes of all pairs. The best clue that any pair offers
// decides; among its votes the majority.
func place(m *matcher, fixed bool) Placement {
	var votes [4][2]int // by clue: initiator at a, initiator at b
	for i := range m.found {
		if m.found[i].partner == NoView {
			continue
		}
		atA, clue := m.vote(int32(i))
		switch m.reversed(int32(i)) {
		case yes:
			atA = !atA
		case unknown:
			continue
		}
		if atA {
			votes[clue][0]++
		} else {
			votes[clue][1]++
		}
	}
	same, sameEnd := m.samePlace(), m.sameEnd()
	for clue := survey.RecordedDirection; clue <= survey.HandshakeWait; clue++ {
		atA, atB := votes[clue][0], votes[clue][1]
		switch {
		case atA == atB:
			continue
		case atA > atB:
			return Placement{Clue: clue, Votes: atA, Against: atB, SamePlace: same, SameEnd: sameEnd}
		case fixed:
			return Placement{Clue: clue, Votes: atA, Against: atB, SamePlace: same, SameEnd: sameEnd}
		default:
			return Placement{Swapped: true, Clue: clue, Votes: atB, Against: atA, SamePlace: same, SameEnd: sameEnd}
		}
	}
	return Placement{SamePlace: same, SameEnd: sameEnd}
}

// sameEnd reports whether both captures were made at the same end: each pair of which
// both tell which host is their own tells the same one.
func (m *matcher) sameEnd() bool {
	same := 0
	for i := range m.found {
		l := &m.found[i]
		if l.partner == NoView {
			continue
		}
		sideA, clueA := m.a[i].Local()
		sideB, clueB := m.b[l.partner].Local()
		if l.turned {
			sideB = sideB.Other()
		}
		for _, clue := range []survey.Clue{clueA, clueB} {
			if clue != survey.RecordedDirection && clue != survey.InitialTTL {
				return false
			}
		}
		if sideA != sideB {
			return false
		}
		same++
	}
	return same > 0
}

// samePlaceNS is the round trip below which two taps count as one place. Two
// recorders on one host differ by microseconds; a switch alone costs more than
// this both ways.
const samePlaceNS = 20e3

// samePlace reports whether the taps show no way between them: every pair with a
// handshake at both has the same TTLs and, both ways together, took no time.
// TTLs alone would not do: two hosts on one wire have them equal, too.
func (m *matcher) samePlace() bool {
	seen := false
	for i := range m.found {
		l := &m.found[i]
		if l.partner == NoView || l.turned {
			continue
		}
		a, b := m.a[i], m.b[l.partner]
		if a.SYNNS == 0 || a.AnswerNS == 0 || b.SYNNS == 0 || b.AnswerNS == 0 {
			continue
		}
		sideA, clueA := a.Local()
		sideB, clueB := b.Local()
		if clueA == survey.RecordedDirection && clueB == survey.RecordedDirection && sideA != sideB {
			return false
		}
		for side := range a.Flows {
			if a.Flows[side].TTL != b.Flows[side].TTL {
				return false
			}
		}
		longer := (a.AnswerNS - a.SYNNS) - (b.AnswerNS - b.SYNNS)
		if longer > samePlaceNS || longer < -samePlaceNS {
			return false
		}
		seen = true
	}
	return seen
}

// pairs turns what was found into Pairs, seen from the ends.
func (m *matcher) pairs(first, second *survey.Survey, at Placement) []Pair {
	client, server := first, second
	if at.Swapped {
		client, server = second, first
	}
	joined := 0
	for _, i := range m.partner {
		if i != NoView {
			joined++
		}
	}
	pairs := make([]Pair, 0, len(m.a)+len(m.b)-joined)
	for n := range client.Connections {
		i, j := int32(n), NoView
		if at.Swapped {
			i, j = m.partner[n], int32(n)
		} else {
			j = m.found[n].partner
		}
		if i != NoView && j != NoView {
			pairs = append(pairs, m.pair(i, j, at))
			continue
		}
		why := m.obstacle[endOf(at.Swapped)][n]
		pairs = append(pairs, Pair{Client: int32(n), Server: NoView, ClientSide: survey.Initiator, Method: None,
			Odds: 1, Why: absence(client.Connections[n], why, server, "server"), Outdone: why == outdone, Ambiguous: !why.passable() && why != outdone})
	}
	for n := range server.Connections {
		if at.Swapped && m.found[n].partner != NoView || !at.Swapped && m.partner[n] != NoView {
			continue
		}
		why := m.obstacle[endOf(!at.Swapped)][n]
		pairs = append(pairs, Pair{Client: NoView, Server: int32(n), ServerSide: survey.Initiator, Method: None,
			Odds: 1, Why: absence(server.Connections[n], why, client, "client"), Outdone: why == outdone, Ambiguous: !why.passable() && why != outdone})
	}
	return pairs
}

func (m *matcher) pair(i, j int32, at Placement) Pair {
	l := &m.found[i]
	// A connection may run against the rest: the server's host may have opened
	// it. Only a clue of its own can say so.
	initiatorAtA := !at.Swapped
	switch m.reversed(i) {
	case yes:
		initiatorAtA = !initiatorAtA
	case unknown: // what the client end's capture takes for the initiator
		initiatorAtA = true
	}
	if atA, clue := m.vote(i); clue != survey.NoClue && (clue <= at.Clue || at.Clue == survey.NoClue) {
		initiatorAtA = atA
	}
	sideA, sideB := survey.Initiator, survey.Initiator
	if l.turned {
		sideB = survey.Responder
	}
	shift := l.shift
	if !initiatorAtA {
		sideA, sideB = sideA.Other(), sideB.Other()
		shift[0], shift[1] = shift[1], shift[0]
	}
	p := Pair{Client: i, Server: j, ClientSide: sideA, ServerSide: sideB, Method: l.method, Shift: shift, SYNProxy: l.synProxy, Odds: l.odds}
	if at.Swapped {
		p = Pair{Client: j, Server: i, ClientSide: sideB.Other(), ServerSide: sideA.Other(), Method: l.method,
			Shift: [2]uint32{-shift[1], -shift[0]}, SYNProxy: l.synProxy, Odds: l.odds}
	}
	return p
}

// endOf is the index of the first capture, or of the second.
func endOf(second bool) int {
	if second {
		return 1
	}
	return 0
}

// absence says why a connection of one end has no partner at the other.
func absence(c *survey.Connection, why obstacle, there *survey.Survey, other string) string {
	switch why {
	case severalThere:
		return fmt.Sprintf("several connections in the %s's capture could be this one, and nothing tells which", other)
	case severalHere:
		return fmt.Sprintf("several connections of this capture could be the same one of the %s's, and nothing tells which", other)
	case outdone:
		return fmt.Sprintf("recorded several times in this capture, under different addresses: another one is nearer to what the %s's capture shows", other)
	case tooFaint:
		return fmt.Sprintf("a connection in the %s's capture begins with the same number, but among so many that may be an accident", other)
	case tooMany:
		return fmt.Sprintf("too many connections look like this one to tell which of several in the %s's capture it is", other)
	}
	switch {
	case len(there.Connections) == 0:
		return fmt.Sprintf("the %s's capture holds no TCP connection", other)
	case c.LastNS < there.FirstNS || c.FirstNS > there.LastNS:
		return fmt.Sprintf("by the clocks as they stand, the %s's capture does not cover its time", other)
	case c.SYNNS != 0 && c.AnswerNS == 0:
		return fmt.Sprintf("its SYN is not in the %s's capture: it did not pass the tap there, or the capture lacks it (if that repeats, something swallows it on the way: try another port)", other)
	default:
		return fmt.Sprintf("no connection in the %s's capture has these sequence numbers", other)
	}
}
