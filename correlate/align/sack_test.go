package align

import (
	"testing"

	"bothends/correlate/clock"
	"bothends/correlate/segment"
	"bothends/correlate/tap"
)

// The client's numbers are 700,000 higher at the server. It has sent up to 5000 by its own
// numbers, of which the server acknowledges 2000 and holds 3000 to 4000.
func TestSACKBlocksAreHeldAgainstTheNumbersThatTheyAreAbout(t *testing.T) {
	const shift = 700_000
	for name, c := range map[string]struct {
		shift       uint32
		block       [2]uint32
		left, moved uint32
	}{
		"translated as all else":          {shift, [2]uint32{3000, 4000}, 0, 1},
		"left as the server wrote them":   {shift, [2]uint32{3000 + shift, 4000 + shift}, 1, 0},
		"of something never sent":         {shift, [2]uint32{9000, 9500}, 0, 0},
		"upside down":                     {shift, [2]uint32{4000, 3000}, 0, 0},
		"nothing is rewritten on the way": {0, [2]uint32{3000, 4000}, 0, 0},
	} {
		x := NewConnection([2]uint32{c.shift, 0}, 0, 0, [2]tap.Coverage{{LastNS: 1e12}, {LastNS: 1e12}}, new(clock.Bounds))
		data := segment.Segment{TimeNS: 1e9, Seq: 1000, Ack: 90, Flags: segment.ACK, PayloadLen: 4000, Payload: make([]byte, 4000)}
		x.Observe(tap.Client, tap.Client, &data)
		back := segment.Segment{TimeNS: 2e9, Seq: 90, Ack: 2000, Flags: segment.ACK}
		back.Options.Has, back.Options.SACKCount, back.Options.SACK[0] = segment.SACK, 1, c.block
		x.Observe(tap.Client, tap.Server, &back)
		if got := x.Summary().Rewrites[tap.Server]; got.SACKsLeft != c.left || got.SACKsMoved != c.moved {
			t.Errorf("%s: %d left alone and %d translated, want %d and %d", name, got.SACKsLeft, got.SACKsMoved, c.left, c.moved)
		}
	}
}
