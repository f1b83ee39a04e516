package witness

import (
	"math"
	"testing"
)

// The numbers are those of the rule of three's exact form, 1 - 0.05^(1/n).
func TestMissBoundIsFivePercentAt59AndOnePercentAt299(t *testing.T) {
	for _, c := range []struct {
		n    int64
		most float64
	}{{passedFor5, 0.05}, {passedFor1, 0.01}} {
		if b := MissBound(c.n, 0); b > c.most {
			t.Errorf("n = %d: bound %.5f, want at most %.2f", c.n, b, c.most)
		}
		if b := MissBound(c.n-1, 0); b <= c.most {
			t.Errorf("n = %d: bound %.5f, which would make %d needless", c.n-1, b, c.n)
		}
	}
	if b := MissBound(0, 0); b != 1 {
		t.Errorf("without packets the bound is %v, want 1", b)
	}
	if b := MissBound(1, 0); math.Abs(b-0.95) > 1e-9 {
		t.Errorf("with one packet the bound is %v, want 0.95", b)
	}
}

// The expected values solve the sum of the binomial terms for 5 %, in 60-digit
// arithmetic by another program.
func TestMissBoundCountsWhatIsMissing(t *testing.T) {
	for _, c := range []struct {
		passed, missed int64
		want           float64
	}{
		{19, 1, 0.2161062}, {59, 2, 0.0996349}, {298, 2, 0.0208362}, {990, 10, 0.0169032}, {1, 1, 0.9746794}, {1, 5, 0.9914876}, {5000, 5000, 0.5082735},
	} {
		if got := MissBound(c.passed, c.missed); math.Abs(got-c.want) > 1e-6 {
			t.Errorf("%d passed and %d missed: %.7f, want %.7f", c.passed, c.missed, got, c.want)
		}
	}
}
