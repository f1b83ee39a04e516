package association

import (
	"math"

	"gonum.org/v1/gonum/stat/distuv"
)

// Strata are tables of the same factor and outcome, one for each value of
// something else, so that what goes with that is not taken for the factor's.
type Strata []Table

// exactUpTo is how many terms an exact test over strata may have; with more
// sessions than that the normal approximation differs from it in no digit shown.
const exactUpTo = 1 << 22

// P is what Table.P is, for the sum over all strata: exact where that can be
// computed (the conditional test of R's mantelhaen.test), else by [Strata.ChiSquare].
func (s Strata) P(alternative Alternative) float64 {
	if d, seen, ok := s.exact(); ok {
		return d.p(seen, alternative)
	}
	return s.approximateP(alternative)
}

// SmallestP is what Table.SmallestP is, or zero where that is too much to compute.
func (s Strata) SmallestP(alternative Alternative) float64 {
	d, _, ok := s.exact()
	if !ok {
		return 0
	}
	return min(d.p(d.least, alternative), d.p(d.least+len(d.chance)-1, alternative))
}

func (s Strata) exact() (d distribution, seen int, ok bool) {
	d = distribution{chance: []float64{1}}
	terms := 0
	for _, t := range s {
		one := t.distribution()
		if terms += len(d.chance) * len(one.chance); terms > exactUpTo {
			return d, 0, false
		}
		d = d.with(one)
		seen += t.WithHit
	}
	return d, seen, true
}

// approximateP is of one side half of what the statistic gives for both.
func (s Strata) approximateP(alternative Alternative) float64 {
	statistic, excess := s.ChiSquare()
	both := distuv.ChiSquared{K: 1}.Survival(statistic)
	switch {
	case alternative == Differs:
		return both
	case excess > 0:
		return both / 2
	}
	return 1 - both/2
}

// ChiSquare is the statistic of Mantel and Haenszel (1959) with continuity
// correction, and how many more hits there were with the factor than it would
// have by chance. It is zero if no stratum can tell anything.
func (s Strata) ChiSquare() (statistic, excess float64) {
	var variance float64
	for _, t := range s {
		n := float64(t.Total())
		if n < 2 {
			continue
		}
		with, without, hits := float64(t.With()), float64(t.Without()), float64(t.hits())
		excess += float64(t.WithHit) - with*hits/n
		variance += with * without * hits * (n - hits) / (n * n * (n - 1))
	}
	if variance == 0 {
		return 0, excess
	}
	distance := math.Abs(excess)
	distance -= min(0.5, distance) // continuity correction
	return distance * distance / variance, excess
}

// OddsRatio is the common one of all strata, by Mantel and Haenszel; infinite or
// not a number where cells are empty.
func (s Strata) OddsRatio() float64 {
	var up, down float64
	for _, t := range s {
		if n := float64(t.Total()); n > 0 {
			up += float64(t.WithHit) * float64(t.WithoutMiss) / n
			down += float64(t.WithMiss) * float64(t.WithoutHit) / n
		}
	}
	return up / down
}
