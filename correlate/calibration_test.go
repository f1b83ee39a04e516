package correlate_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"bothends/fixtures/scenarios"
)

// A path that only loses packets swallows nothing: one by one, and in outages, as lines
// and radio lose them. Of thousands of connections none may be called swallowed with more
// confidence than supported. The network is the generator's, so that its model is the
// truth.
func TestPlainLossIsNotCalledSwallowing(t *testing.T) {
	if testing.Short() {
		t.Skip("plays thousands of sessions")
	}
	sessions := 300
	if more, err := strconv.Atoi(os.Getenv("BOTHENDS_CALIBRATE")); err == nil {
		sessions = more
	}
	var table []string
	const each = 300 // sessions of one pair of captures
	for _, c := range []struct {
		loss          float64
		outage, every time.Duration
		ends          time.Duration // of both recordings, in the midst
	}{
		{loss: 0.001}, {loss: 0.005}, {loss: 0.01}, {loss: 0.02}, {loss: 0.05},
		{loss: 0.05, ends: 12 * time.Second}, {loss: 0.2, ends: 12 * time.Second},
		{outage: 200 * time.Millisecond, every: 2 * time.Second}, {outage: time.Second, every: 6 * time.Second},
		{outage: 2 * time.Second, every: 8 * time.Second}, {outage: 5 * time.Second, every: 16 * time.Second},
		{loss: 0.02, outage: 3 * time.Second, every: 12 * time.Second},
		{loss: 0.02, outage: 5 * time.Second, every: 20 * time.Second, ends: 14500 * time.Millisecond},
	} {
		name := fmt.Sprintf("%.1f %%", 100*c.loss)
		if c.outage > 0 {
			name += fmt.Sprintf(", outages of %s every %s", c.outage, c.every)
		}
		if c.ends > 0 {
			name += fmt.Sprintf(", recordings end after %s", c.ends)
		}
		count := map[string]int{}
		connections, lost := 0, int64(0)
		for seed := uint64(7); connections < sessions; seed++ {
			dir := t.TempDir()
			s := scenarios.Interleaved(each)
			for i := range s.Path.Hops {
				s.Path.Hops[i].Boxes = nil
			}
			link := &s.Path.Hops[4].Link
			link.Loss, link.Outage, link.OutageEvery = c.loss, c.outage, c.every
			for end := range s.Ends {
				s.Ends[end].Tap.End = c.ends
			}
			if _, err := scenarios.Write(dir, s, seed); err != nil {
				t.Fatal(err)
			}
			r := compareFiles([]string{filepath.Join(dir, "client.pcap")}, []string{filepath.Join(dir, "server.pcap")})
			if r == nil {
				t.Fatalf("%s, seed %d: no report", name, seed)
			}
			connections += len(r.Connections)
			for _, c := range r.Connections {
				if c.Ledger != nil {
					lost += c.Ledger.Lost
				}
			}
			for i := range r.Connections {
				e := r.Connections[i].Ending
				if !strings.HasPrefix(e.Kind, "swallowed") {
					continue
				}
				count[e.Confidence]++
				if sure := e.Confidence == "strong" || e.Confidence == "proven"; sure {
					t.Errorf("%s, seed %d, connection %d: %s (%s): %s %v", name, seed, r.Connections[i].ID, e.Kind, e.Confidence, e.Text, e.Evidence)
				}
			}
			os.RemoveAll(dir)
		}
		table = append(table, fmt.Sprintf("| %s | %d | %d | %d | %d | %d |", name, connections, lost, count["indeterminate"], count["supported"], count["strong"]+count["proven"]))
	}
	t.Logf("\n| loss | connections | packets lost | called swallowed, not decided | supported | strong or proven |\n|---|---|---|---|---|---|\n%s", strings.Join(table, "\n"))
}
