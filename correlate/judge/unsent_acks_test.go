package judge

import (
	"testing"

	"bothends/correlate/align"
	"bothends/correlate/clock"
	"bothends/correlate/segment"
	"bothends/correlate/tap"
)

// One acknowledgment can stop a session: with a window of 0, or with a timestamp that makes
// all that follows it old. That its sender did not send it is proved by that host's count of
// IP-IDs; else it stays undecided, and where the capture lacks other packets it is one of them.
func TestAnAcknowledgmentThatStopsASessionIsToldByWhoSentNone(t *testing.T) {
	const hours = 0x7000000 // ticks of a millisecond
	counts := func(s *align.Stream) {
		s.IPIDs = align.IPIDs{Steps: 20, Last: tap.Frame{Number: 90, TimeNS: 5000 * ms}}
	}
	shut := func(s *align.Stream) {
		s.Missed = 1
		s.Shut = align.Unsent{Acks: 1, LastNS: 3000 * ms, First: align.Opening{Frame: tap.Frame{Number: 9, TimeNS: 3000 * ms},
			Header: align.Header{Flags: segment.ACK, TTL: 57}}}
	}
	ahead := func(by uint32) func(s *align.Stream) {
		return func(s *align.Stream) {
			s.Missed = 1
			s.Path.TSSame = 20
			s.LastGot = align.Last{Frame: tap.Frame{Number: 40, TimeNS: 4000 * ms}}
			s.Ahead = align.Unsent{Acks: 1, LastNS: 3000 * ms, First: align.Opening{Frame: tap.Frame{Number: 9, TimeNS: 3000 * ms},
				Header: align.Header{Flags: segment.ACK, TTL: 57, Options: segment.Timestamps, TSVal: lastStamp + by}}}
		}
	}
	type edit = func(in *Input, s *align.Stream)
	of := func(edits ...func(*align.Stream)) edit {
		return func(_ *Input, s *align.Stream) {
			for _, e := range edits {
				e(s)
			}
		}
	}
	harmed := func(e edit) edit {
		return func(in *Input, s *align.Stream) {
			e(in, s)
			in.Cases[0].Unheeded[tap.Server] = true
		}
	}
	for name, c := range map[string]struct {
		edit edit
		want Verdict // empty: nothing is told
	}{
		"a window of 0, behind which the other goes on": {func(in *Input, s *align.Stream) {
			of(shut, counts)(in, s)
			in.Cases[0].Streams[tap.Client].LastNewNS = 3500 * ms
		}, Indeterminate},
		"a window of 0, and nobody probes it": {func(in *Input, s *align.Stream) {
			of(shut, counts)(in, s)
			in.Cases[0].Streams[tap.Client].LastProbeNS = 0
		}, Indeterminate},
		"a window of 0, and no IP-ID is missing":               {of(shut, counts), Injected},
		"a window of 0 of a host that counts none":             {of(shut), Indeterminate},
		"the count ends before it came":                        {of(shut, counts, func(s *align.Stream) { s.IPIDs.Last.TimeNS = 2000 * ms }), Indeterminate},
		"one is missing from the count":                        {of(shut, counts, func(s *align.Stream) { s.IPIDs.Jumps = 1 }), Indeterminate},
		"the sender shut its window itself":                    {of(shut, counts, func(s *align.Stream) { s.SentShut = true }), ""},
		"its capture lacks other packets, too":                 {of(shut, counts, func(s *align.Stream) { s.Missed = 5 }), ""},
		"its capture counts drops":                             {func(in *Input, s *align.Stream) { of(shut, counts)(in, s); in.Witnesses[tap.Server].Drops = 3 }, ""},
		"hours ahead, and what follows is not acknowledged":    {harmed(of(ahead(hours), counts)), Injected},
		"hours ahead, and it did no harm":                      {of(ahead(hours), counts), Indeterminate},
		"hours ahead, of a host that counts none":              {harmed(of(ahead(hours))), Indeterminate},
		"as late as the sender's clock may have been":          {harmed(of(ahead(500), counts)), ""},
		"on a path that gives timestamps of its own":           {harmed(of(ahead(hours), counts, func(s *align.Stream) { s.Path.TSOther = 1 })), ""},
		"nothing of the sender's came behind it":               {harmed(of(ahead(hours), counts, func(s *align.Stream) { s.LastGot.TimeNS = 2000 * ms })), Indeterminate},
		"hours ahead of a sender of whose clock nothing shows": {harmed(of(ahead(hours), counts, func(s *align.Stream) { s.Stamps = align.Stamps{} })), ""},
	} {
		in := trial()
		s := &in.Cases[0].Streams[tap.Server]
		s.Stamps = evenClock()
		in.Cases[0].Streams[tap.Client].LastNewNS, in.Cases[0].Streams[tap.Client].LastProbeNS = 2000*ms, 3500*ms
		c.edit(in, s)
		in.Cases[0].Sum = new(in.Cases[0].Connection.Summary())
		j := judged(in)
		got := Verdict("")
		for i := range j.Findings {
			if j.Findings[i].Kind == "ack" {
				got = j.Findings[i].Verdict
			}
		}
		if got != c.want {
			t.Errorf("%s: %q, want %q: %+v", name, got, c.want, j.Findings)
		}
	}
}

// lastStamp is the last timestamp of evenClock, which it has at 2.8 seconds.
const lastStamp = 3800

// evenClock is one for timestamps that counts a thousand ticks a second.
func evenClock() align.Stamps {
	var bounds clock.Bounds
	c := align.NewConnection([2]uint32{}, 0, 0, [2]tap.Coverage{}, &bounds)
	for i := range int64(15) {
		c.Observe(tap.Server, tap.Server, &segment.Segment{Flags: segment.ACK, TimeNS: i * 200 * ms, Frame: i + 1, TTL: 64,
			Options: segment.Options{Has: segment.Timestamps, TSVal: uint32(1000 + i*200)}})
	}
	return c.Streams[tap.Server].Stamps
}
