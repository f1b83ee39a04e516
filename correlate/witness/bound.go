package witness

import "math"

// MissBound is the chance, at 95 % confidence, that a capture missed any one
// packet, of passed + missed packets known to have passed it missed being
// lacking: the upper bound of Clopper and Pearson (1934), which is
// 1 - 0.05^(1/passed) if none is.
func MissBound(passed, missed int64) float64 {
	switch {
	case passed <= 0:
		return 1
	case missed <= 0:
		return 1 - math.Pow(unlikely, 1/float64(passed))
	}
	low, high := 0.0, 1.0
	for range 50 { // halvings: far below what is printed of it
		middle := (low + high) / 2
		if atMost(missed, passed+missed, middle) > unlikely {
			low = middle
		} else {
			high = middle
		}
	}
	return high
}

// unlikely is what a bound of 95 % confidence leaves out.
const unlikely = 0.05

// atMost is the chance that of n packets k or fewer are missed, each with chance
// p: the lower tail of the binomial distribution, from its largest term down.
func atMost(k, n int64, p float64) (sum float64) {
	if float64(k) >= float64(n)*p {
		return 1 // the larger half, or nearly so: p is too small to be the bound
	}
	lg := func(x int64) float64 { v, _ := math.Lgamma(float64(x + 1)); return v }
	term := math.Exp(lg(n) - lg(k) - lg(n-k) + float64(k)*math.Log(p) + float64(n-k)*math.Log1p(-p))
	for i := k; i >= 0 && term > sum*1e-12; i-- {
		sum += term
		term *= float64(i) / float64(n-i+1) * (1 - p) / p
	}
	return sum
}

// Numbers of packets, none missing, for which MissBound is at most 5 % and 1 %.
const (
	passedFor5 = 59
	passedFor1 = 299
)

// Miss bounds by which an accusation can be proven, or strong.
const (
	MissProven = 0.01
	MissStrong = 0.05
)
