package judge

import (
	"fmt"
	"slices"

	"bothends/correlate/align"
	"bothends/correlate/tap"
)

// A connection tracker lets packets that it takes for invalid pass as they are, and
// gives new addresses to those of a connection that it has forgotten.
// The host that gets one under addresses which it does not know resets it, and
// that reset belongs to the connection which has those addresses at the other end.

// noteRemapped finds, among the resets that the sender's capture seems to lack,
// those that it holds under such addresses.
func (s *stream) noteRemapped() {
	kept := s.unmatched[:0]
	for _, r := range s.unmatched {
		if left := s.remappedDeparture(r); left != nil {
			if s.remapped == nil {
				s.remapped = map[*align.Reset]*align.Reset{}
			}
			s.remapped[r.Reset] = left
		} else {
			kept = append(kept, r)
		}
	}
	s.unmatched = kept
}

// remappedDeparture is the reset that left as r under other addresses, or nil.
func (s *stream) remappedDeparture(r arrival) *align.Reset {
	for _, n := range s.Cases[s.index].Remapped {
		if c := s.Cases[n].Connection; c != nil {
			for _, left := range c.Streams[s.sender].Resets[s.sender] {
				if possible(s.counted(s.sender, left), r) {
					return left
				}
			}
		}
	}
	return nil
}

// remappedArrival is the reset that left arrived as, under other addresses, or nil.
func (s *stream) remappedArrival(left *align.Reset) *align.Reset {
	receiver := s.sender.Other()
	for _, n := range s.Cases[s.index].Remapped {
		if c := s.Cases[n].Connection; c != nil {
			for _, r := range c.Streams[s.sender].Resets[receiver] {
				if possible(left, s.arrival(s.counted(receiver, r))) {
					return r
				}
			}
		}
	}
	return nil
}

// counted is a reset of a remapped view, of the tap at end, with the numbers of the
// connection that it belongs to: in a view without a partner nothing tells how they
// are shifted.
func (s *stream) counted(end tap.End, r *align.Reset) *align.Reset {
	c := *r
	if end == tap.Server { // as the server counts
		c.Seq0, c.Ack0 = r.Seq-s.pair.Shift[s.sender], r.Ack-s.pair.Shift[s.sender.Other()]
	}
	return &c
}

// leftRemapped is a reset that left under other addresses than its connection has.
func (s *stream) leftRemapped(r, left *align.Reset) Finding {
	f := s.readdressed(r, left, "leave under other addresses", left)
	f.suggest(RemappedPackets, "the %s answered with it a packet that came under other addresses than the rest of its connection", s.sender)
	return f
}

// arrivedRemapped is a reset that arrived under other addresses than it left with.
func (s *stream) arrivedRemapped(r, left *align.Reset) Finding {
	f := s.readdressed(r, left, "leave as a packet of this connection, and it arrived under other addresses", r)
	f.suggest(RemappedPackets, "it arrived under other addresses than the rest of its connection")
	return f
}

// readdressed is a reset r that left as left, of which one, other, is in a remapped
// view.
func (s *stream) readdressed(r, left *align.Reset, how string, other *align.Reset) Finding {
	f := s.finding("rst", Genuine, Strong, r.Frame, r.Header, Step{
		Rule: Twin, Outcome: Supports, Decides: true,
		Text: fmt.Sprintf("the %s's capture shows it %s: sent in frame %d, and there from %s to %s, with the same sequence and acknowledgment numbers",
			s.sender, how, left.Number, other.Src, other.Dst),
		Values: map[string]any{"sent_frame": left.Number},
	})
	f.Twin, f.bucket = left.Frame, matchedOne
	return f
}

// sentAs reports whether a reset that arrived in a remapped view of the client end
// left on this connection.
func (s *stream) sentAs(r *align.Reset) bool {
	counted := s.arrival(s.counted(tap.Client, r))
	return slices.ContainsFunc(s.flow.Resets[s.sender], func(left *align.Reset) bool { return possible(left, counted) })
}

// holds reports whether a reset of a remapped view arrived on this connection.
func (s *stream) holds(left *align.Reset) bool {
	for _, r := range s.got {
		if s.remapped[r.Reset] != nil && possible(s.counted(s.sender, left), r) {
			return true
		}
	}
	return false
}
