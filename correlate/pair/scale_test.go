package pair

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"bothends/correlate/survey"
)

// many is a capture pair of n connections from behind one NAT address; every
// tenth connection is in one capture only.
func many(n int, seed uint64, each func(r *rand.Rand, k int) (atClient, atServer made)) (first, second []made) {
	r := rand.New(rand.NewPCG(seed, 1))
	for k := range n {
		c, s := each(r, k)
		if k%20 != 3 {
			first = append(first, c)
		}
		if k%20 != 13 {
			second = append(second, s)
		}
	}
	r.Shuffle(len(second), func(i, j int) { second[i], second[j] = second[j], second[i] })
	return first, second
}

// label is a number that survives the way and that Match does not look at.
func label(c *survey.Connection) int64 { return c.LastNS }

func TestOneNATAddressForAHundredThousandConnectionsMakesNoAccidentalPair(t *testing.T) {
	const most, n = 100_000, 30_000 // of the simplest kind, and of the others
	addresses := func(k int) (client, public string) {
		return fmt.Sprintf("10.1.%d.%d:%d", k>>8&255, k&255, 1024+k%60000), fmt.Sprintf("198.51.100.1:%d", 1024+(k*7)%60000)
	}
	for name, c := range map[string]struct {
		each   func(r *rand.Rand, k int) (made, made)
		unseen int // of the pairs that could be found, how many may stay unfound
	}{
		"with handshakes": {func(r *rand.Rand, k int) (made, made) {
			inner, outer := addresses(k)
			x, y := r.Uint32(), r.Uint32()
			return opened(inner, service, x, y), opened(outer, service, x, y)
		}, 0},
		"unanswered, with timestamps": {func(r *rand.Rand, k int) (made, made) {
			inner, outer := addresses(k)
			x, ts := r.Uint32(), r.Uint32()
			return unanswered(inner, service, x).stamped(ts, 0), unanswered(outer, service, x).stamped(ts, 0)
		}, 10},
		"unanswered": {func(r *rand.Rand, k int) (made, made) {
			inner, outer := addresses(k)
			x := r.Uint32()
			return unanswered(inner, service, x), unanswered(outer, service, x)
		}, n}, // 32 bits are no proof among 10^10 comparisons
		"mail sessions without handshakes": {func(r *rand.Rand, k int) (made, made) {
			inner, outer := addresses(k)
			x, y := r.Uint32(), r.Uint32()
			return midway(inner, service, x, 20_000, y, 800), midway(outer, service, x+100, 20_000, y+100, 800)
		}, n},
		"mail sessions without handshakes, hardly a byte": {func(r *rand.Rand, k int) (made, made) {
			inner, outer := addresses(k)
			x, y := r.Uint32(), r.Uint32()
			return midway(inner, service, x, 60, y, 60), midway(outer, service, x, 60, y, 60)
		}, 10},
	} {
		t.Run(name, func(t *testing.T) {
			n := n
			if c.unseen == 0 {
				n = most
			}
			first, second := many(n, 5, func(r *rand.Rand, k int) (made, made) {
				x, y := c.each(r, k)
				return x.at(epoch, epoch+int64(k)), y.at(epoch, epoch+int64(k))
			})
			a, b := surveyOf(first...), surveyOf(second...)
			m := newMatcher(a.Connections, b.Connections)
			m.byBothISNs()
			m.byClientISN()
			m.byTimestamps()
			m.byRanges()
			paired := 0
			for i, l := range m.found {
				if l.partner == NoView {
					continue
				}
				paired++
				if x, y := label(a.Connections[i]), label(b.Connections[l.partner]); x != y {
					t.Fatalf("connection %d was taken for %d", x-epoch, y-epoch)
				}
			}
			if common := n - n/10; paired < common-c.unseen {
				t.Errorf("%d of %d paired", paired, common)
			}
			if m.comparisons > 20*n {
				t.Errorf("%d comparisons", m.comparisons)
			}
			t.Logf("%d paired, %d comparisons", paired, m.comparisons)
		})
	}
}

func TestCapturesMadeToBeSlowCostNoMoreThanABudget(t *testing.T) {
	const n = 20_000
	for name, c := range map[string]struct {
		each func(k int) made
		why  string
	}{
		"all initial numbers equal":          {func(k int) made { return opened(client, service, 7, 7) }, "too many"},
		"all client's numbers equal":         {func(k int) made { return unanswered(client, service, 7) }, "too many"},
		"all timestamps equal":               {func(k int) made { return opened(client, service, uint32(k), uint32(k)).stamped(7, 7) }, ""},
		"all ranges equal":                   {func(k int) made { return midway(client, service, 7, 1, 7, 1) }, "too many"},
		"all ranges as wide as can be":       {func(k int) made { return midway(client, service, 7, 1<<40, 7, 1<<40) }, "no connection"},
		"wide ranges one way, narrow back":   {func(k int) made { return midway(client, service, uint32(k), 1<<32, 7, 0) }, ""},
		"every second range of another kind": {func(k int) made { return midway(client, service, 7, int64(1)<<(k%40), 7, 0) }, "too many"},
	} {
		t.Run(name, func(t *testing.T) {
			var first, second []made
			for k := range n {
				first, second = append(first, c.each(k)), append(second, c.each(k+n))
			}
			a, b := surveyOf(first...), surveyOf(second...)
			m := newMatcher(a.Connections, b.Connections)
			m.byBothISNs()
			m.byClientISN()
			m.byTimestamps()
			m.byRanges()
			if m.comparisons > maxComparisons {
				t.Errorf("%d comparisons", m.comparisons)
			}
			for i, l := range m.found {
				if l.partner != NoView {
					t.Fatalf("connection %d has a partner", i)
				}
			}
			pairs := m.pairs(a, b, Placement{})
			if len(pairs) != 2*n {
				t.Fatalf("%d entries", len(pairs))
			}
			why := []string{pairs[0].Why}
			if c.why != "" && !mentions(why, c.why) {
				t.Errorf("why: %q, want %q", why, c.why)
			}
		})
	}
}

func BenchmarkMatch(b *testing.B) {
	first, second := many(100_000, 5, func(r *rand.Rand, k int) (made, made) {
		x, y := r.Uint32(), r.Uint32()
		return opened(client, service, x, y), opened(natted, service, x, y)
	})
	one, other := surveyOf(first...), surveyOf(second...)
	for b.Loop() {
		match(one, other, false)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/100_000, "ns/connection")
}
