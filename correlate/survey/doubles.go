package survey

import (
	"bytes"

	"bothends/correlate/segment"
)

// Doubles are the pairs of hosts whose packets a capture holds twice on one interface,
// as a mirror of two ports of a switch has them, or a tap that sees both sides of a
// router. On a single interface a second copy may also be the network's, or a packet
// that looks like another, so that only a habit shows that the recorder doubles.
type Doubles map[hostPair]bool

// hostPair is two addresses, the lower first.
type hostPair [2][16]byte

func pairOf(s *segment.Segment) hostPair {
	if bytes.Compare(s.Src.IP[:], s.Dst.IP[:]) < 0 {
		return hostPair{s.Src.IP, s.Dst.IP}
	}
	return hostPair{s.Dst.IP, s.Src.IP}
}

// A probe learns the doubles of a capture from a part of its packets: all of its
// beginning, and later those of some connections.
type probe struct {
	packets int64
	sets    []repeatSet
	pairs   map[hostPair]*doubling
}

// doubling counts the packets of a pair of hosts that occupy sequence space, and so
// have no like but their own copies, and how many of them were copies.
type doubling struct{ packets, copies int64 }

// How much a probe looks at, and what is a habit: of packets that are all recorded
// twice every second is a copy. Networks that double a third of what they carry are
// not heard of.
const (
	probeFrames  = 1 << 15
	probeOneOf   = 64 // connections
	probeBits    = 10
	probePairs   = 1 << 12
	habitCopies  = 3
	habitPerCopy = 3 // packets
)

// wants reports whether a packet is among those that are looked at.
func (pr *probe) wants(s *segment.Segment) bool {
	pr.packets++
	return (pr.packets <= probeFrames || (s.Src.Port^s.Dst.Port)%probeOneOf == 0) && s.SeqLen() > 0
}

func (pr *probe) add(now *recording, digest uint64, s *segment.Segment) {
	if pr.sets == nil {
		pr.sets, pr.pairs = make([]repeatSet, 1<<probeBits), map[hostPair]*doubling{}
	}
	d := pr.pairs[pairOf(s)]
	if d == nil {
		if len(pr.pairs) == probePairs {
			return
		}
		d = &doubling{}
		pr.pairs[pairOf(s)] = d
	}
	d.packets++
	set := &pr.sets[digest*spread>>(64-probeBits)]
	if set.take(digest, now) != nil {
		d.copies++
		return
	}
	set.put(digest, now)
}

// found are the pairs with the habit.
func (pr *probe) found() Doubles {
	var found Doubles
	for hosts, d := range pr.pairs {
		if d.copies >= habitCopies && d.copies*habitPerCopy >= d.packets {
			if found == nil {
				found = Doubles{}
			}
			found[hosts] = true
		}
	}
	return found
}

// doubledBy reports whether now is before's copy on the same interface: alike in all,
// with a TTL that at most one router has lowered in between.
func (before *recording) doubledBy(now *recording) bool {
	if before.device != now.device || !before.near(now) {
		return false
	}
	if d := int(before.ttl) - int(now.ttl); d < -1 || d > 1 {
		return false
	}
	return before.alike(now)
}
