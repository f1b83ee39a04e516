package ending

import (
	"math"
	"testing"
)

// The chance that k of k + m packets are lost, and just those: 1 / C(k + m, k).
func TestChanceIsThatOfLosingJustTheseCopies(t *testing.T) {
	for _, c := range []struct {
		lost, arrived int
		want          float64
	}{{1, 1, 1.0 / 2}, {2, 2, 1.0 / 6}, {3, 3, 1.0 / 20}, {6, 6, 1.0 / 924}, {8, 2, 1.0 / 45}, {5, 0, 1}, {0, 5, 1}} {
		if got := chance(c.lost, c.arrived); math.Abs(got-c.want) > 1e-12 {
			t.Errorf("%d lost, %d arrived: %g, want %g", c.lost, c.arrived, got, c.want)
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
