// Package clock finds how the server's clock runs against the client's, from
// packets that passed both taps, and how far that can be wrong.
//
// With the client's time t and the server's t + theta(t), a packet to the server
// bounds theta from above (received less sent), a packet to the client from
// below (sent less received): no packet arrives before it was sent.
//
// What is stated as certain rests on nothing but these bounds and on maxSkew: a
// bound seen at one time holds at another, weakened by maxSkew times the time
// between. The line through the middle of the widest strip between the bounds is
// only the best guess. The true theta may well leave that strip, for the strip
// rests on a few bounds and the line's skew is a guess, too; it cannot leave
// what the bounds allow.
//
// A clock that is set while recording shows as bounds that contradict each
// other. If that lasts, the fit is split there; if theta comes back to where it
// was, the bounds in between are taken for wrong (a retransmission matched with
// the arrival of an earlier copy, say), left out, and only make the time around
// them less certain. A clock set by less than the smallest round trip contradicts
// nothing and cannot be told from a path that became slower.
package clock

import "math"

const (
	// maxSkew is how far apart two sound clocks run at most, as a ratio: quartz
	// oscillators are within 100 ppm of true time, each.
	maxSkew = 200e-6
	// minSpanNS is the shortest time over which skew is told from jitter.
	minSpanNS = 30e9
)

// Unbounded is the uncertainty, in nanoseconds, where nothing is known: 36
// years. Twice that can be added to any time of this century.
const Unbounded = 1 << 60

// A Strip is what is known of theta in one stretch of time. Times are Unix
// nanoseconds by the client's clock.
type Strip struct {
	FromNS, ToNS int64
	OffsetNS     int64   // the best guess at theta at FromNS: server's clock less client's
	Skew         float64 // and at its change per unit of time
	// HalfWidthNS is how far theta can be from the line at any time from FromNS
	// to ToNS. It is the largest value of Fit.UncertaintyAt there, the
	// neighbourhood of bounds that were left out excepted.
	HalfWidthNS int64
	Points      int // packets that the strip was fitted to

	edgeNS       int64    // half the width of the widest strip along the line
	minRTT       int64    // the smallest round trip
	grain        int64    // how far from the tightest bound of a slot its fastest packet can be
	upper, lower envelope // lower is that of -theta
}

// At is the best guess at theta at client time t.
func (s *Strip) At(t int64) int64 {
	return s.OffsetNS + int64(math.Round(s.Skew*float64(t-s.FromNS)))
}

// MinRTT is the smallest round trip between the two taps that the captures
// show: a packet one way and one back, near each other in time. What the clocks
// can have moved apart between the two is taken off, so that it is rather less
// than the truth than more; 0 if there are no two such packets.
func (s *Strip) MinRTT() int64 { return s.minRTT }

// A Fit is the relation between the two clocks over the whole recording: one
// strip, or several where a clock was set while recording.
type Fit struct {
	Strips   []Strip
	settings []stretch // in each of them a clock was set, nobody knows when
	unknown  []stretch
	doubts   []doubt
	setBack  int64 // how far at least a clock was set back while recording
}

// A doubt is a stretch in which bounds were left out. Theta is not certain to be
// outside of what they say.
type doubt struct {
	stretch
	lo, hi int64
}

// A stretch of client's time, both ends excluded.
type stretch struct{ from, to int64 }

func (s stretch) has(t int64) bool { return s.from < t && t < s.to }

// Known reports whether packets passed in both directions, so that theta is
// bounded on both sides.
func (f *Fit) Known() bool { return len(f.Strips) > 0 }

// LeftOut is in how many places bounds were left out because those before and
// after them contradict them.
func (f *Fit) LeftOut() int { return len(f.doubts) }

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

// AtServer is At for a time by the server's clock. A server's clock that was set
// back shows some times twice; the earlier strip is returned.
func (f *Fit) AtServer(t int64) *Strip {
	for i := range f.Strips {
		s := &f.Strips[i]
		if t <= s.ToNS+s.At(s.ToNS) {
			return s
		}
	}
	return &f.Strips[len(f.Strips)-1]
}

// ServerTime is the best guess at what the server's clock shows at client time t.
func (f *Fit) ServerTime(t int64) int64 { return t + f.At(t).At(t) }

// ClientTime is the best guess at what the client's clock shows at server time t.
func (f *Fit) ClientTime(t int64) int64 { return f.AtServer(t).clientTime(t) }

func (s *Strip) clientTime(t int64) int64 {
	// Theta changes by maxSkew at most, so a second round leaves less than a
	// nanosecond of a minute's error.
	guess := t - s.OffsetNS
	for range 3 {
		guess = t - s.At(guess)
	}
	return guess
}

// UncertaintyAt is how far theta can be from At(t).At(t) at client time t, in
// nanoseconds; Unbounded if there is no telling.
func (f *Fit) UncertaintyAt(t int64) int64 {
	if !f.Known() {
		return Unbounded
	}
	lo, hi := f.limits(t)
	guess := f.At(t).At(t)
	return min(max(hi-guess, guess-lo, 0), Unbounded)
}

// NoteSetBack tells the fit that a clock was set back while recording, by so much
// at least. What packets say of it from then on stands, by time, among what those
// before said, and no split takes the two apart. How far it was set back does not
// show, either. So nothing is certain any more. Zero changes nothing.
func (f *Fit) NoteSetBack(by int64) {
	if by <= 0 || !f.Known() {
		return
	}
	f.setBack = max(f.setBack, by)
	f.unknown = append(f.unknown, stretch{-maxTime, maxTime})
	for i := range f.Strips {
		f.Strips[i].minRTT, f.Strips[i].HalfWidthNS = 0, Unbounded
	}
}

// SetBack is what NoteSetBack was told: how far at least a clock was set back, so
// that the two cannot be compared, in nanoseconds; 0 if none was.
func (f *Fit) SetBack() int64 { return f.setBack }

// limits are the least and the greatest that theta can be at client time t.
func (f *Fit) limits(t int64) (lo, hi int64) {
	s := f.At(t)
	lo, hi = s.limits(t)
	for _, set := range f.settings {
		if set.has(t) {
			for _, at := range []int64{set.from, set.to} {
				otherLo, otherHi := f.At(at).limits(t)
				lo, hi = min(lo, otherLo), max(hi, otherHi)
			}
		}
	}
	for _, d := range f.doubts {
		if d.has(t) {
			lo, hi = min(lo, d.lo), max(hi, d.hi)
		}
	}
	for _, u := range f.unknown {
		if u.has(t) {
			guess := s.At(t)
			lo, hi = guess-Unbounded, guess+Unbounded
		}
	}
	return lo, hi
}

func (s *Strip) limits(t int64) (lo, hi int64) {
	return -s.lower.at(t), s.upper.at(t)
}
