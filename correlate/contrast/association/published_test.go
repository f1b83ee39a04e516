package association

import (
	"math"
	"testing"
)

// The tables and results here are those of R's own manual (package stats, R
// 4.2.2: the examples of fisher.test, mantelhaen.test and binom.test, and what R
// prints for them), and of the works that the manual names.

// teaTasting is Fisher's lady (Agresti 1990, p. 61).
var teaTasting = Table{3, 1, 1, 3}

// convictions are Fisher's of 1962: criminal twins; dizygotic ones in the first
// column.
var convictions = Table{2, 15, 10, 3}

// rabbits are Mantel's of 1963, by dose of penicillin: cured or died, none
// or one and a half hours delay.
var rabbits = Strata{{0, 6, 0, 5}, {3, 3, 0, 6}, {6, 0, 2, 4}, {5, 1, 6, 0}, {2, 0, 5, 0}}

// admissions are UCBAdmissions, by department: men admitted and rejected, women.
var admissions = Strata{{512, 313, 89, 19}, {353, 207, 17, 8}, {120, 205, 202, 391}, {138, 279, 131, 244}, {53, 138, 94, 299}, {22, 351, 24, 317}}

func TestTheResultsAreThoseOfRsManual(t *testing.T) {
	low, high := Interval(682, 925) // Conover 1971, p. 97
	chi, _ := rabbits.ChiSquare()
	chiOfAdmissions, _ := admissions.ChiSquare()
	for name, c := range map[string]struct{ got, want float64 }{
		"tea tasting, greater":              {teaTasting.P(More), 0.242857142857143},
		"tea tasting, two-sided":            {teaTasting.P(Differs), 0.485714285714286},
		"convictions, two-sided":            {convictions.P(Differs), 0.000536724119143436},
		"convictions, less":                 {Table{15, 2, 3, 10}.P(More), 0.000465180943362905},
		"5 against 5":                       {Table{5, 0, 0, 5}.P(Differs), 0.00793650793650794},
		"6 against 6":                       {Table{6, 0, 0, 6}.P(Differs), 0.00216450216450217},
		"rabbits, statistic":                {chi, 3.928571428571},
		"rabbits, its p":                    {rabbits.approximateP(Differs), 0.0474722551429},
		"rabbits, odds ratio":               {rabbits.OddsRatio(), 7},
		"rabbits, exact":                    {rabbits.P(Differs), 0.0399449035812672},
		"rabbits, exact and greater":        {rabbits.P(More), 0.0199724517906336},
		"admissions, statistic":             {chiOfAdmissions, 1.42694622858669},
		"admissions, its p":                 {admissions.approximateP(Differs), 0.232263462817048},
		"admissions, odds ratio":            {admissions.OddsRatio(), 0.904696828258623},
		"admissions, exact":                 {admissions.P(Differs), 0.227762526798206},
		"Conover's Mendel, low":             {low, 0.707668264079039},
		"Conover's Mendel, high":            {high, 0.765406558241525},
		"0 of 31, high":                     {second(Interval(0, 31)), 0.11218874692237},
		"24 of 24, low":                     {first(Interval(24, 24)), 0.857526402277474},
		"none seen, high":                   {second(Interval(0, 0)), 1},
		"a stratum of one tells nothing":    {Strata{{1, 0, 0, 0}}.P(Differs), 1},
		"a stratum of one, approximately":   {Strata{{1, 0, 0, 0}}.approximateP(Differs), 1},
		"one-sided, against the hypothesis": {Strata{{0, 6, 6, 0}}.P(More), 1},
	} {
		if math.Abs(c.got-c.want) > 1e-9 {
			t.Errorf("%s: %.15g, want %.15g", name, c.got, c.want)
		}
	}
}

func first(a, _ float64) float64  { return a }
func second(_, b float64) float64 { return b }

// The example of R's p.adjust is random; this one is worked out by hand from
// Holm's paper: the k-th smallest of n times n-k+1, never less than the one before.
func TestHolmsCorrection(t *testing.T) {
	got := Holm([]float64{0.03, 0.01, 0.04, 0.05, 0.02, 0.9})
	for i, want := range []float64{0.12, 0.06, 0.12, 0.12, 0.10, 0.9} {
		if math.Abs(got[i]-want) > 1e-12 {
			t.Errorf("p %d becomes %v, want %v", i, got[i], want)
		}
	}
}
