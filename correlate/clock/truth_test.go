package clock_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"bothends/capture/file"
	"bothends/correlate"
	"bothends/fixtures/truth"
)

// TestTheStatedOffsetOfEveryFixtureIsRight goes all the way from two capture files to
// the offset in the report, for wrong bounds come from wrongly matched packets.
func TestTheStatedOffsetOfEveryFixtureIsRight(t *testing.T) {
	patterns := []string{"../../fixtures/synthetic/*"}
	if more := os.Getenv("BOTHENDS_PAIRS"); more != "" {
		patterns = append(patterns, more)
	}
	truths, err := truth.ReadAll(patterns...)
	if err != nil {
		t.Fatal(err)
	}
	known := 0
	for dir, tr := range truths {
		t.Run(filepath.Base(dir), func(t *testing.T) {
			open := func(names []string) *file.Set {
				var paths []string
				for _, n := range names {
					paths = append(paths, filepath.Join(dir, n))
				}
				set, err := file.Open(context.Background(), paths)
				if err != nil {
					t.Fatal(err)
				}
				t.Cleanup(func() { set.Close() })
				return set
			}
			r, err := correlate.Compare(context.Background(), open(tr.Client), open(tr.Server), correlate.Options{FixedEnds: true})
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
			off := r.Clock.OffsetNS - tr.Clock.OffsetNS
			t.Logf("off by %d ns, said to be within %d; skew %.3g ppm, truth %g; round trip %d", off, r.Clock.UncertaintyNS, r.Clock.SkewPPM, tr.Clock.SkewPPM, r.Clock.MinRTTNS)
			if max(off, -off) > r.Clock.UncertaintyNS {
				t.Errorf("off by %d ns, said to be within %d", off, r.Clock.UncertaintyNS)
			}
		})
	}
	if len(truths) == 0 {
		t.Skip("no fixtures; `go run ./fixtures/gen` writes them")
	}
	if known == 0 {
		t.Error("no fixture has a known clock")
	}
}
