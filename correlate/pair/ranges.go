package pair

import (
	"sort"

	"bothends/correlate/survey"
)

// maxOdds is the chance of an accidental match above which two connections whose
// handshake is not in both captures are not taken for one.
const maxOdds = 1e-3

// maxComparisons bounds the work on captures made to be slow. An honest pair
// needs a few per connection.
const maxComparisons = 1 << 24

// byRanges joins connections of which at least one capture lacks the handshake,
// if the sequence numbers in use overlap in both directions.
func (m *matcher) byRanges() {
	order := m.lowest()
	if len(order) == 0 {
		return
	}
	widest := int64(0)
	for _, o := range order {
		widest = max(widest, o.width)
	}
	comparisons := 0
	for i := range m.a {
		if m.found[i].partner != NoView || !ranged(&m.a[i]) {
			continue
		}
		var best link
		bestJ, rivals := NoView, 0
		low, width := extent(&m.a[i].Flows[survey.Initiator])
		near(order, low, width, widest, func(o *lowest) bool {
			comparisons++
			j := o.connection
			if m.taken[j] || complete(&m.a[i]) && complete(&m.b[j]) {
				return comparisons < maxComparisons
			}
			if o.turned && m.a[i].Handshake && m.b[j].Handshake {
				return comparisons < maxComparisons
			}
			l, ok := m.overlap(int32(i), j, o.turned)
			if !ok {
				return comparisons < maxComparisons
			}
			rivals++
			if bestJ == NoView || l.odds < best.odds {
				bestJ, best = j, l
			}
			return comparisons < maxComparisons
		})
		if rivals == 1 {
			m.join(int32(i), bestJ, best)
		}
	}
}

// lowest is where the stream that a's initiator would send begins in a
// connection of b.
type lowest struct {
	seq        uint32
	width      int64
	connection int32
	turned     bool // taking b's responder for the initiator
}

// lowest lists the open connections of b in both orientations, by sequence number.
func (m *matcher) lowest() []lowest {
	var order []lowest
	for j := range m.b {
		if m.taken[j] || !ranged(&m.b[j]) {
			continue
		}
		for side := range m.b[j].Flows {
			low, width := extent(&m.b[j].Flows[side])
			order = append(order, lowest{low, width, int32(j), side == int(survey.Responder)})
		}
	}
	sort.Slice(order, func(x, y int) bool { return order[x].seq < order[y].seq })
	return order
}

// near calls visit for every entry that can overlap [low, low+width], around the
// wrap of the sequence space, until it returns false.
func near(order []lowest, low uint32, width, widest int64, visit func(*lowest) bool) {
	from := low - uint32(min(widest, 1<<32-1))
	reach := min(widest+width, 1<<32-1)
	start := sort.Search(len(order), func(k int) bool { return order[k].seq >= from })
	for n := range order {
		o := &order[(start+n)%len(order)]
		if int64(o.seq-from) > reach {
			return
		}
		if !visit(o) {
			return
		}
	}
}

// ranged tells whether both streams of the connection have a known place.
func ranged(c *survey.Connection) bool {
	return c.Flows[survey.Initiator].Begun && c.Flows[survey.Responder].Begun
}

// complete tells whether the capture shows both initial numbers, so that unequal
// ones mean another connection.
func complete(c *survey.Connection) bool {
	return c.Flows[survey.Initiator].KnowISN && c.Flows[survey.Responder].KnowISN
}

// extent is the range of sequence numbers that a flow touched.
func extent(f *survey.Flow) (low uint32, width int64) {
	return f.Seq(f.Lo), f.Hi - f.Lo
}

// overlap tells whether the two streams of a and b overlap, and how likely that
// is for unrelated connections: (width a + width b) / 2^32 in each direction.
func (m *matcher) overlap(i, j int32, turned bool) (link, bool) {
	l := link{method: SeqRange, turned: turned}
	inverse := 1.0
	for side := survey.Initiator; side <= survey.Responder; side++ {
		other := side
		if turned {
			other = side.Other()
		}
		lowA, widthA := extent(&m.a[i].Flows[side])
		lowB, widthB := extent(&m.b[j].Flows[other])
		// One end may have gone on for a window's length after the other's
		// capture ended: ranges that touch are enough.
		if d := int64(int32(lowB - lowA)); d > widthA || -d > widthB {
			return l, false
		}
		inverse *= min(1, float64(widthA+widthB+1)*one32)
	}
	l.odds = m.chance(inverse)
	return l, l.odds <= maxOdds
}
