package align

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"bothends/correlate/clock"
	"bothends/correlate/segment"
	"bothends/correlate/survey"
	"bothends/correlate/tap"
)

func TestConnectionsAreAlikeOnlyIfNothingDiffers(t *testing.T) {
	const (
		initiator = survey.Initiator
		responder = survey.Responder
	)
	seen := func() *survey.Connection {
		c := &survey.Connection{Flows: new([2]survey.Flow)}
		c.Flows[initiator] = survey.Flow{Begun: true, Base: 1000, Segments: 7, Print: 11}
		c.Flows[responder] = survey.Flow{Begun: true, Base: 5000, Segments: 9, Print: 22}
		return c
	}
	shifted := func(c *survey.Connection) { c.Flows[initiator].Base += 300 }
	for name, c := range map[string]struct {
		change func(server *survey.Connection)
		turned bool // the server end's capture takes the other side for the initiator
		shift  [2]uint32
		want   bool
	}{
		"nothing differs":                                   {func(*survey.Connection) {}, false, [2]uint32{}, true},
		"the numbers are shifted as said":                   {shifted, false, [2]uint32{300, 0}, true},
		"the numbers are shifted otherwise than said":       {shifted, false, [2]uint32{}, false},
		"a shift is said that there is not":                 {func(*survey.Connection) {}, false, [2]uint32{0, 1}, false},
		"a segment more at one tap":                         {func(s *survey.Connection) { s.Flows[responder].Segments++ }, false, [2]uint32{}, false},
		"another print":                                     {func(s *survey.Connection) { s.Flows[responder].Print++ }, false, [2]uint32{}, false},
		"a reset at one tap":                                {func(s *survey.Connection) { s.Flows[responder].Resets++ }, false, [2]uint32{}, false},
		"the beginning of a flow is not known at one tap":   {func(s *survey.Connection) { s.Flows[responder].Begun = false }, false, [2]uint32{}, false},
		"sides guessed otherwise, and the rest is the same": {func(s *survey.Connection) { slices.Reverse(s.Flows[:]) }, true, [2]uint32{}, true},
		"sides guessed otherwise, and not told":             {func(s *survey.Connection) { slices.Reverse(s.Flows[:]) }, false, [2]uint32{}, false},
	} {
		t.Run(name, func(t *testing.T) {
			client, server := seen(), seen()
			c.change(server)
			serverSide := initiator
			if c.turned {
				serverSide = responder
			}
			if got := Alike(client, server, initiator, serverSide, c.shift); got != c.want {
				t.Errorf("alike: %t, want %t", got, c.want)
			}
		})
	}
	t.Run("a reset at both taps is to be judged", func(t *testing.T) {
		client, server := seen(), seen()
		client.Flows[initiator].Resets, server.Flows[initiator].Resets = 1, 1
		if Alike(client, server, initiator, initiator, [2]uint32{}) {
			t.Error("alike")
		}
	})
}

func TestASamplerPicksOnlySegmentsThatNoOtherLooksLike(t *testing.T) {
	data := func(seq uint32, n int, ipID uint16) segment.Segment {
		return segment.Segment{Flags: segment.ACK, Seq: seq, PayloadLen: n, IPID: ipID}
	}
	acks := func(ack uint32) segment.Segment { return segment.Segment{Flags: segment.ACK, Seq: 100, Ack: ack} }
	for name, c := range map[string]struct {
		list []segment.Segment
		want []bool
	}{
		"data, one after the other":                     {[]segment.Segment{data(100, 10, 0), data(110, 10, 0), data(120, 10, 0)}, []bool{true, true, true}},
		"data after a hole":                             {[]segment.Segment{data(100, 10, 0), data(150, 10, 0)}, []bool{true, true}},
		"data that was sent before":                     {[]segment.Segment{data(100, 10, 0), data(100, 10, 0), data(110, 5, 0)}, []bool{true, false, true}},
		"data of which a part is new":                   {[]segment.Segment{data(100, 10, 0), data(105, 10, 0), data(110, 5, 0), data(115, 5, 0)}, []bool{true, false, false, true}},
		"where the numbers wrap":                        {[]segment.Segment{data(1<<32-5, 10, 0), data(5, 10, 0), data(1<<32-5, 10, 0)}, []bool{true, true, false}},
		"acknowledgments of more and more":              {[]segment.Segment{acks(500), acks(600), acks(600), acks(550), acks(601)}, []bool{false, true, false, false, true}},
		"the acknowledgment that completes a handshake": {[]segment.Segment{{Flags: segment.SYN, Seq: 99}, acks(3 << 30), acks(3 << 30)}, []bool{true, true, false}},
		"acknowledgments without an IP-ID":              {[]segment.Segment{data(100, 0, 0), data(100, 0, 0)}, []bool{false, false}},
		"acknowledgments with IP-IDs":                   {[]segment.Segment{data(100, 0, 7), data(100, 0, 8)}, []bool{true, true}},
		"acknowledgments with one IP-ID":                {[]segment.Segment{data(100, 0, 7), data(100, 0, 7)}, []bool{true, false}},
		"data behind a first acknowledgment":            {[]segment.Segment{data(1<<31, 0, 0), data(1<<31, 9, 0)}, []bool{false, true}},
	} {
		t.Run(name, func(t *testing.T) {
			var p Sampler
			for i := range c.list {
				if got := p.Pick(&c.list[i]); got != c.want[i] {
					t.Errorf("segment %d: picked %t, want %t", i, got, c.want[i])
				}
			}
		})
	}
}

