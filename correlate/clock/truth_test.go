package clock_test

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"bothends/capture/file"
	"bothends/correlate"
)

// TestTheStatedOffsetOfEveryFixtureIsRight goes all the way from two capture files to
// the offset in the report, for wrong bounds come from wrongly matched packets.
func TestTheStatedOffsetOfEveryFixtureIsRight(t *testing.T) {
	patterns := []string{"../../fixtures/synthetic/*/truth.json"}
	if more := os.Getenv("BOTHENDS_PAIRS"); more != "" {
		patterns = append(patterns, filepath.Join(more, "truth.json"))
	}
	found, known := 0, 0
	for _, pattern := range patterns {
		names, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			text, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			var truth struct {
				Client, Server []string
				Clock          struct {
					OffsetNS int64   `json:"offset_ns"`
					SkewPPM  float64 `json:"skew_ppm"`
				}
			}
			if err := json.Unmarshal(text, &truth); err != nil {
				t.Fatal(err)
			}
			found++
			t.Run(filepath.Base(filepath.Dir(name)), func(t *testing.T) {
				open := func(names []string) *file.Set {
					var paths []string
					for _, n := range names {
						paths = append(paths, filepath.Join(filepath.Dir(name), n))
					}
					set, err := file.Open(context.Background(), paths)
					if err != nil {
						t.Fatal(err)
					}
					t.Cleanup(func() { set.Close() })
					return set
				}
				r, err := correlate.Compare(context.Background(), open(truth.Client), open(truth.Server), correlate.Options{FixedEnds: true})
				if r == nil {
					t.Fatal(err)
				}
				if !r.Clock.Known {
					t.Skip("no packets in both directions")
				}
				known++
				if r.Clock.Steps != 0 {
					t.Errorf("%d steps in a recording without any", r.Clock.Steps)
				}
				off := r.Clock.OffsetNS - truth.Clock.OffsetNS
				t.Logf("off by %d ns, said to be within %d; skew %.3g ppm, truth %g; round trip %d", off, r.Clock.UncertaintyNS, r.Clock.SkewPPM, truth.Clock.SkewPPM, r.Clock.MinRTTNS)
				if max(off, -off) > r.Clock.UncertaintyNS {
					t.Errorf("off by %d ns, said to be within %d", off, r.Clock.UncertaintyNS)
				}
			})
		}
	}
	if found == 0 {
		t.Skip("no fixtures; `go run ./fixtures/gen` writes them")
	}
	if known == 0 {
		t.Error("no fixture has a known clock")
	}
}
