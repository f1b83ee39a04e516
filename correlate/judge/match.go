package judge

import (
	"math"

	"bothends/correlate/align"
	"bothends/correlate/segment"
)

// match pairs arrived resets with sent ones by their numbers, in such a way that
// none arrives before it was sent. Where several would do, the pair goes first that is
// most alike in all that the path leaves alone, then the one that was under way for the
// shortest time: who forges a reset with the numbers of a genuine one is earlier than
// that, and its TTL is another.
func (s *stream) match(sent []*align.Reset, got []arrival) matching {
	m := matching{
		twinOf: make([]int, len(got)), copyOf: make([]int, len(got)),
		doubtful: make([]bool, len(got)), arrived: make([]bool, len(sent)),
	}
	ranks := make([]uint8, len(got)*len(sent)) // 0: it cannot be that one
	for i, r := range got {
		m.twinOf[i], m.copyOf[i] = -1, -1
		for j, left := range sent {
			if possible(left, r) {
				ranks[i*len(sent)+j] = s.rank(left, r)
			}
		}
	}
	for rank := highestRank; rank > 0; rank-- {
		for i, r := range got {
			best, shortest := -1, int64(math.MaxInt64)
			for j, left := range sent {
				if ranks[i*len(sent)+j] != rank || m.twinOf[i] >= 0 || m.arrived[j] {
					continue
				}
				if under := r.TimeNS - left.TimeNS; under < shortest {
					best, shortest = j, under
				}
			}
			if best >= 0 {
				m.twinOf[i], m.arrived[best], m.doubtful[i] = best, true, s.unlike(sent[best], r.Reset)
			}
		}
	}
	for i, r := range got {
		for k, first := range got {
			if m.twinOf[i] < 0 && m.twinOf[k] >= 0 && !m.doubtful[k] && repeats(sent[m.twinOf[k]], first, r) && r.clocks.likely(sent[m.twinOf[k]].TimeNS, 2*r.clocks.MarginNS) {
				m.copyOf[i] = k
			}
		}
	}
	if _, known := s.hopsSoFar(); !known {
		for i, r := range got {
			for k, rival := range got {
				if j := m.twinOf[i]; j >= 0 && m.twinOf[k] < 0 && m.copyOf[k] < 0 && ranks[k*len(sent)+j] > 0 && rival.TTL != r.TTL {
					m.doubtful[i] = true // nothing tells which of them it is
				}
			}
		}
	}
	return m
}

// highestRank is what a pair has that is alike in everything.
const highestRank = uint8(30)

// rank says how likely r is left after the path, from 1 to highestRank: by what the path
// is known to leave alone, then by what it seems to, then by time.
func (s *stream) rank(left *align.Reset, r arrival) uint8 {
	rank := (s.likeness(left, r.Reset)*5+s.signs(left, r.Reset)+2)*2 + 1
	if c := &r.clocks; !c.Comparable || left.TimeNS <= c.LatestNS && c.likely(left.TimeNS, 0) {
		rank++ // or else it was faster than any other packet, or slower where a clock was set
	}
	return uint8(rank)
}

// signs counts what speaks for r being left after the path, less what speaks against it,
// on whatever few packets that rests: from -2 to 2.
func (s *stream) signs(left, r *align.Reset) (n int) {
	if p := &s.flow.Path; p.IPIDOther == 0 && !left.IPv6 && !r.IPv6 && left.IPID|r.IPID != 0 {
		if left.IPID == r.IPID {
			n++
		} else {
			n--
		}
	}
	if hops, known := s.hopsSoFar(); known {
		if int(left.TTL)-int(r.TTL) == hops {
			n++
		} else {
			n--
		}
	}
	return n
}

// hopsSoFar is by how much the TTL of the sender's packets differs at the two taps, if any
// passed and none shows anything else: on this connection, or on others to this host.
func (s *stream) hopsSoFar() (hops int, known bool) {
	if p := &s.flow.Path; p.HopsSame+p.HopsOther > 0 {
		return p.Hops, p.HopsOther == 0
	}
	if service := s.Cases[s.index].Service; service != nil {
		way := &service.Ways[s.sender]
		return int(way.Hops), way.Known && !way.Varies
	}
	return 0, false
}

// unlike reports whether r has the numbers of left and is another packet by what else
// can be told: then it may be left made anew on the way, or a forgery that met with it.
func (s *stream) unlike(left, r *align.Reset) bool {
	return s.likeness(left, r) == noSign || s.signs(left, r) < 0
}

// sameNumbers compares what makes a reset do what it does.
func sameNumbers(left, r *align.Reset) bool {
	return left.Seq0 == r.Seq0 && left.Header.Flags&kindOfReset == r.Header.Flags&kindOfReset &&
		(left.Header.Flags&segment.ACK == 0 || left.Ack0 == r.Ack0)
}

// possible reports whether r can be left after the journey: the same numbers, and not
// received before it was sent.
func possible(left *align.Reset, r arrival) bool {
	return sameNumbers(left, r.Reset) && r.clocks.sentBefore(left.TimeNS)
}

// Grades of likeness beyond the numbers.
const (
	noSign    = iota // the path would have had to change IP-ID and hop count of this packet alone
	oneSign          // one of the two differs, or the path is not known well enough to tell
	bothSigns        // both as the path leaves them
)

// likeness grades how much r looks like left after the path.
func (s *stream) likeness(left, r *align.Reset) int {
	p := &s.flow.Path
	ipidDiffers := p.IPIDKept() && left.IPID != r.IPID
	hopsDiffer := p.HopsKept() && int(left.TTL)-int(r.TTL) != p.Hops
	switch {
	case ipidDiffers && hopsDiffer:
		return noSign
	case ipidDiffers || hopsDiffer:
		return oneSign
	}
	return bothSigns
}

// repeats reports whether r is one more copy, made by the network, of left, which
// arrived as first.
func repeats(left *align.Reset, first, r arrival) bool {
	return possible(left, r) && first.IPID == r.IPID && first.TTL == r.TTL && first.Window == r.Window &&
		first.TSVal == r.TSVal && first.Header.Flags == r.Header.Flags
}

// mistimed reports whether left, which left the sender, is r but for its time: by the
// clocks as they were fitted it left too late. A clock that is set by less than the
// smallest round trip contradicts nothing, and close to the end of a recording
// nothing may contradict a larger step, so that the time alone does not make another
// packet of it. It does where the packets timed around it show that no clock was
// set, and nothing but zeros is alike.
func (s *stream) mistimed(left, r *align.Reset, clocks *ClockFacts) bool {
	if !sameNumbers(left, r) || clocks.likely(left.TimeNS, 2*clocks.MarginNS) || s.likeness(left, r) != bothSigns || s.unlike(left, r) || left.Window != r.Window {
		return false
	}
	stamped := left.Options&r.Options&segment.Timestamps != 0
	if stamped && left.TSVal != r.TSVal {
		return false
	}
	distinct := stamped || !left.IPv6 && left.IPID != 0 && left.IPID == r.IPID
	return distinct || !steady(s.Trips, s.sender, left.TimeNS, left.TimeNS-clocks.LatestNS)
}
