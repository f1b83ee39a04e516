package locate

import (
	"math"
	"slices"
)

// confidence is that each queueing delay stays below what the interval allows
// for it.
const confidence = 0.95

// minTrips is the smallest sample whose largest value the next one stays below
// in 95 of 100 cases, whatever the distribution: n/(n+1) >= confidence.
const minTrips = 19

// trips sums up how long packets took in one direction.
type trips struct {
	n       int
	fastest int64 // by clocks that may be off: only sums and differences of two mean anything
	// How much longer than the fastest: of half the packets less than median; of
	// the next one, with confidence, less than high.
	median, high int64
}

func newTrips(sample []int64) trips {
	s := trips{n: len(sample)}
	if s.n == 0 {
		return s
	}
	sorted := slices.Clone(sample)
	slices.Sort(sorted)
	s.fastest = sorted[0]
	s.median = sorted[(s.n-1)/2] - s.fastest
	rank := int(math.Ceil(float64(s.n+1) * confidence))
	s.high = sorted[min(rank, s.n)-1] - s.fastest
	return s
}

func (s trips) enough() bool { return s.n >= minTrips }
