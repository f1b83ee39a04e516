package correlate_test

import (
	"context"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"testing"

	"bothends/capture/file"
	"bothends/correlate"
	"bothends/correlate/report"
	"bothends/fixtures/truth"
)

var deletionRates = []float64{0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5}

// However many packets the alleged sender's capture lacks, a reset that it did
// send is never called forged. How many of the forged ones can still be proved
// is printed: the table stands in the README.
func TestDeletingPacketsNeverTurnsAGenuineResetIntoAnInjection(t *testing.T) {
	seeds := 8
	if testing.Short() {
		seeds = 1
	}
	if more := os.Getenv("BOTHENDS_SEEDS"); more != "" {
		seeds, _ = strconv.Atoi(more)
	}
	patterns := []string{"../fixtures/synthetic/*", "../fixtures/pairs/*"}
	if more := os.Getenv("BOTHENDS_PAIRS"); more != "" {
		patterns = append(patterns, more)
	}
	type tally struct{ genuine, injected, proved int }
	curve := make([]tally, len(deletionRates))
	deleted, wanted := map[string]bool{}, map[string]bool{} // folders with a genuine reset that arrived
	dir := t.TempDir()
	for folder, tr := range readTruths(t, patterns...) {
		wanted[folder] = hasGenuineReset(tr)
		paths := map[string][]string{"client": within(folder, tr.Client), "server": within(folder, tr.Server)}
		for _, sender := range []string{"client", "server"} {
			if !hasReset(tr, sender) {
				continue
			}
			for i, rate := range deletionRates {
				for seed := range seeds {
					random := rand.New(rand.NewPCG(uint64(seed), uint64(i)))
					thinned := make([]string, len(paths[sender]))
					for n, path := range paths[sender] {
						thinned[n] = filepath.Join(dir, "thinned-"+strconv.Itoa(n))
						rewrite(t, path, thinned[n], func(int, record) bool { return random.Float64() >= rate })
					}
					ends := map[string][]string{"client": paths["client"], "server": paths["server"], sender: thinned}
					r := compareFiles(ends["client"], ends["server"])
					if r == nil {
						continue
					}
					for _, p := range tr.Packets {
						if p.Kind != "rst" || p.ClaimedSender != sender || p.Fate == "lost" || p.Frame == 0 {
							continue
						}
						f := findingAt(r, filepath.Join(folder, p.File), p.Frame)
						accused := f != nil && (f.Verdict == "injected" || f.Verdict == "modified")
						switch {
						case p.Origin == "genuine":
							curve[i].genuine++
							deleted[folder] = true
							if accused {
								t.Errorf("%s, seed %d, %.0f %% deleted at the %s: genuine %s at %s frame %d is %s (%s):%s", filepath.Base(folder), seed, 100*rate, sender,
									p.Flags, p.ReceivedAt, p.Frame, f.Verdict, f.Confidence, evidence(f))
							}
						case p.Origin == "injected":
							curve[i].injected++
							if accused {
								curve[i].proved++
							}
						}
					}
				}
			}
		}
	}
	for folder, want := range wanted {
		if want && !deleted[folder] {
			t.Errorf("%s has a genuine reset, and was passed over", folder)
		}
	}
	for i, rate := range deletionRates {
		c := curve[i]
		t.Logf("%2.0f %% deleted: %d genuine resets; of %d injected ones %.0f %% still named", 100*rate, c.genuine, c.injected, 100*float64(c.proved)/float64(max(1, c.injected)))
	}
}

func within(folder string, names []string) (paths []string) {
	for _, name := range names {
		paths = append(paths, filepath.Join(folder, name))
	}
	return paths
}

func hasGenuineReset(tr *truth.Truth) bool {
	return slices.ContainsFunc(tr.Packets, func(p truth.Packet) bool {
		return p.Kind == "rst" && p.Origin == "genuine" && p.Fate != "lost" && p.Frame != 0
	})
}

func hasReset(tr *truth.Truth, sender string) bool {
	for _, p := range tr.Packets {
		if p.Kind == "rst" && p.ClaimedSender == sender {
			return true
		}
	}
	return false
}

// compareFiles compares with the ends given, since a thinned capture may no
// longer show which end it was made at. It returns nil if nothing is in common.
func compareFiles(client, server []string) *report.Report {
	return compareWith(client, server, correlate.Options{FixedEnds: true})
}

func compareWith(client, server []string, o correlate.Options) *report.Report {
	first, err := file.Open(context.Background(), client)
	if err != nil {
		return nil // every packet is gone
	}
	defer first.Close()
	second, err := file.Open(context.Background(), server)
	if err != nil {
		return nil
	}
	defer second.Close()
	r, err := correlate.Compare(context.Background(), first, second, o)
	if err != nil {
		return nil
	}
	return r
}

func findingAt(r *report.Report, path string, frame int64) *report.Finding {
	for i := range r.Findings {
		if f := &r.Findings[i]; f.File == path && f.Frame == frame {
			return f
		}
	}
	return nil
}
