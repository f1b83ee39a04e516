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
		"more time than the first spans can hold":   {1_000_000, 500_000 * ms, 600_000 * ms, 99_999 - 2*160, 99_999},
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
		if n := len(trips.passing[tap.Server].counts); n > maxSpans {
			t.Errorf("%s: %d spans are kept, want no more than %d", name, n, maxSpans)
		}
	}
}
