package pair

import (
	"cmp"
	"math/bits"
	"slices"
	"sort"

	"bothends/correlate/survey"
)

// maxComparisons bounds the work on captures made to be slow. An honest pair
// needs a few per connection.
const maxComparisons = 1 << 24

// byRanges joins connections of which at least one capture lacks the handshake,
// if the sequence numbers in use overlap in both directions.
func (m *matcher) byRanges() {
	all := m.possible()
	order := m.streams(all)
	var candidates []candidate
	var tuples tuples
	for i := range m.a {
		if m.interrupted() {
			return
		}
		a := m.a[i]
		if !m.openA(int32(i)) || !ranged(a) || !telling(a, all) {
			continue
		}
		first := len(candidates)
		low, width := extent(&a.Flows[survey.Initiator])
		order.near(low, width, func(o *stream) bool {
			m.comparisons++
			b := m.b[o.connection]
			if !m.openB(o.connection) || complete(a) && complete(b) || o.turned && a.Handshake && b.Handshake {
				return m.comparisons < maxComparisons
			}
			if l, ok := m.overlap(int32(i), o.connection, o.turned, all); ok && !m.known(int32(i), o.connection) {
				candidates = append(candidates, candidate{int32(i), o.connection, m.likeness(int32(i), o.connection, o.turned), l})
			}
			return m.comparisons < maxComparisons && len(candidates)-first <= maxAlike
		})
		if rivals := candidates[first:]; len(rivals) > maxAlike {
			if one, ok := m.onlyByTuple(int32(i), &tuples); ok {
				candidates = append(candidates[:first], one)
				continue
			}
			// Nor is any of its rivals to be had by others: which of them
			// belongs here is open. This keeps the list short.
			m.obstacle[0][i] = tooMany
			for k := range rivals {
				m.obstacle[1][rivals[k].j] = tooMany
			}
			candidates = candidates[:first]
		}
		if m.comparisons >= maxComparisons {
			m.giveUpRanges()
			return
		}
	}
	m.settle(candidates)
}

// giveUpRanges joins none: what was not compared may fit as well.
func (m *matcher) giveUpRanges() {
	for i := range m.a {
		if m.openA(int32(i)) && ranged(m.a[i]) {
			m.obstacle[0][i] = tooMany
		}
	}
	for j := range m.b {
		if m.openB(int32(j)) && ranged(m.b[j]) {
			m.obstacle[1][j] = tooMany
		}
	}
}

// stream is where the stream that a's initiator would send begins in a
// connection of b.
type stream struct {
	low        uint32
	width      int64
	connection int32
	turned     bool // taking b's responder for the initiator
}

// streams are the open connections of b in both orientations. Those of like
// width stand together, in order of sequence number, so that a wide one does not
// make the search for the narrow ones long.
type streams [65][]stream // by the number of bits of the width

func (m *matcher) streams(comparisons float64) *streams {
	var order streams
	for j := range m.b {
		if !m.openB(int32(j)) || !ranged(m.b[j]) || !telling(m.b[j], comparisons) {
			continue
		}
		for side := range m.b[j].Flows {
			low, width := extent(&m.b[j].Flows[side])
			order.add(stream{low, width, int32(j), side == int(survey.Responder)})
		}
	}
	order.sort()
	return &order
}

func (order *streams) add(s stream) {
	class := &order[bits.Len64(uint64(s.width))]
	*class = append(*class, s)
}

// sort is for when all were added.
func (order *streams) sort() {
	for _, class := range order {
		slices.SortFunc(class, func(x, y stream) int { return cmp.Compare(x.low, y.low) })
	}
}

// near calls visit for every stream that can overlap [low, low+width], around
// the wrap of the sequence space, until it returns false.
func (order *streams) near(low uint32, width int64, visit func(*stream) bool) {
	for size, class := range order {
		if len(class) == 0 {
			continue
		}
		widest := int64(1)<<min(size, 32) - 1
		from := low - uint32(widest)
		reach := min(widest+width, 1<<32-1)
		start := sort.Search(len(class), func(k int) bool { return class[k].low >= from })
		for n := range class {
			o := &class[(start+n)%len(class)]
			if int64(o.low-from) > reach {
				break
			}
			if !visit(o) {
				return
			}
		}
	}
}

// ranged reports whether both streams of the connection have a known place.
func ranged(c *survey.Connection) bool {
	return c.Flows[survey.Initiator].Begun && c.Flows[survey.Responder].Begun
}

// complete reports whether the capture shows both initial numbers, so that unequal
// ones mean another connection.
func complete(c *survey.Connection) bool {
	return c.Flows[survey.Initiator].KnowISN && c.Flows[survey.Responder].KnowISN
}

// telling reports whether the connection's ranges are narrow enough to say anything
// among so many comparisons, even against the narrowest partner.
func telling(c *survey.Connection, comparisons float64) bool {
	odds := comparisons * onePort
	for side := range c.Flows {
		_, width := extent(&c.Flows[side])
		odds *= min(1, float64(width+1)*one32)
	}
	return odds <= maxOdds
}

// extent is the range of sequence numbers that a flow touched.
func extent(f *survey.Flow) (low uint32, width int64) {
	return f.Seq(f.Lo), f.Hi - f.Lo
}

// overlap reports whether the two streams of a and b overlap, and how likely that
// is for unrelated connections: (width a + width b) / 2^32 in each direction.
func (m *matcher) overlap(i, j int32, turned bool, comparisons float64) (link, bool) {
	l := link{method: SeqRange, turned: turned, odds: comparisons}
	a, b := m.a[i], m.b[j]
	for side := survey.Initiator; side <= survey.Responder; side++ {
		other := side
		if turned {
			other = side.Other()
		}
		if !touch(&a.Flows[side], &b.Flows[other]) {
			return l, false
		}
		_, widthA := extent(&a.Flows[side])
		_, widthB := extent(&b.Flows[other])
		l.odds *= min(1, float64(widthA+widthB+1)*one32)
		// The service's port says nothing; the client's does, if it is not NAT's.
		if port := a.Ends[side].Port; port == b.Ends[other].Port && ephemeral(port) {
			l.odds *= onePort
		}
	}
	return l, l.odds <= maxOdds
}

// touch reports whether the ranges of two flows have a number in common, or stand next
// to each other: one end may have gone on for a window's length after the other's
// capture ended. Distances are taken around the sequence space, for a stream may be
// wider than half of it.
func touch(a, b *survey.Flow) bool {
	lowA, widthA := extent(a)
	lowB, widthB := extent(b)
	return int64(lowB-lowA) <= widthA || int64(lowA-lowB) <= widthB
}

// ephemeral reports whether a port is one that Linux hands out to clients.
func ephemeral(port uint16) bool { return port >= 32768 && port < 32768+28232 }
