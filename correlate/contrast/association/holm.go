package association

import (
	"cmp"
	"slices"
)

// Holm corrects the p of several questions that were asked of the same sessions
// (Holm 1979): to claim what stays below 0.05 is wrong, anywhere among them, in at
// most 5 % of all cases.
func Holm(p []float64) []float64 {
	order := make([]int, len(p))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(p[a], p[b]) })
	adjusted := make([]float64, len(p))
	before := 0.0
	for rank, i := range order {
		before = max(before, min(1, p[i]*float64(len(p)-rank)))
		adjusted[i] = before
	}
	return adjusted
}
