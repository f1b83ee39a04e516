package correlate_test

import (
	"context"
	"encoding/binary"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"bothends/capture/file"
	"bothends/correlate"
	"bothends/correlate/report"
)

// thin writes a copy of a plain capture file without the packets that drop picks.
// It reports false if it cannot take the file apart.
func thin(t *testing.T, from, to string, drop func() bool) bool {
	t.Helper()
	data, err := os.ReadFile(from)
	if err != nil {
		t.Fatal(err)
	}
	if len(data) < 24 {
		return false
	}
	var kept []byte
	switch magic := binary.LittleEndian.Uint32(data); magic {
	case 0xa1b2c3d4, 0xa1b23c4d: // pcap
		kept = append(kept, data[:24]...)
		for at := 24; at+16 <= len(data); {
			end := min(len(data), at+16+int(binary.LittleEndian.Uint32(data[at+8:])))
			if !drop() {
				kept = append(kept, data[at:end]...)
			}
			at = end
		}
	case 0x0a0d0d0a: // pcapng
		for at := 0; at+12 <= len(data); {
			end := min(len(data), at+int(binary.LittleEndian.Uint32(data[at+4:])))
			const enhancedPacketBlock = 6
			if binary.LittleEndian.Uint32(data[at:]) != enhancedPacketBlock || !drop() {
				kept = append(kept, data[at:end]...)
			}
			at = end
		}
	default:
		return false // compressed
	}
	if err := os.WriteFile(to, kept, 0o600); err != nil {
		t.Fatal(err)
	}
	return true
}

var deletionRates = []float64{0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5}

// However many packets the alleged sender's capture lacks, a reset that it did
// send is never called forged. How many of the forged ones can still be proved
// is printed: the table stands in the README.
func TestDeletingPacketsNeverTurnsAGenuineResetIntoAnInjection(t *testing.T) {
	seeds := 8
	if more := os.Getenv("BOTHENDS_SEEDS"); more != "" {
		seeds, _ = strconv.Atoi(more)
	}
	patterns := []string{"../fixtures/synthetic/*", "../fixtures/pairs/*"}
	if more := os.Getenv("BOTHENDS_PAIRS"); more != "" {
		patterns = append(patterns, more)
	}
	type tally struct{ genuine, injected, proved int }
	curve := make([]tally, len(deletionRates))
	dir := t.TempDir()
	for folder, tr := range readTruths(t, patterns...) {
		if len(tr.Client) != 1 || len(tr.Server) != 1 {
			continue
		}
		names := map[string]string{"client": filepath.Join(folder, tr.Client[0]), "server": filepath.Join(folder, tr.Server[0])}
		for _, sender := range []string{"client", "server"} {
			if !hasReset(tr, sender) {
				continue
			}
			for i, rate := range deletionRates {
				for seed := range seeds {
					random := rand.New(rand.NewPCG(uint64(seed), uint64(i)))
					thinned := filepath.Join(dir, "thinned")
					if !thin(t, names[sender], thinned, func() bool { return random.Float64() < rate }) {
						continue
					}
					paths := map[string]string{"client": names["client"], "server": names["server"], sender: thinned}
					r := compareFiles(t, paths["client"], paths["server"])
					if r == nil {
						continue
					}
					for _, p := range tr.Packets {
						if p.Kind != "rst" || p.ClaimedSender != sender || p.Fate == "lost" || p.Frame == 0 {
							continue
						}
						f := findingAt(r, names[p.ReceivedAt], p.Frame)
						accused := f != nil && (f.Verdict == "injected" || f.Verdict == "modified")
						switch {
						case p.Origin == "genuine":
							curve[i].genuine++
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
	for i, rate := range deletionRates {
		c := curve[i]
		t.Logf("%2.0f %% deleted: %d genuine resets; of %d injected ones %.0f %% still named", 100*rate, c.genuine, c.injected, 100*float64(c.proved)/float64(max(1, c.injected)))
	}
}

func hasReset(tr truth, sender string) bool {
	for _, p := range tr.Packets {
		if p.Kind == "rst" && p.ClaimedSender == sender {
			return true
		}
	}
	return false
}

// compareFiles compares with the ends given, since a thinned capture may no
// longer show which end it was made at. It returns nil if nothing is in common.
func compareFiles(t *testing.T, client, server string) *report.Report {
	t.Helper()
	first, err := file.Open(context.Background(), []string{client})
	if err != nil {
		return nil // every packet is gone
	}
	defer first.Close()
	second, err := file.Open(context.Background(), []string{server})
	if err != nil {
		return nil
	}
	defer second.Close()
	r, err := correlate.Compare(context.Background(), first, second, correlate.Options{FixedEnds: true})
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
