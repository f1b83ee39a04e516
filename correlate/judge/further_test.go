package judge

import "testing"

func TestOfFindingsThatSayTheSameTheFirstAreKeptAndTheRestCounted(t *testing.T) {
	forged := Finding{Kind: "rst", Verdict: Injected, Confidence: Proven}
	lost := Finding{Kind: "fin", Verdict: Lost, Confidence: Strong}
	of := func(n int, findings ...Finding) []Finding {
		for i := range findings {
			findings[i].Case = n
		}
		return findings
	}
	s := newSieve()
	kept := 0
	for i := range maxAlike + 500 {
		kept += len(s.sift(of(i, forged)))
	}
	if kept != maxAlike || s.more.Findings[forged.sort()] != 500 || s.more.Connections[forged.sort()] != 500 {
		t.Errorf("%d kept, %v counted, want the first %d and the rest", kept, s.more.Findings, maxAlike)
	}
	if g, ok := s.more.Cases[maxAlike]; len(s.more.Cases) != 500 || !ok || g != Interfered {
		t.Errorf("%d connections have a verdict, the first %v", len(s.more.Cases), g)
	}
	if got := s.sift(of(9000, forged, lost)); len(got) != 2 {
		t.Errorf("%d findings of a connection are kept on which one is of a sort by itself, want both", len(got))
	}
	if got := s.sift(of(9001)); len(got) != 0 || len(s.more.Cases) != 500 {
		t.Error("a connection without findings is counted")
	}
}
