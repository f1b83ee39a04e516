package align

import (
	"testing"

	"bothends/correlate/clock"
	"bothends/correlate/segment"
	"bothends/correlate/tap"
)

// Two answers to a SYN with one sequence number differ only in what they acknowledge. A client
// resets the one that acknowledges what it did not send (RFC 9293 section 3.10.7.3), so that it
// is another packet. A SYN's data may be acknowledged or not (RFC 7413 section 4.2.2).
func TestAnAnswerToASYNIsKnownByBothItsNumbers(t *testing.T) {
	answer := func(ack uint32) segment.Segment {
		return segment.Segment{Flags: segment.SYN | segment.ACK, Seq: 5000, Ack: ack}
	}
	opening := func(data string) segment.Segment {
		return segment.Segment{Flags: segment.SYN, Seq: 1000, Payload: []byte(data), PayloadLen: len(data)}
	}
	type want struct {
		bucket    Bucket
		leftovers int
	}
	for name, c := range map[string]struct {
		data      string
		proxy     bool
		shift     uint32 // of the client's numbers at the server
		sent, got []uint32
		want      want
	}{
		"the one that was sent":                              {sent: []uint32{1001}, got: []uint32{1001}},
		"another before it":                                  {sent: []uint32{1001}, got: []uint32{1778, 1001}, want: want{ReceivedNotSent, 1}},
		"another behind it":                                  {sent: []uint32{1001}, got: []uint32{1001, 1778}, want: want{ReceivedNotSent, 1}},
		"another in its place":                               {sent: []uint32{1001}, got: []uint32{1778}, want: want{Modified, 1}},
		"the network doubled it":                             {sent: []uint32{1001}, got: []uint32{1001, 1001}},
		"it was sent again":                                  {sent: []uint32{1001, 1001}, got: []uint32{1001, 1001}},
		"the client's numbers are shifted":                   {sent: []uint32{1001}, got: []uint32{1001}, shift: 7},
		"they are shifted, and another came":                 {sent: []uint32{1001}, got: []uint32{1778, 1001}, shift: 7, want: want{ReceivedNotSent, 1}},
		"a SYN proxy's":                                      {sent: []uint32{1001}, got: []uint32{1778}, proxy: true},
		"data in the SYN, acknowledged by one copy":          {data: "GET /", sent: []uint32{1001}, got: []uint32{1006, 1001}},
		"data in the SYN, and more than that is":             {data: "GET /", sent: []uint32{1001}, got: []uint32{1007, 1001}, want: want{ReceivedNotSent, 1}},
		"what the SYN before acknowledged, one number lower": {sent: []uint32{1001}, got: []uint32{1000, 1001}, want: want{ReceivedNotSent, 1}},
	} {
		var bounds clock.Bounds
		p := NewConnection([2]uint32{tap.Client: c.shift}, 0, roughErr, wholeTime, &bounds)
		if c.proxy {
			p.AnsweredOnTheWay()
		}
		frame := int64(0)
		see := func(end, sender tap.End, ms int64, s segment.Segment) {
			frame++
			s.TimeNS, s.Frame, s.TTL = start+ms*milli, frame, 60
			if end == tap.Server && sender == tap.Client {
				s.Seq += c.shift
			} else if end == tap.Server {
				s.Ack += c.shift
			}
			p.Observe(end, sender, &s)
		}
		see(tap.Client, tap.Client, 0, opening(c.data))
		see(tap.Server, tap.Client, 10, opening(c.data))
		for i := range max(len(c.sent), len(c.got)) {
			if i < len(c.sent) {
				see(tap.Server, tap.Server, 20+100*int64(i), answer(c.sent[i]))
			}
			if i < len(c.got) {
				see(tap.Client, tap.Server, 30+100*int64(i), answer(c.got[i]))
			}
		}
		p.Finish()
		s := &p.Streams[tap.Server]
		if got, want := s.Ledger.Total(), s.Seen[tap.Client]+s.Seen[tap.Server]; got != want {
			t.Errorf("%s: the buckets hold %d segments of %d: %+v", name, got, want, s.Ledger)
		}
		if len(s.Leftovers) != c.want.leftovers || c.want.leftovers > 0 && s.Leftovers[0].Bucket != c.want.bucket {
			t.Errorf("%s: %+v, want %+v; ledger %+v", name, s.Leftovers, c.want, s.Ledger)
		}
	}
}
