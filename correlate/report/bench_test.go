package report

import (
	"io"
	"testing"
)

// The JSON of connections, of which there may be a million.
func BenchmarkConnections(b *testing.B) {
	const n = 10_000
	ledger := &Ledger{Segments: 50, Matched: 50, ToServer: &Ledger{Segments: 26, Matched: 26}, ToClient: &Ledger{Segments: 24, Matched: 24}}
	r := &Report{Connections: make([]Connection, n)}
	for i := range r.Connections {
		r.Connections[i] = Connection{ID: i + 1, ClientView: View{"198.18.0.1:20000", "203.0.113.25:587"}, ServerView: View{"198.18.0.1:20000", "203.0.113.25:587"},
			MatchedBy: "isn", Verdict: "clean", First: 1772443800e9, Last: 1772443801e9, Ledger: ledger, Health: new(ConnectionHealth),
			Ending: &Ending{Kind: "closed", Stage: "later", Confidence: "proven", Text: "both ends closed it in order", Evidence: []Evidence{}}}
	}
	b.ReportAllocs()
	for b.Loop() {
		if err := r.WriteJSON(io.Discard); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/n, "ns/connection")
}

// The JSON of findings, each with a dozen of steps.
func BenchmarkFindings(b *testing.B) {
	const n = 1000
	r := &Report{Findings: make([]Finding, n)}
	for i := range r.Findings {
		f := Finding{ID: i + 1, Kind: "rst", Verdict: "injected", Src: "203.0.113.25:587", Dst: "198.18.0.1:20000", Seq: 85211165, Flags: "RA", File: "client.pcapng"}
		for range 13 {
			f.Evidence = append(f.Evidence, Evidence{Rule: "missed", Outcome: "refuted", Text: "of 463418 packets that the server is known to have sent its capture lacks none",
				Values: map[string]any{"clusters": 464, "drops": 0, "miss_bound": 0.02980667377335089, "counters_known": false}})
		}
		r.Findings[i] = f
	}
	b.ReportAllocs()
	for b.Loop() {
		if err := r.WriteJSON(io.Discard); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/n, "ns/finding")
}
