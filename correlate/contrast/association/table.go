// Package association asks whether a yes-or-no outcome goes with a yes-or-no
// factor, exactly: for the handful of sessions that people record, what is right
// for large numbers only is wrong.
package association

import (
	"math"

	"gonum.org/v1/gonum/stat/combin"
)

// A Table counts sessions by factor and outcome.
type Table struct {
	WithHit, WithMiss       int // with the factor: the outcome came, or did not
	WithoutHit, WithoutMiss int // without it
}

// With and Without are how many sessions had the factor, and had it not.
func (t Table) With() int    { return t.WithHit + t.WithMiss }
func (t Table) Without() int { return t.WithoutHit + t.WithoutMiss }

// Total counts all sessions.
func (t Table) Total() int { return t.With() + t.Without() }

// hits is how often the outcome came.
func (t Table) hits() int { return t.WithHit + t.WithoutHit }

// An Alternative is what a test takes for telling.
type Alternative int

const (
	Differs Alternative = iota // the outcome is more frequent with the factor, or less
	More                       // it is more frequent with the factor
)

// asLikely is how much more likely than the table at hand a table may seem and
// still count as no more likely: the error of the arithmetic, as in R's fisher.test.
const asLikely = 1 + 1e-7

// P is the chance of a table at least as telling as t if the outcome has nothing
// to do with the factor, given how often each came (Fisher's exact test; of both
// sides, the tables that are no more likely than t).
func (t Table) P(alternative Alternative) float64 {
	return t.distribution().p(t.WithHit, alternative)
}

// SmallestP is the least that P could have been with so many sessions of either
// kind and so many outcomes, however they had fallen.
func (t Table) SmallestP(alternative Alternative) float64 {
	d := t.distribution()
	last := d.least + len(d.chance) - 1
	return min(d.p(d.least, alternative), d.p(last, alternative))
}

// OddsRatio is the sample's; infinite or not a number where a cell is empty.
func (t Table) OddsRatio() float64 {
	return float64(t.WithHit) * float64(t.WithoutMiss) / (float64(t.WithMiss) * float64(t.WithoutHit))
}

// A distribution gives the chance of each number of hits with the factor, from
// the least that is possible.
type distribution struct {
	least  int
	chance []float64
}

// distribution is the hypergeometric one of the table's margins.
func (t Table) distribution() distribution {
	with, without, hits := t.With(), t.Without(), t.hits()
	d := distribution{least: max(0, hits-without)}
	all := logChoose(with+without, hits)
	for k := d.least; k <= min(with, hits); k++ {
		d.chance = append(d.chance, math.Exp(logChoose(with, k)+logChoose(without, hits-k)-all))
	}
	return d
}

func (d distribution) p(k int, alternative Alternative) float64 {
	seen, p := d.chance[k-d.least], 0.0
	for i, chance := range d.chance {
		if alternative == More && d.least+i >= k || alternative == Differs && chance <= seen*asLikely {
			p += chance
		}
	}
	return min(p, 1)
}

// with adds the number of hits of another, independent distribution.
func (d distribution) with(other distribution) distribution {
	sum := distribution{d.least + other.least, make([]float64, len(d.chance)+len(other.chance)-1)}
	for i, one := range d.chance {
		for j, two := range other.chance {
			sum.chance[i+j] += one * two
		}
	}
	return sum
}

func logChoose(n, k int) float64 { return combin.LogGeneralizedBinomial(float64(n), float64(k)) }
