package association

import (
	"math"
	"math/rand/v2"
	"testing"
)

// The power is summed up over all that can happen; here the same is tried out.
func TestThePowerIsThatOfTrials(t *testing.T) {
	const trials = 20_000
	chance := rand.New(rand.NewPCG(1, 2))
	draw := func(n int, p float64) (hits int) {
		for range n {
			if chance.Float64() < p {
				hits++
			}
		}
		return hits
	}
	for _, c := range []struct {
		with, without int
		p1, p2        float64
	}{{6, 6, 1, 0}, {6, 6, 0.9, 0.1}, {24, 24, 0.5, 0.1}, {10, 4, 0.8, 0.2}, {5, 5, 0.3, 0.3}} {
		found := 0
		for range trials {
			k, l := draw(c.with, c.p1), draw(c.without, c.p2)
			if (Table{k, c.with - k, l, c.without - l}).P(Differs) <= 0.05 {
				found++
			}
		}
		power, share := Power(c.with, c.without, c.p1, c.p2, 0.05, Differs), float64(found)/trials
		if math.Abs(power-share) > 4*math.Sqrt(0.25/trials) {
			t.Errorf("%+v: power %.4f, of trials %.4f", c, power, share)
		}
	}
}

// A smallest p is that of the most telling table, found by trying them all.
func TestTheSmallestPIsThatOfTheMostTellingTable(t *testing.T) {
	for _, table := range []Table{{3, 1, 1, 3}, {0, 6, 2, 4}, {1, 9, 0, 2}} {
		for _, alternative := range []Alternative{Differs, More} {
			least := 1.0
			for k := 0; k <= table.With(); k++ {
				if l := table.hits() - k; l >= 0 && l <= table.Without() {
					least = min(least, Table{k, table.With() - k, l, table.Without() - l}.P(alternative))
				}
			}
			if got := table.SmallestP(alternative); got != least {
				t.Errorf("%+v: smallest p %v, want %v", table, got, least)
			}
			if got := (Strata{table}).SmallestP(alternative); math.Abs(got-least) > 1e-15 {
				t.Errorf("%+v as a stratum: smallest p %v, want %v", table, got, least)
			}
		}
	}
}

// Thousands of sessions go by the approximation, which must agree with the exact
// test where both can be had.
func TestTheApproximationAgreesForMany(t *testing.T) {
	s := Strata{{300, 700, 250, 750}, {120, 880, 100, 900}}
	exact, _, ok := s.exact()
	if !ok {
		t.Fatal("too many to compute exactly")
	}
	for _, alternative := range []Alternative{Differs, More} {
		if one, two := exact.p(420, alternative), s.approximateP(alternative); math.Abs(one-two) > 0.03*one {
			t.Errorf("exact %v, approximate %v", one, two)
		}
	}
	large := Strata{{3000, 7000, 2500, 7500}, {3000, 7000, 2500, 7500}, {3000, 7000, 2500, 7500}}
	if _, _, ok := large.exact(); ok {
		t.Error("the test that is meant to be too large is not")
	}
	if p := large.P(Differs); p != large.approximateP(Differs) {
		t.Errorf("p of 60,000 sessions is %v", p)
	}
}
