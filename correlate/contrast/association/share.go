package association

import "gonum.org/v1/gonum/stat/distuv"

// Confidence is that of every interval.
const Confidence = 0.95

// Interval bounds the share of which k of n sessions were seen (Clopper and
// Pearson 1934): it holds the true one in at least Confidence of all cases. Of no
// session it is all from 0 to 1.
func Interval(k, n int) (low, high float64) {
	const tail = (1 - Confidence) / 2
	low, high = 0, 1
	if k > 0 {
		low = distuv.Beta{Alpha: float64(k), Beta: float64(n - k + 1)}.Quantile(tail)
	}
	if k < n {
		high = distuv.Beta{Alpha: float64(k + 1), Beta: float64(n - k)}.Quantile(1 - tail)
	}
	return low, high
}
