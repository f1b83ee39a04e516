package ending

import (
	"math"
	"testing"

	"bothends/correlate/align"
	"bothends/correlate/tap"
)

// Counted by hand: of n packets as many were lost as the first two columns say, and how
// many choices of those hold just the copies, of how many choices of them.
func TestChanceIsThatOfLosingJustTheseCopies(t *testing.T) {
	for _, c := range []struct {
		copies, others, arrived int
		want                    float64
	}{
		{1, 0, 1, 1.0 / 2}, {2, 0, 2, 1.0 / 6}, {3, 0, 3, 1.0 / 20}, {6, 0, 6, 1.0 / 924}, {8, 0, 2, 1.0 / 45}, {5, 0, 0, 1}, {0, 0, 5, 1},
		{1, 1, 1, 2.0 / 3},                       // two of three lost: the one is among them in two of three
		{2, 1, 1, 3.0 / 6},                       // three of four: C(3, 2) / C(4, 2)
		{2, 2, 2, 6.0 / 15},                      // four of six
		{3, 5, 95, 56.0 / (103 * 102 * 101 / 6)}, // C(8, 3) / C(103, 3)
	} {
		if got := (tally{c.copies, c.others, c.arrived}).chance(); math.Abs(got-c.want) > 1e-12 {
			t.Errorf("%d copies and %d others lost, %d arrived: %g, want %g", c.copies, c.others, c.arrived, got, c.want)
		}
	}
}

// Told by hand from when packets left, in seconds: copies at 10, 12, 14 and 16.
func TestWhatIsLostWithNothingPassingBetweenCountsOnce(t *testing.T) {
	const s = int64(1e9)
	copies := []int64{10 * s, 12 * s, 14 * s, 16 * s}
	same, other := align.NewStream(), align.NewStream()
	for name, c := range map[string]struct {
		passed []int64
		lost   []loss
		more   int64
		all    bool
		want   tally
	}{
		"nothing passed: an outage, however long":       {nil, nil, 0, false, tally{1, 0, 0}},
		"something passed between each two":             {[]int64{11, 13, 15}, nil, 0, false, tally{4, 0, 3}},
		"something passed in the midst":                 {[]int64{13, 13}, nil, 0, false, tally{2, 0, 2}},
		"something passed before and after":             {[]int64{9, 17}, nil, 0, false, tally{1, 0, 0}},
		"another was lost, between two that passed":     {[]int64{11, 13}, []loss{{12*s + 1, other}}, 0, false, tally{3, 1, 2}},
		"another was lost with nothing passing between": {[]int64{13}, []loss{{11 * s, other}, {15 * s, other}}, 0, false, tally{2, 2, 1}},
		"another was lost before and after":             {[]int64{13}, []loss{{9 * s, other}, {17 * s, other}}, 0, false, tally{2, 0, 1}},
		"another of the same stream was lost":           {[]int64{13}, []loss{{11 * s, same}}, 0, false, tally{2, 1, 1}},
		"and of that all was lost":                      {[]int64{13}, []loss{{11 * s, same}}, 0, true, tally{2, 0, 1}},
		"others were lost in one outage":                {[]int64{13}, []loss{{11 * s, other}, {11*s + 1, other}}, 0, false, tally{2, 2, 1}},
		"further ones without a time":                   {[]int64{13}, nil, 5, false, tally{2, 5, 1}},
	} {
		var trips align.Trips
		for _, at := range c.passed {
			trips.By[tap.Server] = append(trips.By[tap.Server], align.Trip{SentNS: at * s})
		}
		l := losses{lost: [2][]loss{nil, c.lost}, more: [2]int64{0, c.more}}
		suspected := &suspicion{stream: same, sender: tap.Server, v: &align.Vanished{SentNS: copies}, meanwhile: meanwhile{passed: !c.all}}
		if got := l.tally(&trips, []*suspicion{suspected}); got != c.want {
			t.Errorf("%s: %+v, want %+v", name, got, c.want)
		}
	}
}

func TestTimesWithinASpanCountOnce(t *testing.T) {
	const s = int64(1e9)
	times := []int64{7 * s, 0, 1 * s, 3 * s}
	for _, c := range []struct {
		span int64
		want int
	}{{0, 4}, {1 * s, 3}, {3 * s, 2}, {10 * s, 1}} {
		if got := apart(times, c.span); got != c.want {
			t.Errorf("%d s: %d, want %d", c.span/s, got, c.want)
		}
	}
}

// The example of Holm's procedure in its textbooks: 0.01, 0.04, 0.03 and 0.005 become 0.03,
// 0.06, 0.06 and 0.02 (R: p.adjust(c(0.01, 0.04, 0.03, 0.005), "holm")).
func TestChancesAreAdjustedAsHolmDoes(t *testing.T) {
	for _, c := range []struct {
		chances []float64
		n       int
		want    []float64
	}{
		{[]float64{0.01, 0.04, 0.03, 0.005}, 4, []float64{0.03, 0.06, 0.06, 0.02}},
		{[]float64{0.001}, 100, []float64{0.1}},
		{[]float64{0.5, 0.9}, 2, []float64{1, 1}},
		{nil, 3, nil},
	} {
		got := holm(c.chances, c.n)
		for i := range c.want {
			if math.Abs(got[i]-c.want[i]) > 1e-12 {
				t.Errorf("%v of %d: %v, want %v", c.chances, c.n, got, c.want)
			}
		}
	}
}

// A connection that got all across still lost packets, at times that are not kept.
func TestLossesOfConnectionsThatWentOnCountWhereTheyMayHaveBeenMeanwhile(t *testing.T) {
	const s = int64(1e9)
	l := losses{settled: [2][]settled{tap.Server: {{0, 5 * s, 100}, {5 * s, 11 * s, 20}, {12 * s, 13 * s, 3}, {15 * s, 40 * s, 4}, {17 * s, 40 * s, 100}}}}
	suspected := &suspicion{stream: align.NewStream(), sender: tap.Server, v: &align.Vanished{SentNS: []int64{10 * s, 16 * s}}}
	if got := l.tally(&align.Trips{}, []*suspicion{suspected}); got.others != 27 {
		t.Errorf("%d others were lost, want 20 + 3 + 4", got.others)
	}
}
