package clock

import "math"

// newStrip fits a line between bounds of both directions that do not contradict
// each other. lower bounds -theta. grain is the width of the slots from which
// the bounds were taken.
func newStrip(upper, lower []bound, grain int64) Strip {
	s := Strip{
		FromNS: min(upper[0].t, lower[0].t),
		ToNS:   max(upper[len(upper)-1].t, lower[len(lower)-1].t),
		Points: len(upper) + len(lower),
		grain:  grain,
		upper:  newEnvelope(upper), lower: newEnvelope(lower),
	}
	c := corridor{upper, lower, s.FromNS, upper[0].offset}
	if s.ToNS-s.FromNS >= minSpanNS {
		s.Skew = c.widest()
	}
	top, _ := c.top(s.Skew)
	bottom, _ := c.bottom(s.Skew)
	s.OffsetNS = c.about + int64(math.Round((top+bottom)/2))
	s.edgeNS = max(0, int64(math.Ceil((top-bottom)/2)))
	if s.upper.telling() && s.lower.telling() {
		s.minRTT = s.roundTrip()
	}
	s.HalfWidthNS = s.widestDoubt()
	return s
}

// roundTrip is the delays of the two packets that bound theta most tightly
// together, less what the clocks can have moved apart between the two.
func (s *Strip) roundTrip() int64 {
	tightest, apart := int64(Unbounded), int64(0)
	look := func(b bound, others *envelope) {
		// The tightest partner is the one whose cone is the envelope at b.t.
		if width := b.offset + others.at(b.t); width < tightest {
			tightest = width
			apart = drift(others.distance(b.t) + s.grain)
		}
	}
	for _, b := range s.upper.bounds {
		look(b, &s.lower)
	}
	return max(0, tightest-2*apart)
}

// widestDoubt is the furthest that theta can be from the line within the strip.
// Envelopes are highest where two cones meet, and at the strip's ends; the line
// rises less than a cone, so the same holds for the distance from it.
func (s *Strip) widestDoubt() int64 {
	furthest := int64(0)
	look := func(t int64) {
		lo, hi := s.limits(t)
		guess := s.At(t)
		furthest = max(furthest, hi-guess, guess-lo)
	}
	look(s.FromNS)
	look(s.ToNS)
	s.upper.peaks(look)
	s.lower.peaks(look)
	// The peaks are known to a nanosecond, and drift is rounded up.
	return furthest + 2
}

// A corridor is what bounds leave open, in coordinates small enough to keep
// nanoseconds in a float64: from time origin on, and about the offset about.
type corridor struct {
	upper, lower  []bound
	origin, about int64
}

// top is the height at origin of the highest line of a skew that no upper bound
// forbids, and the time of the bound that it touches.
func (c *corridor) top(skew float64) (height float64, touches int64) {
	height = math.Inf(1)
	for _, b := range c.upper {
		if h := float64(b.offset-c.about) - skew*float64(b.t-c.origin); h < height {
			height, touches = h, b.t
		}
	}
	return height, touches
}

// bottom is the same for the lowest line.
func (c *corridor) bottom(skew float64) (height float64, touches int64) {
	height = math.Inf(-1)
	for _, b := range c.lower {
		if h := float64(-b.offset-c.about) - skew*float64(b.t-c.origin); h > height {
			height, touches = h, b.t
		}
	}
	return height, touches
}

// widest is the skew at which the strip between top and bottom is widest, and of
// several the one nearest to 0. Its width is a concave function of the skew whose
// slope is the time at which the bottom touches less that at which the top does.
// If the width only grows up to the limit, the bounds are too few to tell skew at
// all, and 0 is as good as any.
func (c *corridor) widest() float64 {
	if c.slope(-maxSkew) < 0 || c.slope(maxSkew) > 0 {
		return 0
	}
	from := c.least(func(slope int64) bool { return slope <= 0 })
	to := c.least(func(slope int64) bool { return slope < 0 })
	return max(from, min(0, to))
}

// least closes in on the least skew at whose slope holds is true, as it is at all
// greater ones.
func (c *corridor) least(holds func(slope int64) bool) float64 {
	lo, hi := -maxSkew, maxSkew
	for hi-lo > 1e-13 { // 0.4 ns in an hour
		if middle := (lo + hi) / 2; holds(c.slope(middle)) {
			hi = middle
		} else {
			lo = middle
		}
	}
	return (lo + hi) / 2
}

func (c *corridor) slope(skew float64) int64 {
	_, top := c.top(skew)
	_, bottom := c.bottom(skew)
	return bottom - top
}
