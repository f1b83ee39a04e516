package clock

import "sort"

// Bounds collects what matched packets say of the offset. It keeps the tightest
// bound of each slot of time, so its size does not grow with the traffic.
type Bounds struct {
	upper, lower slots
}

// ToServer adds a packet that left the client at sent (client's clock) and
// arrived at the server at received (server's clock), both Unix nanoseconds.
func (b *Bounds) ToServer(sent, received int64) {
	b.upper.add(bound{sent, received - sent}, func(x, y int64) bool { return x < y })
}

// ToClient adds a packet that left the server at sent (server's clock) and
// arrived at the client at received (client's clock).
func (b *Bounds) ToClient(sent, received int64) {
	b.lower.add(bound{received, sent - received}, func(x, y int64) bool { return x > y })
}

// Points is how many packets were added.
func (b *Bounds) Points() int { return b.upper.points + b.lower.points }

// slotLimit is how many slots one direction has at most. When time outruns them,
// two neighbours become one.
const slotLimit = 1024

// firstSlotNS is the width of a slot to begin with.
const firstSlotNS = 1e6

type slots struct {
	width  int64
	byTime map[int64]bound
	points int
}

func (s *slots) add(b bound, tighter func(x, y int64) bool) {
	if s.byTime == nil {
		s.width, s.byTime = firstSlotNS, make(map[int64]bound, slotLimit)
	}
	s.points++
	s.keep(b, tighter)
	for len(s.byTime) > slotLimit {
		old := s.byTime
		s.width *= 2
		s.byTime = make(map[int64]bound, slotLimit)
		for _, b := range old {
			s.keep(b, tighter)
		}
	}
}

func (s *slots) keep(b bound, tighter func(x, y int64) bool) {
	slot := b.t / s.width
	if kept, ok := s.byTime[slot]; !ok || tighter(b.offset, kept.offset) ||
		b.offset == kept.offset && b.t < kept.t {
		s.byTime[slot] = b
	}
}

// sorted lists the bounds by time.
func (s *slots) sorted() []bound {
	list := make([]bound, 0, len(s.byTime))
	for _, b := range s.byTime {
		list = append(list, b)
	}
	sort.Slice(list, func(i, j int) bool { return list[i].t < list[j].t })
	return list
}

// Fit draws the strips. Without packets in both directions nothing is known.
func (b *Bounds) Fit() Fit {
	upper, lower := b.upper.sorted(), b.lower.sorted()
	var f Fit
	for len(upper) > 0 && len(lower) > 0 {
		strip, u, l := longest(upper, lower)
		if u == 0 && l == 0 {
			break
		}
		if strip.Points > 0 {
			f.Strips = append(f.Strips, strip)
		}
		upper, lower = upper[u:], lower[l:]
	}
	if len(f.Strips) == 1 {
		f.Strips[0].Points = b.Points()
	}
	return f
}

// longest fits a strip to as many bounds as one line allows, from the first on,
// and says how many it used of each kind.
func longest(upper, lower []bound) (best Strip, u, l int) {
	times := make([]int64, 0, len(upper)+len(lower))
	for _, b := range upper {
		times = append(times, b.t)
	}
	for _, b := range lower {
		times = append(times, b.t)
	}
	sort.Slice(times, func(i, j int) bool { return times[i] < times[j] })
	until := func(list []bound, t int64) int {
		return sort.Search(len(list), func(i int) bool { return list[i].t > t })
	}
	// A line that fits all bounds up to a time fits those up to any earlier one.
	n := sort.Search(len(times), func(i int) bool {
		u, l := until(upper, times[i]), until(lower, times[i])
		if u == 0 || l == 0 {
			return false
		}
		_, ok := fit(upper[:u], lower[:l])
		return !ok
	})
	if n == 0 {
		return best, 0, 0
	}
	u, l = until(upper, times[n-1]), until(lower, times[n-1])
	if u == 0 || l == 0 {
		return best, u, l
	}
	best, _ = fit(upper[:u], lower[:l])
	return best, u, l
}
