package correlate_test

import (
	"path/filepath"
	"strings"
	"testing"

	"bothends/correlate"
	"bothends/correlate/outcome"
	"bothends/correlate/report"
	"bothends/fixtures/bulk"
)

// Of a flood of resets, each on a connection of its own, all are in the summary and
// in the verdicts of their connections; only the first are told one by one.
func TestOfAFloodOfResetsTheFirstAreToldAndAllAreCounted(t *testing.T) {
	const n = 6000
	dir := t.TempDir()
	if err := bulk.WriteShape(dir, "forged", n); err != nil {
		t.Fatal(err)
	}
	r := compareFiles([]string{filepath.Join(dir, "client.pcap")}, []string{filepath.Join(dir, "server.pcap")})
	if r == nil {
		t.Fatal("not compared")
	}
	s := &r.Summary
	if total := s.Injected + s.Indeterminate + s.Genuine + s.Lost; total != n || s.Genuine+s.Lost > 0 {
		t.Errorf("%+v, want %d forged or undecided", s, n)
	}
	counted := 0
	for _, f := range r.Further {
		counted += f.Findings
		if f.Kind != "rst" || f.ReceivedAt != "client" {
			t.Errorf("counted %+v", f)
		}
	}
	if len(r.Findings)+counted != n || counted == 0 || len(r.Findings) < 1000 {
		t.Errorf("%d findings are listed and %d counted of %d", len(r.Findings), counted, n)
	}
	for i := range r.Connections {
		if v := r.Connections[i].Verdict; v != "interfered" && v != "inconclusive" {
			t.Fatalf("connection %d is %s", i+1, v)
		}
	}
	var text strings.Builder
	if err := r.WriteText(&text, report.TextOptions{}); err != nil {
		t.Fatal(err)
	}
	if words := strings.Join(strings.Fields(text.String()), " "); !strings.Contains(words, "Only counted, and like the first of their kind: - ") || strings.Contains(words, "connections without findings") {
		t.Errorf("the text does not say it:\n%.3000s", text.String())
	}
}

// Of more connections than fit into the memory limit the first are compared. What is
// left out is counted and said, and proves nothing against anybody.
func TestWhatDoesNotFitIntoTheMemoryLimitIsCountedAndSaid(t *testing.T) {
	const n, fit = 3000, 1000
	dir := t.TempDir()
	if err := bulk.WriteShape(dir, "forged", n); err != nil {
		t.Fatal(err)
	}
	client, server := []string{filepath.Join(dir, "client.pcap")}, []string{filepath.Join(dir, "server.pcap")}
	r := compareWith(client, server, correlate.Options{FixedEnds: true, MemoryLimit: fit * 4 * 2 << 10})
	if r == nil || r.Summary.Paired != fit || len(r.Connections) != fit {
		t.Fatal("not compared, or not the first", fit)
	}
	const here, there = 5, 4 // segments of each connection at the client and at the server
	if got := [2]int64{r.Captures.Client.Health.LeftOut, r.Captures.Server.Health.LeftOut}; got != [2]int64{(n - fit) * here, (n - fit) * there} {
		t.Errorf("%v segments are left out, want %d and %d", got, (n-fit)*here, (n-fit)*there)
	}
	if r.Summary.Injected > 0 || r.Outcome().Status() != outcome.Unproved {
		t.Errorf("%+v, exit status %d: want nothing proved, and %d", r.Summary, r.ExitStatus(), outcome.Unproved)
	}
	var text strings.Builder
	if err := r.WriteText(&text, report.TextOptions{}); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(strings.Join(strings.Fields(text.String()), " "), "left out, as all would not have fitted into the memory limit") {
		t.Errorf("the text does not say it:\n%.2000s", text.String())
	}
}
