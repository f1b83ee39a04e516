package clock

import (
	"math"
	"sort"
)

// bound is one packet's: theta was at most offset at client time t. What bounds
// theta from below is kept as a bound of -theta from above.
type bound struct {
	t, offset int64
}

// An envelope is what bounds say at all times together: the lowest of the cones
// that open from each of them by maxSkew.
type envelope struct {
	bounds []bound // in order of time
	level  []int64 // the envelope's height at each of them
}

func newEnvelope(bounds []bound) envelope {
	e := envelope{bounds, make([]int64, len(bounds))}
	for k, b := range bounds {
		e.level[k] = b.offset
		if k > 0 {
			e.level[k] = min(e.level[k], e.level[k-1]+drift(b.t-bounds[k-1].t))
		}
	}
	for k := len(bounds) - 2; k >= 0; k-- {
		e.level[k] = min(e.level[k], e.level[k+1]+drift(bounds[k+1].t-bounds[k].t))
	}
	return e
}

// drift is how far two clocks can have moved apart in a time that is not negative.
func drift(ns int64) int64 { return int64(math.Ceil(maxSkew * float64(ns))) }

// after is the index of the first bound later than t.
func (e *envelope) after(t int64) int {
	return sort.Search(len(e.bounds), func(k int) bool { return e.bounds[k].t > t })
}

// at is the height of the envelope at t.
func (e *envelope) at(t int64) int64 {
	height := int64(Unbounded)
	k := e.after(t)
	if k > 0 {
		height = e.level[k-1] + drift(t-e.bounds[k-1].t)
	}
	if k < len(e.bounds) {
		height = min(height, e.level[k]+drift(e.bounds[k].t-t))
	}
	return height
}

// distance is how far in time from t the bound is that makes the envelope at t.
func (e *envelope) distance(t int64) int64 {
	k := e.after(t)
	height := e.at(t)
	if k > 0 && e.level[k-1]+drift(t-e.bounds[k-1].t) == height {
		for k--; k > 0 && e.level[k] < e.bounds[k].offset; k-- {
		}
	} else {
		for ; k < len(e.bounds)-1 && e.level[k] < e.bounds[k].offset; k++ {
		}
	}
	return max(t-e.bounds[k].t, e.bounds[k].t-t)
}

// peaks calls visit with the times between two bounds at which the envelope is
// highest: where the cones of the two meet.
func (e *envelope) peaks(visit func(t int64)) {
	for k := 1; k < len(e.bounds); k++ {
		a, b := e.bounds[k-1].t, e.bounds[k].t
		up := float64(e.level[k]-e.level[k-1]) / maxSkew
		visit(min(max(a+int64((float64(b-a)+up)/2), a), b))
	}
}
