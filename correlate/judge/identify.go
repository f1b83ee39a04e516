package judge

import (
	"fmt"
	"slices"

	"bothends/correlate/align"
	"bothends/correlate/segment"
	"bothends/correlate/survey"
	"bothends/correlate/tap"
)

// identify finds out as what the resets were sent that arrived: on this connection,
// on one that carries packets of it under other addresses, or on any other.
func (s *stream) identify() {
	for _, r := range s.flow.Resets[s.sender.Other()] {
		s.got = append(s.got, s.arrival(r))
	}
	s.matched = s.match(s.flow.Resets[s.sender], s.got)
	for i, r := range s.got {
		if s.matched.twinOf[i] < 0 && s.matched.copyOf[i] < 0 {
			s.unmatched = append(s.unmatched, r)
		}
	}
	s.noteRemapped()
	s.noteElsewhere()
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
		s.elsewhere[r.Reset] = left
	}
	s.unmatched = kept
}

// elsewhereTwin is the reset that left as r under other addresses, or nil. Only
// numbers that chance does not make tell: one of 32 bits, not zero.
func (s *stream) elsewhereTwin(r arrival) *survey.Reset {
	if r.Flags&segment.ACK == 0 && r.Seq0 == 0 || !s.pair.Paired() {
		return nil
	}
	d := s.departed(r.Reset)
	if len(d.left) <= d.besides(r.Reset) {
		return nil
	}
	i := slices.IndexFunc(d.left, func(left *survey.Reset) bool { return r.clocks.soonAfter(left.TimeNS) })
	if i < 0 {
		return nil
	}
	left := d.left[i]
	d.left = slices.Delete(d.left, i, i+1)
	return left
}

// departed are the departures with the numbers of a reset that arrived. They are gathered
// once, and become fewer with each that is found.
func (s *stream) departed(r *align.Reset) *departures {
	receiver := s.sender.Other()
	key := keyOf(r.Seq0+s.shiftAt(s.sender, s.sender), r.Ack0+s.shiftAt(s.sender, receiver), r.Flags)
	if d := s.departures[key]; d != nil {
		return d
	}
	came := keyOf(r.Seq0+s.shiftAt(receiver, s.sender), r.Ack0+s.shiftAt(receiver, receiver), r.Flags)
	d := &departures{
		left: s.elsewhereAt(s.sender, s.byNumbers[s.sender][key]),
		came: s.elsewhereAt(receiver, s.gotByNumbers[receiver][came]),
	}
	if s.departures == nil {
		s.departures = map[resetKey]*departures{}
	}
	s.departures[key] = d
	return d
}

// elsewhereAt are those resets in an end's capture, given by index, that are none of this
// stream's.
func (s *stream) elsewhereAt(end tap.End, indexes []int32) (others []*survey.Reset) {
	for _, i := range indexes {
		r := &s.Resets[end][i]
		if !slices.ContainsFunc(s.flow.Resets[end], func(o *align.Reset) bool { return o.Frame == r.Frame }) {
			others = append(others, r)
		}
	}
	return others
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
		if clocks := s.clocks.at(r.TimeNS); !here && clocks.soonAfter(left.TimeNS) {
			return r
		}
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

// streams are both directions of a case, with their resets matched.
func (all *pooled) streams(index int) [2]*stream {
	if both, known := all.streamsOf[index]; known {
		return both
	}
	both := [2]*stream{all.stream(index, tap.Client), all.stream(index, tap.Server)}
	for end, s := range both {
		s.opposite = both[tap.End(end).Other()]
		s.identify()
	}
	if len(all.Cases[index].Remapped) > 0 {
		if all.streamsOf == nil {
			all.streamsOf = map[int][2]*stream{}
		}
		all.streamsOf[index] = both
	}
	return both
}
