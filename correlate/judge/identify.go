package judge

import (
	"fmt"
	"math"
	"slices"

	"bothends/correlate/align"
	"bothends/correlate/segment"
	"bothends/correlate/survey"
	"bothends/correlate/tap"
)

// Twin is the step of a packet that both captures hold.
const Twin Name = "twin"

// identify finds out as what the resets were sent that arrived: on this connection,
// on one that carries packets of it under other addresses, or on any other.
func (s *stream) identify() {
	got := s.flow.Resets[s.sender.Other()]
	s.matched = s.match(s.flow.Resets[s.sender], got)
	for i, r := range got {
		if s.matched.twinOf[i] < 0 && s.matched.copyOf[i] < 0 {
			s.unmatched = append(s.unmatched, r)
		}
	}
	s.noteRemapped()
	s.noteElsewhere()
}

// matching is which arrived reset is which sent one.
type matching struct {
	twinOf   []int  // by arrived reset: index of the sent one, or -1
	doubtful []bool // by arrived reset: the twin has its numbers, but is another packet by every other sign
	copyOf   []int  // by arrived reset without a twin: the arrived one that it repeats, or -1
	arrived  []bool // by sent reset
}

// match pairs arrived resets with sent ones by their numbers, in such a way that
// none arrives before it was sent. Where several would do, the one with the
// same IP-ID and the path's hop count goes first.
func (s *stream) match(sent, got []*align.Reset) matching {
	m := matching{
		twinOf: make([]int, len(got)), copyOf: make([]int, len(got)),
		doubtful: make([]bool, len(got)), arrived: make([]bool, len(sent)),
	}
	for i := range got {
		m.twinOf[i], m.copyOf[i] = -1, -1
	}
	for grade := bothSigns; grade >= noSign; grade-- {
		for i, r := range got {
			if m.twinOf[i] >= 0 {
				continue
			}
			if j := s.likeliest(r, sent, m.arrived, grade); j >= 0 {
				m.twinOf[i], m.arrived[j], m.doubtful[i] = j, true, grade == noSign
			}
		}
	}
	for i, r := range got {
		for k, first := range got {
			if m.twinOf[i] < 0 && m.twinOf[k] >= 0 && s.repeats(sent[m.twinOf[k]], first, r) {
				m.copyOf[i] = k
			}
		}
	}
	return m
}

// likeliest is the sent reset of a grade of likeness that left most recently
// before r must have left, or -1.
func (s *stream) likeliest(r *align.Reset, sent []*align.Reset, taken []bool, grade int) int {
	best, shortest := -1, int64(math.MaxInt64)
	for j, left := range sent {
		if taken[j] || !s.possible(left, r) || s.likeness(left, r) != grade {
			continue
		}
		under := r.TimeNS - left.TimeNS // only compared among themselves
		if s.comparable(r.TimeNS) {
			if under = s.latestSent(r.TimeNS) - left.TimeNS; under < 0 {
				under = math.MaxInt64 / 2 // faster than any other: only if nothing else would do
			}
		}
		if under < shortest {
			best, shortest = j, under
		}
	}
	return best
}

// kindOfReset are the flags that tell one kind of reset from another.
const kindOfReset = segment.RST | segment.ACK | segment.SYN | segment.FIN

// sameNumbers compares what makes a reset do what it does.
func sameNumbers(left, r *align.Reset) bool {
	return left.Seq0 == r.Seq0 && left.Header.Flags&kindOfReset == r.Header.Flags&kindOfReset &&
		(left.Header.Flags&segment.ACK == 0 || left.Ack0 == r.Ack0)
}

// possible reports whether r can be left after the journey: the same numbers, and not
// received before it was sent. As r may have been faster than any other packet,
// it is granted half a round trip.
func (s *stream) possible(left, r *align.Reset) bool {
	return sameNumbers(left, r) && s.sentBefore(left.TimeNS, r.TimeNS)
}

