package locate

import (
	"fmt"

	"bothends/correlate/tap"
)

// Hops is a place in routers passed. It rests on the box having begun with one of
// the usual TTLs, and on its standing on the path, not beside it.
type Hops struct {
	Void     string // why nothing is said
	From     [2]Range
	FarKnown bool // the end at which no reset arrived has a Range too
	// Initial is the TTL that the box began with, by the end at which the reset
	// arrived; 0 if there was none, or several would do.
	Initial [2]uint8
}

// A Range is a number of routers between an end and the box, both included.
type Range struct{ Lo, Hi int }

// initialTTLs are those in use by hosts and routers.
var initialTTLs = []int{32, 64, 128, 255}

// longestPath is beyond any path of today's Internet in routers: what is used
// where the captures do not show how long this one is.
const longestPath = 32

// A candidate is one reading of a TTL.
type candidate struct{ initial, hops int }

func (e *Event) hops() Hops {
	var read [2][]candidate
	if e.Blind {
		return voidHops("its numbers are none that this connection had then: whoever made it need not see it, nor stand on its path")
	}
	arrived := 0
	for end := tap.Client; end <= tap.Server; end++ {
		ttls := e.Resets[end].TTLs
		if len(ttls) == 0 {
			continue
		}
		arrived++
		route := e.Routes[end.Other()]
		for _, ttl := range ttls {
			if ttl != ttls[0] {
				return voidHops("the resets that the %s received differ in TTL (%d and %d), so that the box chooses it to mislead", end, ttls[0], ttl)
			}
		}
		if route.TTL == ttls[0] && route.Known && e.Resets[end].Turned == 0 {
			return voidHops("the reset arrived at the %s with TTL %d, as the %s's own packets do: the box copies TTLs, or stands with the %s", end, ttls[0], end.Other(), end.Other())
		}
		limit := longestPath
		if route.Known {
			limit = route.Hops
		}
		read[end] = candidates(ttls[0], limit)
		read[end] = append(read[end], turned(e.Resets[end].Turned, ttls[0], limit)...)
		if len(read[end]) == 0 {
			return voidHops("TTL %d at the %s is not one of 32, 64, 128 or 255 less at most %d routers", ttls[0], end, limit)
		}
	}
	switch arrived {
	case 0:
		return voidHops("no forged reset arrived")
	case 1:
		return e.hopsFromOne(read)
	}
	return e.hopsFromBoth(read)
}

func candidates(ttl uint8, limit int) []candidate {
	var list []candidate
	for _, initial := range initialTTLs {
		if hops := initial - int(ttl); hops >= 0 && hops <= limit {
			list = append(list, candidate{initial, hops})
		}
	}
	return list
}

// turned are the readings of the TTL of a packet that was turned around with the TTL that
// it had: it counts the routers there and back. Where their number is odd, the box took
// one off itself, or did not.
func turned(left, ttl uint8, limit int) []candidate {
	if left <= ttl {
		return nil
	}
	passed := int(left - ttl)
	var list []candidate
	for hops := passed / 2; hops <= (passed+1)/2 && hops <= limit; hops++ {
		list = append(list, candidate{int(left), hops})
	}
	return list
}

// lengths are the routers between the taps: the fewer and the more of the two
// directions.
func (e *Event) lengths() (fewest, most int, known bool) {
	there, back := e.Routes[tap.Client], e.Routes[tap.Server]
	switch {
	case there.Known && back.Known:
		return min(there.Hops, back.Hops), max(there.Hops, back.Hops), true
	case there.Known:
		return there.Hops, there.Hops, true
	case back.Known:
		return back.Hops, back.Hops, true
	}
	return 0, 0, false
}

// hopsFromOne reads the resets of one end.
func (e *Event) hopsFromOne(read [2][]candidate) Hops {
	end := tap.Client
	if len(read[end]) == 0 {
		end = tap.Server
	}
	fewest, most, known := e.lengths()
	h := Hops{FarKnown: known, From: [2]Range{nothing, nothing}}
	for _, c := range read[end] {
		h.From[end].include(c.hops, c.hops)
		if known {
			h.From[end.Other()].include(max(0, fewest-c.hops), max(0, most-c.hops))
		}
	}
	if !known {
		h.From[end.Other()] = Range{}
	}
	if len(read[end]) == 1 {
		h.Initial[end] = uint8(read[end][0].initial)
	}
	return h
}

// hopsFromBoth takes the readings that add up to the path, or exceed it least:
// more than the path means a box beside it; less is impossible.
func (e *Event) hopsFromBoth(read [2][]candidate) Hops {
	fewest, most, known := e.lengths()
	if !known {
		fewest, most = 0, 2*longestPath
	}
	beside := func(c, s candidate) int { return max(0, c.hops+s.hops-most) }
	var pairs [][2]candidate
	for _, c := range read[tap.Client] {
		for _, s := range read[tap.Server] {
			if c.hops+s.hops < fewest {
				continue
			}
			if len(pairs) > 0 && beside(c, s) < beside(pairs[0][0], pairs[0][1]) {
				pairs = pairs[:0]
			}
			if len(pairs) == 0 || beside(c, s) == beside(pairs[0][0], pairs[0][1]) {
				pairs = append(pairs, [2]candidate{c, s})
			}
		}
	}
	if len(pairs) == 0 {
		return voidHops("the resets have passed fewer routers to both ends together than lie between the two: the box does not begin with a usual TTL")
	}
	h := Hops{FarKnown: true, From: [2]Range{nothing, nothing}}
	for _, pair := range pairs {
		for end := range pair {
			own, other := pair[end].hops, pair[1-end].hops
			h.From[end].include(own, own)
			if known {
				h.From[end].include(max(0, fewest-other), max(0, most-other))
			}
		}
	}
	if len(pairs) == 1 {
		h.Initial = [2]uint8{uint8(pairs[0][0].initial), uint8(pairs[0][1].initial)}
	}
	return h
}

// nothing is the range that takes on whatever it includes.
var nothing = Range{Lo: 1 << 8, Hi: -1}

func (r *Range) include(lo, hi int) { r.Lo, r.Hi = min(r.Lo, lo), max(r.Hi, hi) }

func voidHops(format string, args ...any) Hops { return Hops{Void: fmt.Sprintf(format, args...)} }
