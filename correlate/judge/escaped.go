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

// noteEscaped finds, among the resets that the sender's capture seems to lack,
// those that it holds under such addresses.
func (s *stream) noteEscaped() {
	kept := s.unmatched[:0]
	for _, r := range s.unmatched {
		if left := s.escapedTwin(r); left != nil {
			if s.escapes == nil {
				s.escapes = map[*align.Reset]*align.Reset{}
			}
			s.escapes[r] = left
		} else {
			kept = append(kept, r)
		}
	}
	s.unmatched = kept
}

// escapedTwin is the reset that left as r under other addresses, or nil.
func (s *stream) escapedTwin(r *align.Reset) *align.Reset {
	for _, n := range s.Cases[s.index].Escaped {
		if c := s.Cases[n].Connection; c != nil {
			for _, left := range c.Streams[s.sender].Resets[s.sender] {
				if s.possible(s.counted(s.sender, left), r) {
					return left
				}
			}
		}
	}
	return nil
}

// escapedArrival is the reset that left arrived as, under other addresses, or nil.
func (s *stream) escapedArrival(left *align.Reset) *align.Reset {
	receiver := s.sender.Other()
	for _, n := range s.Cases[s.index].Escaped {
		if c := s.Cases[n].Connection; c != nil {
			for _, r := range c.Streams[s.sender].Resets[receiver] {
				if s.possible(left, s.counted(receiver, r)) {
					return r
				}
			}
		}
	}
	return nil
}

// counted is a reset of an escaped view, of the tap at end, with the numbers of the
// connection that it belongs to: in a view without a partner nothing tells how they
// are shifted.
func (s *stream) counted(end tap.End, r *align.Reset) *align.Reset {
	c := *r
	if end == tap.Server { // as the server counts
		c.Seq0, c.Ack0 = r.Seq-s.pair.Shift[s.sender], r.Ack-s.pair.Shift[s.sender.Other()]
	}
	return &c
}

// escapedDeparture is a reset that left under other addresses than its connection has.
func (s *stream) escapedDeparture(r, left *align.Reset) Finding {
	f := s.readdressed(r, left, "leave under other addresses", left)
	f.suggest(Untranslated, "the %s answered with it a packet that came under other addresses than the rest of its connection", s.sender)
	return f
}

// escapedReset is a reset that arrived under other addresses than it left with.
func (s *stream) escapedReset(r, left *align.Reset) Finding {
	f := s.readdressed(r, left, "leave as a packet of this connection, and it arrived under other addresses", r)
	f.suggest(Untranslated, "it arrived under other addresses than the rest of its connection")
	return f
}

// readdressed is a reset r that left as left, of which one, other, is in an escaped
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

// escaped judges the resets that the sender answered such packets with, and that
// did not arrive as any of the connection they belong to.
func (s *stream) escaped() []Finding {
	var findings []Finding
	of := s.Cases[s.index].Of
	for _, left := range s.flow.Resets[s.sender] {
		if s.Cases[of].Connection != nil && s.streams(of)[s.sender].holds(left) {
			continue // told with that connection
		}
		f := s.missing(left, false)
		f.suggest(Untranslated, "the %s answered with it a packet that came under other addresses than the rest of its connection, and it went to %s, where it reached nobody", s.sender, left.Dst)
		findings = append(findings, f)
	}
	return findings
}

// strayed judges the resets that the client end's capture holds under such
// addresses, and that are none which the sender sent on the connection they belong
// to.
func (s *stream) strayed() []Finding {
	var findings []Finding
	of := s.Cases[s.index].Of
	for _, r := range s.flow.Resets[tap.Client] {
		told := s.Cases[of].Connection != nil && s.streams(of)[s.sender].sentAs(r)
		if !told {
			findings = append(findings, s.orphan(r))
		}
	}
	return findings
}

// sentAs reports whether a reset that arrived in an escaped view of the client end
// left on this connection.
func (s *stream) sentAs(r *align.Reset) bool {
	counted := s.counted(tap.Client, r)
	return slices.ContainsFunc(s.flow.Resets[s.sender], func(left *align.Reset) bool { return s.possible(left, counted) })
}

// holds reports whether a reset of an escaped view arrived on this connection.
func (s *stream) holds(left *align.Reset) bool {
	for r := range s.escapes {
		if s.possible(s.counted(s.sender, left), r) {
			return true
		}
	}
	return false
}
