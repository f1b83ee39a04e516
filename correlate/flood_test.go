package correlate_test

import (
	"path/filepath"
	"strings"
	"testing"

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
