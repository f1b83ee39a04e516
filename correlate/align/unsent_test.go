package align

import (
	"testing"

	"bothends/correlate/clock"
	"bothends/correlate/segment"
	"bothends/correlate/tap"
)

// A window of 0 that its sender did not send is another packet's if the IP-ID says so, and this
// packet changed on the way if it says that. A window that the sender shut itself, or an
// acknowledgment that the capture just missed, is neither.
func TestAWindowOfZeroThatNobodySentIsSetApart(t *testing.T) {
	type got struct {
		id     uint16
		window uint16
	}
	for name, c := range map[string]struct {
		sent, got []got
		nobody    bool  // ShutByNobody
		changed   int64 // segments whose window was shut on the way
	}{
		"all as it was sent":                     {sent: []got{{21, 64}, {22, 64}}, got: []got{{21, 64}, {22, 64}}},
		"one forged, with the ID of data":        {sent: []got{{21, 64}, {22, 64}}, got: []got{{20, 0}, {21, 64}, {22, 64}}, nobody: true},
		"one forged, the genuine ones eaten":     {sent: []got{{21, 64}, {22, 64}}, got: []got{{20, 0}}, nobody: true},
		"each changed on the way":                {sent: []got{{21, 64}, {22, 64}}, got: []got{{21, 0}, {22, 0}}, changed: 2},
		"the sender shut it, and opened it":      {sent: []got{{21, 0}, {22, 64}}, got: []got{{21, 0}, {22, 64}}},
		"the sender shut it, and one was missed": {sent: []got{{22, 0}}, got: []got{{21, 0}, {22, 0}}},
		"one with a window was missed":           {sent: []got{{22, 64}}, got: []got{{21, 64}, {22, 64}}},
	} {
		var bounds clock.Bounds
		p := NewConnection([2]uint32{}, 0, roughErr, wholeTime, &bounds)
		frame := int64(0)
		see := func(end tap.End, ms int64, s segment.Segment) {
			frame++
			s.TimeNS, s.Frame, s.TTL = start+ms*milli, frame, 64
			p.Observe(end, tap.Server, &s)
		}
		for i := range 10 {
			data := segment.Segment{Flags: segment.ACK, Seq: 5000 + uint32(i)*4, Ack: 100, Payload: []byte("data"), PayloadLen: 4, IPID: uint16(11 + i), Window: 64}
			see(tap.Server, int64(i)*10, data)
			see(tap.Client, int64(i)*10+5, data)
		}
		for i := range max(len(c.sent), len(c.got)) {
			ack := acking(5040, 200, 0)
			if i < len(c.sent) {
				ack.IPID, ack.Window = c.sent[i].id, c.sent[i].window
				see(tap.Server, 200+int64(i)*100, ack)
			}
			if i < len(c.got) {
				ack.IPID, ack.Window = c.got[i].id, c.got[i].window
				see(tap.Client, 205+int64(i)*100, ack)
			}
		}
		p.Finish()
		s := &p.Streams[tap.Server]
		if s.ShutByNobody() != c.nobody || s.changes(WindowShut) != c.changed {
			t.Errorf("%s: by nobody: %v, %d changed; want %v, %d", name, s.ShutByNobody(), s.changes(WindowShut), c.nobody, c.changed)
		}
	}
}

// Reckoned by hand, with a thousand ticks a second: a clock shows no more than its rate lets it
// by then, and where too little is seen of it, no more than the fastest in use would.
func TestATimestampIsBeyondItsSendersClock(t *testing.T) {
	const s = int64(1e9)
	clockOf := func(n int, everyNS int64, back bool) *Stamps {
		c := &Stamps{}
		for i := range n {
			c.note(&view{Frame: tap.Frame{TimeNS: int64(i) * everyNS}, Header: Header{Options: segment.Timestamps, TSVal: 1000 + uint32(int64(i)*everyNS/1e6)}})
		}
		if back {
			c.note(&view{Frame: tap.Frame{TimeNS: int64(n) * everyNS}, Header: Header{Options: segment.Timestamps, TSVal: 500}})
		}
		return c
	}
	for name, c := range map[string]struct {
		stamps *Stamps
		stamp  uint32
		ns     int64
		want   bool
	}{
		"an hour ahead of a known clock":               {clockOf(20, s, false), 20_000 + 3_600_000, 19 * s, true},
		"what it shows then":                           {clockOf(20, s, false), 21_000, 20 * s, false},
		"what it shows an hour later":                  {clockOf(20, s, false), 20_000 + 3_600_000, 19*s + 3600*s, false},
		"half a second ahead":                          {clockOf(20, s, false), 20_500, 19 * s, false},
		"an hour behind":                               {clockOf(20, s, false), 1<<32 - 3_580_000, 19 * s, false},
		"hours ahead of a clock that is hardly seen":   {clockOf(5, s/100, false), 1040 + 0x7000000, s, true},
		"as a clock may be that counts microseconds":   {clockOf(5, s/100, false), 1040 + 1_900_000, s, false},
		"ahead of a clock that runs back":              {clockOf(20, s, true), 20_000 + 3_600_000, 19 * s, false},
		"ahead of a clock of which one stamp is known": {clockOf(1, s, false), 1000 + 0x7000000, s, false},
	} {
		if got := c.stamps.Beyond(c.stamp, c.ns); got != c.want {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}
