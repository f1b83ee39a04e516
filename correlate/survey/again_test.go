package survey

import (
	"testing"

	"bothends/correlate/segment"
)

// A server's SYN and ACK leaves again, 500 ms after the ACK if nothing else is said.
func TestASYNAndACKThatLeavesAgainAlthoughTheACKCameIsNoted(t *testing.T) {
	const ms = int64(1e6)
	type event struct {
		at    int64
		side  Side
		flags segment.Flags
		data  int
		echo  uint32 // besides, if not 0, a timestamp, 9000 of the server's
	}
	answer := func(at int64) event { return event{at, Responder, segment.SYN | segment.ACK, 0, 0} }
	start := []event{{1, Initiator, segment.SYN, 0, 0}, answer(2 * ms)}
	ack := event{50 * ms, Initiator, segment.ACK, 0, 0}
	for name, c := range map[string]struct {
		events []event
		want   uint32
	}{
		"500 ms after it":              {[]event{ack, answer(550 * ms)}, 500},
		"and once more":                {[]event{ack, answer(550 * ms), answer(1550 * ms)}, 500},
		"and it echoes the answer":     {[]event{{50 * ms, Initiator, segment.ACK, 0, 9000}, answer(550 * ms)}, 500},
		"and it echoes something else": {[]event{{50 * ms, Initiator, segment.ACK, 0, 8000}, answer(550 * ms)}, 0},
		"before it came":               {[]event{answer(40 * ms), ack}, 0},
		"recorded right after it":      {[]event{ack, answer(149 * ms)}, 0},
		"after data had come":          {[]event{ack, {60 * ms, Initiator, segment.ACK, 10, 0}, answer(550 * ms)}, 0},
		"after data had left":          {[]event{ack, {60 * ms, Responder, segment.ACK, 10, 0}, answer(550 * ms)}, 0},
	} {
		one := &Connection{Flows: new([2]Flow)}
		for _, e := range append(start[:2:2], c.events...) {
			seg := segment.Segment{TimeNS: e.at, Flags: e.flags, PayloadLen: e.data}
			if e.echo != 0 || e.side == Responder {
				seg.Options = segment.Options{Has: segment.Timestamps, TSVal: 9000, TSEcr: e.echo}
			}
			one.noteHandshake(&seg, e.side)
			one.Flows[e.side].Payload += int64(e.data)
		}
		if one.AgainMS != c.want {
			t.Errorf("%s: %d ms, want %d", name, one.AgainMS, c.want)
		}
	}
}
