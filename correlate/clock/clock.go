// Package clock finds how the server's clock runs against the client's, from
// packets that passed both taps, and how far that can be wrong.
//
// With the client's time t and the server's t + theta(t), a packet to the server
// bounds theta from above (received less sent), a packet to the client from
// below (sent less received): no packet arrives before it was sent. The offset
// line is the middle of the widest strip that fits between the two.
package clock

import "math"

const (
	// maxSkew is how far apart two sound clocks run at most, as a ratio: quartz
	// oscillators are within 100 ppm of true time, each.
	maxSkew = 200e-6
	// minSpanNS is the shortest time over which skew is told from jitter.
	minSpanNS = 30e9
)

// A Strip is what is known of theta in one stretch of time. Times are Unix
// nanoseconds by the client's clock.
type Strip struct {
	FromNS, ToNS int64
	OffsetNS     int64   // theta at FromNS: server's clock less client's
	Skew         float64 // change of theta per unit of time
	HalfWidthNS  int64   // theta is within this of the line
	Points       int     // bounds that the strip was fitted to
}

// At is the middle of the strip at client time t.
func (s *Strip) At(t int64) int64 {
	return s.OffsetNS + int64(s.Skew*float64(t-s.FromNS))
}

// MinRTT is the smallest round trip between the two taps that the captures
// show: the fastest packet one way plus the fastest the other way.
func (s *Strip) MinRTT() int64 { return 2 * s.HalfWidthNS }

// A Fit is the relation between the two clocks over the whole recording: one
// strip, or several where a clock was set while recording.
type Fit struct{ Strips []Strip }

// Known tells whether packets passed in both directions, so that theta is
// bounded on both sides.
func (f *Fit) Known() bool { return len(f.Strips) > 0 }

// At returns the strip that holds at client time t: the one whose stretch is
// nearest. It must not be called unless Known.
func (f *Fit) At(t int64) *Strip {
	for i := range f.Strips {
		if t <= f.Strips[i].ToNS {
			return &f.Strips[i]
		}
	}
	return &f.Strips[len(f.Strips)-1]
}

// AtServer is At for a time by the server's clock.
func (f *Fit) AtServer(t int64) *Strip {
	for i := range f.Strips {
		s := &f.Strips[i]
		if t <= s.ToNS+s.At(s.ToNS) {
			return s
		}
	}
	return &f.Strips[len(f.Strips)-1]
}

// LatestSent is the latest time, by the sending end's clock, at which a packet
// can have passed the sender's tap if it arrived at the other tap at time
// arrived by the receiving end's clock: no packet is taken to be faster than the
// fastest that was seen.
func (f *Fit) LatestSent(fromServer bool, arrived int64) int64 {
	if fromServer {
		s := f.At(arrived)
		return arrived + s.At(arrived) - s.HalfWidthNS
	}
	s := f.AtServer(arrived)
	return arrived - s.At(arrived-s.OffsetNS) - s.HalfWidthNS
}

// bound is one packet's: theta was at most, or at least, offset at time t.
type bound struct {
	t, offset int64
}

// fit finds the widest strip between the bounds. ok is false if a bound from
// below lies above one from above: no line fits, the clock was set in between.
func fit(upper, lower []bound) (strip Strip, ok bool) {
	origin, end := span(upper, lower)
	skew := 0.0
	if end-origin >= minSpanNS {
		skew = widest(upper, lower, origin)
	}
	top, bottom := edges(upper, lower, origin, skew)
	strip = Strip{
		FromNS: origin, ToNS: end, Skew: skew,
		OffsetNS:    int64(math.Round((top + bottom) / 2)),
		HalfWidthNS: int64(math.Ceil((top - bottom) / 2)),
		Points:      len(upper) + len(lower),
	}
	return strip, top >= bottom
}

// span is the time from the first to the last bound.
func span(upper, lower []bound) (from, to int64) {
	from, to = math.MaxInt64, math.MinInt64
	for _, side := range [][]bound{upper, lower} {
		for _, b := range side {
			from, to = min(from, b.t), max(to, b.t)
		}
	}
	return from, to
}

// edges are the lowest upper bound and the highest lower one, both carried back
// to origin along a line of the given skew.
func edges(upper, lower []bound, origin int64, skew float64) (top, bottom float64) {
	top, bottom = math.Inf(1), math.Inf(-1)
	for _, b := range upper {
		top = min(top, float64(b.offset)-skew*float64(b.t-origin))
	}
	for _, b := range lower {
		bottom = max(bottom, float64(b.offset)-skew*float64(b.t-origin))
	}
	return top, bottom
}

// widest is the skew at which the strip is widest. The width is a minimum of
// linear functions of the skew, so it has one peak, which thirds close in on.
func widest(upper, lower []bound, origin int64) float64 {
	width := func(skew float64) float64 {
		top, bottom := edges(upper, lower, origin, skew)
		return top - bottom
	}
	lo, hi := -maxSkew, maxSkew
	for hi-lo > 1e-10 {
		a, b := lo+(hi-lo)/3, hi-(hi-lo)/3
		if width(a) < width(b) {
			lo = a
		} else {
			hi = b
		}
	}
	return (lo + hi) / 2
}
