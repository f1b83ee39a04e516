package sparse

import (
	"slices"
	"testing"
)

func TestASeriesOfAnyLengthKeepsFewValuesSpreadOverAllOfIt(t *testing.T) {
	const most = 16
	var s Series[int]
	for n := range 10_000 {
		s.Add(n, most)
		if len(s.Kept) > most {
			t.Fatalf("%d values kept after %d, want %d at most", len(s.Kept), n+1, most)
		}
		if n < most && len(s.Kept) != n+1 {
			t.Fatalf("%d values kept of the first %d", len(s.Kept), n+1)
		}
	}
	if len(s.Kept) < most/2 || s.Kept[0] != 0 {
		t.Errorf("kept %v, want the first value and at least %d", s.Kept, most/2)
	}
	widest := 10_000 - s.Kept[len(s.Kept)-1]
	for i := range len(s.Kept) - 1 {
		widest = max(widest, s.Kept[i+1]-s.Kept[i])
	}
	if !slices.IsSorted(s.Kept) || widest > 2*10_000/(most/2) {
		t.Errorf("kept %v, up to %d apart", s.Kept, widest)
	}
}

func TestAValueThatMustBeKeptIsNotPassedOver(t *testing.T) {
	const most = 4
	var s Series[int]
	for n := range 99 {
		s.Add(n, most)
	}
	if s.Keep(99, most); s.Kept[len(s.Kept)-1] != 99 || len(s.Kept) > most {
		t.Errorf("kept %v, want 99 at the end", s.Kept)
	}
}
