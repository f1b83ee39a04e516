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
		over   bool
	}{
		"500 ms after it":              {[]event{ack, answer(550 * ms)}, 500, false},
		"and once more":                {[]event{ack, answer(550 * ms), answer(1550 * ms)}, 500, false},
		"and is answered":              {[]event{ack, answer(550 * ms), {600 * ms, Initiator, segment.ACK, 0, 0}}, 500, false},
		"and once more, answered":      {[]event{ack, answer(550 * ms), {600 * ms, Initiator, segment.ACK, 0, 0}, answer(1550 * ms)}, 500, true},
		"and once more, after data":    {[]event{ack, answer(550 * ms), {600 * ms, Initiator, segment.ACK, 10, 0}, answer(1550 * ms)}, 500, true},
		"and it echoes the answer":     {[]event{{50 * ms, Initiator, segment.ACK, 0, 9000}, answer(550 * ms)}, 500, false},
		"and it echoes something else": {[]event{{50 * ms, Initiator, segment.ACK, 0, 8000}, answer(550 * ms)}, 0, false},
		"before it came":               {[]event{answer(40 * ms), ack}, 0, false},
		"recorded right after it":      {[]event{ack, answer(149 * ms)}, 0, false},
		"after data had come":          {[]event{ack, {60 * ms, Initiator, segment.ACK, 10, 0}, answer(550 * ms)}, 0, false},
		"twice after data had come":    {[]event{ack, {60 * ms, Initiator, segment.ACK, 10, 0}, answer(550 * ms), answer(1550 * ms)}, 0, true},
		"after data had left":          {[]event{ack, {60 * ms, Responder, segment.ACK, 10, 0}, answer(550 * ms)}, 0, false},
	} {
		one := &Connection{Flows: new([2]Flow)}
		for _, e := range append(start[:2:2], c.events...) {
			seg := segment.Segment{TimeNS: e.at, Flags: e.flags, PayloadLen: e.data}
			if e.echo != 0 || e.side == Responder {
				seg.Options = segment.Options{Has: segment.Timestamps, TSVal: 9000, TSEcr: e.echo}
			}
			one.noteHandshake(&seg, e.side)
			one.Flows[e.side].Payload += int64(e.data)
			one.Flows[e.side].Segments++
		}
		if one.AgainMS != c.want || one.Overrun != c.over {
			t.Errorf("%s: %d ms, overrun %v, want %d, %v", name, one.AgainMS, one.Overrun, c.want, c.over)
		}
	}
}
