package align

import (
	"testing"

	"bothends/correlate/tap"
)

// Counted by hand: one packet every millisecond, from 0 on.
func TestPassagesBetweenTwoTimesAreCounted(t *testing.T) {
	const ms = int64(1e6)
	for name, c := range map[string]struct {
		packets  int64
		from, to int64
		least    int // between the two
		most     int
	}{
		"few, each of which is kept":                {100, 10 * ms, 20 * ms, 9, 9},
		"many, less what is near to either time":    {60_000, 1000 * ms, 2000 * ms, 999 - 20, 999},
		"before the first":                          {60_000, -50 * ms, 0, 0, 0},
		"from before the first on":                  {60_000, -50 * ms, 1000 * ms, 1000 - 10, 1000},
		"behind the last":                           {60_000, 70_000 * ms, 80_000 * ms, 0, 0},
		"within one span, of which nothing is told": {60_000, 1000*ms + 1, 1000*ms + 2, 0, 0},
	} {
		var trips Trips
		for i := range c.packets {
			trips.add(tap.Server, i*ms, i*ms+7)
		}
		if got := trips.Between(tap.Server, c.from, c.to); got < c.least || got > c.most {
			t.Errorf("%s: %d, want %d to %d", name, got, c.least, c.most)
		}
		if got := trips.Between(tap.Client, c.from, c.to); got != 0 {
			t.Errorf("%s: %d of the other direction, want none", name, got)
		}
	}
}

// Counted by hand: packets that leave together count once, and of long recordings what is
// kept stays bounded while nothing is counted that did not pass.
func TestPacketsThatLeaveTogetherAreOneCluster(t *testing.T) {
	const ms = int64(1e6)
	for name, c := range map[string]struct {
		sent           func(i int64) int64
		packets        int64
		moment, within int64
		all            int64
		around         int64
	}{
		"ten at once, each second":            {func(i int64) int64 { return i / 10 * 1000 * ms }, 200, 5000 * ms, 1500 * ms, 20, 3},
		"each in a span of its own":           {func(i int64) int64 { return 20 * i * ms }, 500, 5000 * ms, 1000 * ms, 500, 99},
		"in no order":                         {func(i int64) int64 { return (i * 7 % 500) * 20 * ms }, 500, 5000 * ms, 1000 * ms, 500, 99},
		"a clock before 1970":                 {func(i int64) int64 { return (i - 250) * 20 * ms }, 500, 0, 1000 * ms, 500, 99},
		"none near the moment":                {func(i int64) int64 { return i * ms }, 1000, 60_000 * ms, 1000 * ms, 100, 0},
		"once in ten minutes, for four years": {func(i int64) int64 { return i * 600_000 * ms }, 200_000, 60_000_000 * ms, 700_000 * ms, 200_000, 3},
	} {
		var trips Trips
		for i := range c.packets {
			trips.add(tap.Server, c.sent(i), c.sent(i)+7)
		}
		all, around := trips.Clusters(tap.Server), trips.ClustersWithin(tap.Server, c.moment-c.within, c.moment+c.within)
		if p := &trips.passing[tap.Server]; p.spanNS > firstSpanNS {
			if all > c.all || all < c.all/2 || around > c.around {
				t.Errorf("%s: %d clusters, %d around, want at most %d and %d, in spans of %d ms", name, all, around, c.all, c.around, p.spanNS/ms)
			}
		} else if all != c.all || around != c.around {
			t.Errorf("%s: %d clusters, %d around, want %d and %d", name, all, around, c.all, c.around)
		}
		if n := len(trips.passing[tap.Server].pages); n > maxPages {
			t.Errorf("%s: %d pages are kept, want no more than %d", name, n, maxPages)
		}
		if all := trips.Clusters(tap.Client); all != 0 {
			t.Errorf("%s: %d of the other direction, want none", name, all)
		}
	}
}
