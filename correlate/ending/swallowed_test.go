package ending

import (
	"math"
	"testing"

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
		if got := chance(c.copies, c.others, c.arrived); math.Abs(got-c.want) > 1e-12 {
			t.Errorf("%d copies and %d others lost, %d arrived: %g, want %g", c.copies, c.others, c.arrived, got, c.want)
		}
	}
}

// Packets lost between the copies, but for the copies, and beyond what was kept.
func TestOtherLossesWithinTheSpanCountAgainstIt(t *testing.T) {
	const s = int64(1e9)
	copies := []int64{10 * s, 12 * s, 16 * s}
	for name, c := range map[string]struct {
		lost []int64
		more int64
		want int
	}{
		"the copies themselves":       {copies, 0, 0},
		"one before and one behind":   {[]int64{9 * s, 17 * s}, 0, 0},
		"two between":                 {[]int64{11 * s, 13 * s}, 0, 2},
		"two of one outage":           {[]int64{13 * s, 13*s + s/4}, 0, 1},
		"further ones without a time": {[]int64{11 * s}, 5, 6},
	} {
		l := losses{lostNS: [2][]int64{nil, c.lost}, outageNS: [2]int64{0, s / 2}, more: [2]int64{0, c.more}}
		if got := l.others(tap.Server, copies); got != c.want {
			t.Errorf("%s: %d, want %d", name, got, c.want)
		}
	}
}

// Six copies within one outage are one loss.
func TestCopiesWithinAnOutageCountOnce(t *testing.T) {
	const s = int64(1e9)
	times := []int64{7 * s, 0, 1 * s, 3 * s}
	for _, c := range []struct {
		outage int64
		want   int
	}{{0, 4}, {1 * s, 3}, {3 * s, 2}, {10 * s, 1}} {
		if got := apart(times, c.outage); got != c.want {
			t.Errorf("outages of %d s: %d losses, want %d", c.outage/s, got, c.want)
		}
	}
}
