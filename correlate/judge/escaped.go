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
func (h *hearing) noteEscaped() {
	kept := h.unmatched[:0]
	for _, r := range h.unmatched {
		if s := h.escapedTwin(r); s != nil {
			if h.escapes == nil {
				h.escapes = map[*align.Reset]*align.Reset{}
			}
			h.escapes[r] = s
		} else {
			kept = append(kept, r)
		}
	}
	h.unmatched = kept
}

// escapedTwin is the reset that left as r under other addresses, or nil.
func (h *hearing) escapedTwin(r *align.Reset) *align.Reset {
	for _, n := range h.Cases[h.index].Escaped {
		if c := h.Cases[n].Connection; c != nil {
			for _, s := range c.Streams[h.sender].Resets[h.sender] {
				if h.possible(h.counted(h.sender, s), r) {
					return s
				}
			}
		}
	}
	return nil
}

// escapedArrival is the reset that s arrived as, under other addresses, or nil.
func (h *hearing) escapedArrival(s *align.Reset) *align.Reset {
	receiver := h.sender.Other()
	for _, n := range h.Cases[h.index].Escaped {
		if c := h.Cases[n].Connection; c != nil {
			for _, r := range c.Streams[h.sender].Resets[receiver] {
				if h.possible(s, h.counted(receiver, r)) {
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
func (h *hearing) counted(end tap.End, r *align.Reset) *align.Reset {
	c := *r
	if end == tap.Server { // as the server counts
		c.Seq0, c.Ack0 = r.Seq-h.pair.Shift[h.sender], r.Ack-h.pair.Shift[h.sender.Other()]
	}
	return &c
}

// escapedDeparture is a reset that left under other addresses than its connection has.
func (h *hearing) escapedDeparture(r, s *align.Reset) Finding {
	f := h.readdressed(r, s, "leave under other addresses", s)
	f.suggest(Untranslated, "the %s answered with it a packet that came under other addresses than the rest of its connection", h.sender)
	return f
}

// escapedReset is a reset that arrived under other addresses than it left with.
func (h *hearing) escapedReset(r, s *align.Reset) Finding {
	f := h.readdressed(r, s, "leave as a packet of this connection, and it arrived under other addresses", r)
	f.suggest(Untranslated, "it arrived under other addresses than the rest of its connection")
	return f
}

// readdressed is a reset r that left as s, of which one, other, is in an escaped
// view.
func (h *hearing) readdressed(r, s *align.Reset, how string, other *align.Reset) Finding {
	f := h.finding("rst", Genuine, Strong, r.Frame, r.Header, Step{
		Rule: "twin", Outcome: Holds,
		Text: fmt.Sprintf("the %s's capture shows it %s: sent in frame %d, and there from %s to %s, with the same sequence and acknowledgment numbers",
			h.sender, how, s.Number, other.Src, other.Dst),
		Values: map[string]any{"sent_frame": s.Number},
	})
	f.Twin, f.escaped = s.Frame, true
	return f
}

// escaped judges the resets that the sender answered such packets with, and that
// did not arrive as any of the connection they belong to.
func (h *hearing) escaped() []Finding {
	var findings []Finding
	of := h.Cases[h.index].Of
	for _, s := range h.stream.Resets[h.sender] {
		if h.Cases[of].Connection != nil && h.hearings(of)[h.sender].holds(s) {
			continue // told with that connection
		}
		f := h.missing(s, false)
		f.suggest(Untranslated, "the %s answered with it a packet that came under other addresses than the rest of its connection, and it went to %s, where it reached nobody", h.sender, s.Dst)
		findings = append(findings, f)
	}
	return findings
}

// strayed judges the resets that the client end's capture holds under such
// addresses, and that are none which the sender sent on the connection they belong
// to.
func (h *hearing) strayed() []Finding {
	var findings []Finding
	of := h.Cases[h.index].Of
	for _, r := range h.stream.Resets[tap.Client] {
		told := h.Cases[of].Connection != nil && h.hearings(of)[h.sender].sentAs(r)
		if !told {
			findings = append(findings, h.orphan(r))
		}
	}
	return findings
}

// sentAs tells whether a reset that arrived in an escaped view of the client end
// left on this connection.
func (h *hearing) sentAs(r *align.Reset) bool {
	counted := h.counted(tap.Client, r)
	return slices.ContainsFunc(h.stream.Resets[h.sender], func(s *align.Reset) bool { return h.possible(s, counted) })
}

// holds tells whether a reset of an escaped view arrived on this connection.
func (h *hearing) holds(s *align.Reset) bool {
	for r := range h.escapes {
		if h.possible(h.counted(h.sender, s), r) {
			return true
		}
	}
	return false
}
