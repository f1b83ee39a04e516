package align

import (
	"math"
	"testing"

	"bothends/correlate/segment"
)

// The rates and what a clock showed are worked out by hand: stamps every 100 ms from 5000
// on, and a stamp of two seconds later.
func TestTheClockOfTimestampsIsFollowed(t *testing.T) {
	const ms = int64(1e6)
	send := func(s *Stamps, n int64, everyNS, ticks int64) {
		for i := range n {
			v := &view{}
			v.Options, v.TSVal, v.TimeNS = segment.Timestamps, uint32(5000+i*ticks), i*everyNS
			s.note(v)
		}
	}
	for name, c := range map[string]struct {
		feed  func(s *Stamps)
		rate  float64
		stamp uint32 // at 5 s
		ahead float64
	}{
		"a millisecond clock":                       {func(s *Stamps) { send(s, 21, 100*ms, 100) }, 1000, 10_000, 0},
		"three seconds ahead":                       {func(s *Stamps) { send(s, 21, 100*ms, 100) }, 1000, 13_000, 3},
		"an hour behind":                            {func(s *Stamps) { send(s, 21, 100*ms, 100) }, 1000, uint32(10_000 + 1<<32 - 3_600_000), -3600},
		"a clock of 250 a second":                   {func(s *Stamps) { send(s, 21, 100*ms, 25) }, 250, 6250, 0},
		"of microseconds, which wraps":              {func(s *Stamps) { send(s, 21, 100*ms, 100_000) }, 1e6, 5_005_000, 0},
		"half a second of them":                     {func(s *Stamps) { send(s, 11, 50*ms, 50) }, 0, 0, 0},
		"nine of them":                              {func(s *Stamps) { send(s, 9, 300*ms, 300) }, 0, 0, 0},
		"a rate that nobody counts at: a set clock": {func(s *Stamps) { send(s, 21, 100*ms, 37) }, 0, 0, 0},
		"one that went back": {func(s *Stamps) {
			send(s, 21, 100*ms, 100)
			send(s, 1, 100*ms, 100)
		}, 0, 0, 0},
	} {
		var s Stamps
		c.feed(&s)
		if got := s.Rate(); got != c.rate {
			t.Errorf("%s: %g ticks a second, want %g", name, got, c.rate)
		}
		if c.rate == 0 {
			continue
		}
		if ahead, off := s.Ahead(c.stamp, 5000*ms); math.Abs(ahead-c.ahead) > 0.001 || off < 1 || off > 1.2 {
			t.Errorf("%s: %g s ahead, give or take %g s, want %g and a little more than 1", name, ahead, off, c.ahead)
		}
	}
}