// sentBefore reports whether what passed the sender's tap at sent can have arrived
// at the other tap at arrived, each by its own clock.
func (s *stream) sentBefore(sent, arrived int64) bool {
	if !s.comparable(arrived) {
		return true
	}
	return sent <= s.latestSent(arrived)+2*s.margin(arrived)
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
func (s *stream) repeats(left, first, r *align.Reset) bool {
	return s.possible(left, r) && first.IPID == r.IPID && first.TTL == r.TTL && first.Window == r.Window &&
		first.TSVal == r.TSVal && first.Header.Flags == r.Header.Flags
}

// mistimed reports whether left, which left the sender, is r but for its time: by the
// clocks as they were fitted it left too late. A clock that is set by less than the
// smallest round trip contradicts nothing, and close to the end of a recording
// nothing may contradict a larger step, so that the time alone does not make another
// packet of it. It does where the packets timed around it show that no clock was
// set, and nothing but zeros is alike.
func (s *stream) mistimed(left, r *align.Reset) bool {
	if !sameNumbers(left, r) || s.sentBefore(left.TimeNS, r.TimeNS) || s.likeness(left, r) != bothSigns || left.Window != r.Window {
		return false
	}
	stamped := left.Options&r.Options&segment.Timestamps != 0
	if stamped && left.TSVal != r.TSVal {
		return false
	}
	distinct := stamped || !left.IPv6 && left.IPID != 0 && left.IPID == r.IPID
	return distinct || !s.steady(left.TimeNS, left.TimeNS-s.latestSent(r.TimeNS))
}

// resetKey is what a NAT leaves alone of a reset.
type resetKey struct {
	seq, ack uint32
	kind     segment.Flags
}

func keyOf(seq, ack uint32, flags segment.Flags) resetKey {
	if flags&segment.ACK == 0 {
		ack = 0
	}
	return resetKey{seq, ack, flags & kindOfReset}
}

// noteElsewhere finds, among the resets that the sender's capture seems to lack, those
// that it holds under other addresses, on whatever connection: what a NAT or a
// balancer carried to the sender under those, it resets there.
func (s *stream) noteElsewhere() {
	kept := s.unmatched[:0]
	for _, r := range s.unmatched {
		left := s.elsewhereTwin(r)
		if left == nil {
			kept = append(kept, r)
			continue
		}
		if s.elsewhere == nil {
			s.elsewhere = map[*align.Reset]*survey.Reset{}
		}
		s.elsewhere[r] = left
	}
	s.unmatched = kept
}

// elsewhereTwin is the reset that left as r under other addresses, or nil. Only
// numbers that chance does not make tell: one of 32 bits, not zero.
func (s *stream) elsewhereTwin(r *align.Reset) *survey.Reset {
	if r.Flags&segment.ACK == 0 && r.Seq0 == 0 || !s.pair.Paired() {
		return nil
	}
	key := keyOf(r.Seq0+s.shiftAt(s.sender, s.sender), r.Ack0+s.shiftAt(s.sender, s.sender.Other()), r.Flags)
	for _, i := range s.byNumbers[s.sender][key] {
		left := &s.Resets[s.sender][i]
		own := slices.ContainsFunc(s.flow.Resets[s.sender], func(o *align.Reset) bool { return o.Frame == left.Frame })
		if own || !s.sentBefore(left.TimeNS, r.TimeNS) || s.comparable(r.TimeNS) && s.latestSent(r.TimeNS)-left.TimeNS > astrayWindowNS {
			continue
		}
		return left
	}
	return nil
}

// arrivedElsewhere is the reset that left arrived as under other addresses, on whatever
// connection, or nil.
func (s *stream) arrivedElsewhere(left *align.Reset) *survey.Reset {
	if left.Flags&segment.ACK == 0 && left.Seq0 == 0 || !s.pair.Paired() {
		return nil
	}
	receiver := s.sender.Other()
	key := keyOf(left.Seq0+s.shiftAt(receiver, s.sender), left.Ack0+s.shiftAt(receiver, receiver), left.Flags)
	for _, i := range s.gotByNumbers[receiver][key] {
		r := &s.Resets[receiver][i]
		here := slices.ContainsFunc(s.flow.Resets[receiver], func(o *align.Reset) bool { return o.Frame == r.Frame })
		if here || !s.sentBefore(left.TimeNS, r.TimeNS) || s.comparable(r.TimeNS) && s.latestSent(r.TimeNS)-left.TimeNS > astrayWindowNS {
			continue
		}
		return r
	}
	return nil
}

// cameElsewhere is a reset that arrived under other addresses than its connection has.
func (s *stream) cameElsewhere(left *align.Reset, r *survey.Reset) Finding {
	f := s.finding("rst", Genuine, Strong, left.Frame, left.Header, Step{
		Rule: Twin, Outcome: Supports, Decides: true,
		Text: fmt.Sprintf("the %s's capture shows it arrive under other addresses: in frame %d, there from %s to %s, with the same sequence and acknowledgment numbers",
			s.sender.Other(), r.Number, r.Src, r.Dst),
		Values: map[string]any{"got_frame": r.Number},
	})
	f.SeenAt, f.Twin, f.bucket = s.sender, r.Frame, matchedOne
	f.suggest(RemappedPackets, "it arrived under other addresses than the rest of its connection")
	return f
}

// shiftAt is what the tap at end sees added to the numbers of the stream that the
// host at sender sends.
func (s *stream) shiftAt(end, sender tap.End) uint32 {
	if end == tap.Server {
		return s.pair.Shift[sender]
	}
	return 0
}

// leftElsewhere is a reset that left under other addresses than its connection has.
func (s *stream) leftElsewhere(r *align.Reset, left *survey.Reset) Finding {
	f := s.finding("rst", Genuine, Strong, r.Frame, r.Header, Step{
		Rule: Twin, Outcome: Supports, Decides: true,
		Text: fmt.Sprintf("the %s's capture shows it leave under other addresses: sent in frame %d, and there from %s to %s, with the same sequence and acknowledgment numbers",
			s.sender, left.Number, left.Src, left.Dst),
		Values: map[string]any{"sent_frame": left.Number},
	})
	f.Twin, f.bucket = left.Frame, matchedOne
	f.suggest(RemappedPackets, "the %s answered with it a packet that came under other addresses than the rest of its connection", s.sender)
	return f
}
