package correlate

import (
	"math/rand/v2"
	"testing"

	"bothends/correlate/align"
	"bothends/correlate/tap"
)

// The obvious twin counts every span.
func TestConnectionsAreTimedUntilEverySpanHasEnough(t *testing.T) {
	random := rand.New(rand.NewPCG(7, 8))
	for range 200 {
		const spans = 50
		times := newTimings(tap.Coverage{FirstNS: 1e9, LastNS: 1e9 + (spans-1)*usualSpanNS})
		if len(times.passing) != spans {
			t.Fatalf("%d spans, want %d", len(times.passing), spans)
		}
		var twin [spans]int64
		for range 300 {
			first := random.Int64N(spans)
			last := min(spans-1, first+random.Int64N(10))
			segments := random.Int64N(1000)
			at := func(span int64) int64 { return 1e9 + span*usualSpanNS + random.Int64N(usualSpanNS/2) }
			want := false
			n := min(align.Picked(segments)/(last-first+1), enoughTimed)
			for s := first; s <= last; s++ {
				if twin[s] < enoughTimed {
					want = true
					twin[s] += n
				}
			}
			if got := times.wants(at(first), at(last), segments); got != want {
				t.Fatalf("%d segments from span %d to %d: timed is %v, want %v", segments, first, last, got, want)
			}
		}
	}
}

func TestLongRecordingsHaveABoundedNumberOfSpans(t *testing.T) {
	const year = int64(365 * 24 * 3600e9)
	times := newTimings(tap.Coverage{FirstNS: 0, LastNS: 5 * year})
	if n := len(times.passing); n > mostSpans || times.span(5*year) != n-1 {
		t.Errorf("%d spans, and the last time is in number %d", n, times.span(5*year))
	}
}
