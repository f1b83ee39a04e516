package association

import "gonum.org/v1/gonum/stat/distuv"

// Power is the chance that a comparison of so many sessions with and without a
// factor ends with a p of at most level, if the outcome comes with the given
// chances: the sum over all that can happen.
func Power(with, without int, chanceWith, chanceWithout, level float64, alternative Alternative) float64 {
	power := 0.0
	for k := range with + 1 {
		pk := binomial(k, with, chanceWith)
		if pk == 0 {
			continue
		}
		for l := range without + 1 {
			pl := binomial(l, without, chanceWithout)
			if pl > 0 && (Table{k, with - k, l, without - l}).P(alternative) <= level {
				power += pk * pl
			}
		}
	}
	return min(power, 1)
}

// binomial is the chance of k of n. What is sure gonum takes for no number.
func binomial(k, n int, chance float64) float64 {
	switch {
	case chance <= 0:
		return indicator(k == 0)
	case chance >= 1:
		return indicator(k == n)
	}
	return distuv.Binomial{N: float64(n), P: chance}.Prob(float64(k))
}

func indicator(is bool) float64 {
	if is {
		return 1
	}
	return 0
}