// Segments of many streams pass two taps, whose captures are read in any order;
// the clocks differ by a constant, and each delay is known.
func TestPassagesJoinWhatPassedBothTaps(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		const offset = int64(5e9)
		var bounds clock.Bounds
		var trips Trips
		streams := rapid.IntRange(1, 5).Draw(t, "connections")
		p := NewPassages(streams, &bounds, &trips)
		type passing struct {
			connection int32
			sender     tap.End
		}
		type times struct{ sent, got []int64 }
		all := map[passing]*times{}
		for range rapid.IntRange(1, 200).Draw(t, "notes") {
			of := passing{int32(rapid.IntRange(0, streams-1).Draw(t, "connection")), tap.End(rapid.IntRange(0, 1).Draw(t, "sender"))}
			s := all[of]
			if s == nil {
				s = &times{}
				all[of] = s
			}
			sends := rapid.Bool().Draw(t, "at the sender's tap")
			list, end := &s.got, of.sender.Other()
			if sends {
				list, end = &s.sent, of.sender
			}
			// The n-th left at n seconds, and took n milliseconds.
			n := int64(len(*list) + 1)
			at := epoch + n*1e9
			if !sends {
				at += n * 1e6
			}
			if end == tap.Server {
				at += offset
			}
			*list = append(*list, at)
			p.Note(of.connection, end, of.sender, at)
		}
		both := 0
		for _, s := range all {
			both += min(len(s.sent), len(s.got))
		}
		if bounds.Points() != both {
			t.Fatalf("%d points, want %d: as many as passed both taps", bounds.Points(), both)
		}
		for sender, list := range trips.By {
			for _, trip := range list {
				took := trip.GotNS - trip.SentNS - offset
				if tap.End(sender) == tap.Server {
					took = trip.GotNS - trip.SentNS + offset
				}
				if n := took / 1e6; n < 1 || n > 200 || took%1e6 != 0 {
					t.Fatalf("a packet from the %v took %d ns: it was joined with another", tap.End(sender), took)
				}
			}
		}
	})
}

const epoch = int64(1_700_000_000e9)

func TestPassagesAreGivenUpWhereOneTapIsFarAhead(t *testing.T) {
	var bounds clock.Bounds
	p := NewPassages(1, &bounds, &Trips{})
	for i := range int64(2 * maxAhead) {
		p.Note(0, tap.Client, tap.Client, epoch+i)
	}
	for i := range int64(2 * maxAhead) {
		p.Note(0, tap.Server, tap.Client, epoch+i+1000)
	}
	if n := bounds.Points(); n != 0 {
		t.Errorf("%d passages were joined although some of them had been forgotten", n)
	}
	if n := len(p.streams[0][tap.Client].times); n > 0 {
		t.Errorf("%d times are still kept", n)
	}
}

// A proxy that keeps the numbers acknowledges what the client sends before the server
// does: three acknowledgments come that the server never sent.
func TestAcknowledgmentsThatWereNotSentAreCounted(t *testing.T) {
	for name, c := range map[string]struct {
		began int64 // ms, of the server's capture
		want  AckCounts
	}{
		"a capture that covers them":        {-60_000, AckCounts{Passed: 1, Unsent: 3}},
		"a capture that began in the midst": {200, AckCounts{Passed: 1}},
	} {
		t.Run(name, func(t *testing.T) {
			coverage := wholeTime
			coverage[tap.Server].FirstNS = start + c.began*milli
			p := newPairing(coverage)
			come := func(end tap.End, ms int64, ack uint32) {
				p.frame++
				s := segment.Segment{TimeNS: start + ms*milli, Frame: p.frame, Flags: segment.ACK, Seq: 5001, Ack: ack, TTL: 60}
				p.Observe(end, tap.Server, &s)
			}
			p.pass(0, syn(1000))
			p.pass(20, bytesFrom(1001, "one"))
			come(tap.Client, 25, 1004)
			p.pass(40, bytesFrom(1004, "two"))
			come(tap.Client, 45, 1007)
			p.pass(60, bytesFrom(1007, "six"))
			come(tap.Client, 65, 1010)
			come(tap.Server, 1300, 1011)
			come(tap.Client, 1310, 1011)
			p.Finish()
			if got := p.Streams[tap.Server].Acks; got != c.want {
				t.Errorf("%+v, want %+v", got, c.want)
			}
		})
	}
}
