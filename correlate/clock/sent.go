package clock

import "slices"

// nearRTTs says which packets are near in time to another: those from which
// maxSkew can have moved the clocks apart by no more than this part of the
// smallest round trip. Twice that is what it can cost, an eighth: less than the
// margins that judges leave.
const nearRTTs = 1.0 / 16

// LatestSent is the latest time, by the sending end's clock, at which a packet
// can have passed the sender's tap if it arrived at the other tap at time
// arrived by the receiving end's clock: no packet is taken to be faster than the
// fastest that was seen near it in time, nor than the fastest of the whole strip
// as far as the strip's line holds. Where packets are rare or bounds doubtful, it
// is only taken not to arrive before it was sent.
//
// It must not be called unless Known.
func (f *Fit) LatestSent(fromServer bool, arrived int64) int64 {
	if fromServer {
		return arrived + f.leastBehind(arrived)
	}
	// A server's clock that was set back shows arrived more than once.
	latest, found := int64(0), false
	for i := range f.Strips {
		s := &f.Strips[i]
		t := s.clientTime(arrived)
		if f.At(t) != s && s != f.AtServer(arrived) && !f.doubtful(t) {
			continue
		}
		sent := arrived - f.leastAhead(t)
		// The packet left earlier than it arrived, and the clocks moved since.
		sent = max(sent, arrived-f.leastAhead(sent))
		if !found || sent > latest {
			latest, found = sent, true
		}
	}
	return latest
}

// EitherSide is LatestSent in a stretch in which a clock was set, nobody knows when: by the
// clocks as they stood before that, and as they stood after it, no packet being faster than
// the fastest of that side. Nothing is certain of it, but it tells which of several packets
// is likely to have left at a time. between is false elsewhere, and where either side shows
// too few packets.
//
// It must not be called unless Known.
func (f *Fit) EitherSide(fromServer bool, arrived int64) (latest [2]int64, between bool) {
	// A time by the server's clock is another of the client's on either side.
	during := func(set stretch) bool {
		return set.has(arrived) && fromServer ||
			!fromServer && (set.has(f.At(set.from).clientTime(arrived)) || set.has(f.At(set.to).clientTime(arrived)))
	}
	n := slices.IndexFunc(f.settings, during)
	if n < 0 {
		return latest, false
	}
	for i, at := range []int64{f.settings[n].from, f.settings[n].to} {
		s := f.At(at)
		if !s.lower.telling() || !s.upper.telling() {
			return latest, false
		}
		if fromServer {
			latest[i] = arrived - s.lower.fastestNear(arrived, s.minRTT, s.grain)
		} else {
			latest[i] = arrived - s.upper.fastestNear(s.clientTime(arrived), s.minRTT, s.grain)
		}
	}
	return latest, true
}

// leastBehind is the most that theta less the delay of a packet to the client
// can be, if the packet arrives at client time t.
func (f *Fit) leastBehind(t int64) int64 {
	s := f.At(t)
	_, hi := f.limits(t)
	if f.doubtful(t) || !s.lower.telling() {
		return hi
	}
	return min(hi, max(s.At(t)-s.edgeNS, -s.lower.fastestNear(t, s.minRTT, s.grain)))
}

// leastAhead is the least that theta plus the delay of a packet to the server
// can be, if the packet left at client time t.
func (f *Fit) leastAhead(t int64) int64 {
	s := f.At(t)
	lo, _ := f.limits(t)
	if f.doubtful(t) || !s.upper.telling() {
		return lo
	}
	return max(lo, min(s.At(t)+s.edgeNS, s.upper.fastestNear(t, s.minRTT, s.grain)))
}

// doubtful reports whether the strip may not hold at t, so that a packet's delay
// cannot be told from a clock's setting.
func (f *Fit) doubtful(t int64) bool {
	has := func(s stretch) bool { return s.has(t) }
	return slices.ContainsFunc(f.settings, has) || slices.ContainsFunc(f.unknown, has) ||
		slices.ContainsFunc(f.doubts, func(d doubt) bool { return d.has(t) })
}

// fastestNear is the least that a packet as fast as the fastest near t could
// show as its bound if it had passed at t. Of each slot only the tightest bound
// is known; the fastest packet can have passed a grain away from it.
func (e *envelope) fastestNear(t, minRTT, grain int64) int64 {
	reach := int64(nearRTTs*float64(minRTT)/maxSkew) + grain
	least := int64(Unbounded)
	visit := func(b bound, nearest bool) (goOn bool) {
		apart := max(t-b.t, b.t-t)
		if apart > reach && !nearest {
			return false
		}
		least = min(least, b.offset-drift(apart+grain))
		return true
	}
	after := e.after(t)
	for k := after - 1; k >= 0 && visit(e.bounds[k], k == after-1); k-- {
	}
	for k := after; k < len(e.bounds) && visit(e.bounds[k], k == after); k++ {
	}
	return least
}

// few is how many packets of one direction, apart in time, say nothing of how
// fast a packet can be: each of them may have waited, the first one for a radio
// to wake.
const few = 2

// telling reports whether the fastest packet of the envelope's direction is likely
// as fast as others will be.
func (e *envelope) telling() bool { return len(e.bounds) > few }
