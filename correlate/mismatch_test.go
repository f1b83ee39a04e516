package correlate_test

import (
	"errors"
	"maps"
	"path/filepath"
	"slices"
	"testing"

	"bothends/correlate"
)

// People send the wrong file. Two captures that were not made of the same
// sessions have nothing in common, and above all nobody is accused. The model's
// sessions all begin at one time and say the same, so that some may pass for the
// two legs of a proxy: of those nothing is claimed.
func TestCapturesOfDifferentSessionsHaveNothingInCommon(t *testing.T) {
	truths := readTruths(t, "../fixtures/synthetic/*", "../fixtures/pairs/*")
	dirs := slices.Sorted(maps.Keys(truths))
	compared := 0
	for i, dir := range dirs {
		for step := 1; step <= 5; step++ {
			other := dirs[(i+step*7)%len(dirs)]
			tr := *truths[dir]
			if filepath.Base(dir) == filepath.Base(other) {
				continue
			}
			server := truths[other].Server
			tr.Server = nil
			for _, name := range server {
				relative, err := filepath.Rel(dir, filepath.Join(other, name))
				if err != nil {
					t.Fatal(err)
				}
				tr.Server = append(tr.Server, relative)
			}
			compared++
			r, err := compare(t, dir, &tr)
			if errors.Is(err, correlate.ErrNothingInCommon) {
				continue
			}
			if err != nil {
				t.Errorf("%s with %s: %v", filepath.Base(dir), filepath.Base(other), err)
				continue
			}
			for _, c := range r.Connections {
				if c.MatchedBy != "none" && c.MatchedBy != "payload" {
					t.Errorf("%s with %s: connection %d is paired by %s", filepath.Base(dir), filepath.Base(other), c.ID, c.MatchedBy)
				}
			}
			if n := r.Summary.Injected + r.Summary.Modified; n > 0 {
				t.Errorf("%s with %s: %d accusations", filepath.Base(dir), filepath.Base(other), n)
			}
			if filepath.Base(filepath.Dir(dir)) == "pairs" || filepath.Base(filepath.Dir(other)) == "pairs" {
				t.Errorf("%s with %s: recorded at different times, and %d connections in common", filepath.Base(dir), filepath.Base(other), r.Summary.Paired)
			}
		}
	}
	t.Logf("%d mismatched pairs", compared)
}
