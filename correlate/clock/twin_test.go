package clock

import (
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// bounds draws bounds in order of time that may or may not contradict each other.
func drawBounds(t *rapid.T, label string) []bound {
	list := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) bound {
		return bound{rapid.Int64Range(0, 100e9).Draw(t, "t"), rapid.Int64Range(-40e6, 60e6).Draw(t, "offset")}
	}), 1, 40).Draw(t, label)
	slices.SortFunc(list, func(a, b bound) int { return int(a.t - b.t) })
	return list
}

func apart(a, b int64) int64 { return max(a-b, b-a) }

func TestTheEnvelopeIsTheLowestOfAllCones(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		list := drawBounds(t, "bounds")
		e := newEnvelope(list)
		at := rapid.Int64Range(-10e9, 110e9).Draw(t, "at")
		want := int64(math.MaxInt64)
		for _, b := range list {
			want = min(want, b.offset+int64(math.Ceil(float64(apart(at, b.t))/5000))) // 200 ppm
		}
		// Each step from bound to bound is rounded up to a nanosecond.
		if got := e.at(at); got < want || got > want+int64(len(list)) {
			t.Fatalf("%d, want %d", got, want)
		}
	})
}

func TestBoundsAgreeUpToTheFirstThatContradictsAnyBeforeIt(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		upper, lower := drawBounds(t, "upper"), drawBounds(t, "lower")
		first := int64(math.MaxInt64)
		for _, u := range upper {
			for _, l := range lower {
				// l bounds -theta: the two contradict each other if even the
				// fastest drift cannot lead from one to the other.
				if short := -(u.offset + l.offset); short > int64(math.Ceil(float64(apart(u.t, l.t))/5000)) {
					first = min(first, max(u.t, l.t))
				}
			}
		}
		u, l := agreeing(upper, lower)
		got := int64(math.MaxInt64)
		if u < len(upper) {
			got = upper[u].t
		}
		if l < len(lower) {
			got = min(got, lower[l].t)
		}
		if got != first {
			t.Fatalf("cut at %d, want %d", got, first)
		}
	})
}

// trialSteps are how many steps of 1e-8 lead from no skew to maxSkew.
const trialSteps = 20000

// widthAt is the width of the strip between the bounds at a skew of so many steps,
// in units of 1e-8 ns: in whole numbers, as a float64 would round away what a
// single step changes.
func widthAt(c *corridor, step int64) int64 {
	top, bottom := int64(math.MaxInt64), int64(math.MinInt64)
	for _, b := range c.upper {
		top = min(top, b.offset*1e8-step*b.t)
	}
	for _, b := range c.lower {
		bottom = max(bottom, -b.offset*1e8-step*b.t)
	}
	return top - bottom
}

func TestTheStripIsAsWideAsTrialAndErrorFindsIt(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := corridor{upper: drawBounds(t, "upper"), lower: drawBounds(t, "lower")}
		best, bestStep := int64(math.MinInt64), int64(0)
		for step := int64(-trialSteps); step <= trialSteps; step++ {
			if w := widthAt(&c, step); w > best {
				best, bestStep = w, step
			}
		}
		skew := c.widest()
		growsToLimit := widthAt(&c, trialSteps) > widthAt(&c, trialSteps-1) || widthAt(&c, -trialSteps) > widthAt(&c, -trialSteps+1)
		withinLastStep := math.Abs(skew) > (trialSteps-1)*1e-8
		if growsToLimit && skew == 0 {
			return
		}
		if growsToLimit && !withinLastStep {
			t.Fatalf("skew %g, though the width grows up to the limit", skew)
		}
		top, _ := c.top(skew)
		bottom, _ := c.bottom(skew)
		if got := top - bottom; got < float64(best)*1e-8-1 {
			t.Fatalf("skew %g gives %g, %g gives %g", skew, got, float64(bestStep)*1e-8, float64(best)*1e-8)
		}
	})
}

// slowSlots keeps every bound and sorts them into slots at the end.
func slowSlots(all []bound, bits uint) []bound {
	tightest := map[int64]bound{}
	for _, b := range all {
		if kept, ok := tightest[b.t>>bits]; !ok || b.offset < kept.offset {
			tightest[b.t>>bits] = b
		}
	}
	var list []bound
	for _, b := range tightest {
		list = append(list, b)
	}
	slices.SortFunc(list, func(a, b bound) int { return int(a.t - b.t) })
	return list
}

func TestSlotsKeepTheTightestBoundsWhateverTheirOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var s slots
		var all []bound
		at, unit := int64(1e18), rapid.SampledFrom([]int64{1e3, 1e6, 1e9, 1e12}).Draw(t, "unit")
		n := rapid.IntRange(1, 5000).Draw(t, "bounds")
		jump := rapid.Int64Range(-2, 3)
		offsets := rapid.Int64Range(0, 1e6)
		for i := range n {
			if i < 100 { // draws are slow; the rest repeats a pattern
				at += jump.Draw(t, "jump") * unit
			} else {
				at += int64(i%7-2) * unit
			}
			b := bound{at, int64(i) * 7919 % 1000}
			if i < 100 {
				b.offset = offsets.Draw(t, "offset")
			}
			all = append(all, b)
			s.add(b.t, b.offset)
		}
		if len(s.list) > slotLimit {
			t.Fatalf("%d slots", len(s.list))
		}
		got, want := s.list, slowSlots(all, s.bits)
		if len(got) != len(want) {
			t.Fatalf("%d slots, want %d", len(got), len(want))
		}
		for i := range got {
			if got[i].offset != want[i].offset || got[i].t>>s.bits != want[i].t>>s.bits {
				t.Fatalf("slot %d is %v, want %v", i, got[i], want[i])
			}
		}
		if s.points != n {
			t.Fatalf("%d points, want %d", s.points, n)
		}
	})
}

func TestAddingABoundToItsSlotAllocatesNothing(t *testing.T) {
	var b Bounds
	b.ToServer(1e18, 1e18)
	if n := testing.AllocsPerRun(1000, func() { b.ToServer(1e18+5, 1e18) }); n != 0 {
		t.Errorf("%g allocations", n)
	}
}
