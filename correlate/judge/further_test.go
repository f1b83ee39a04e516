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
		if s.keep(of(i, forged)) {
			kept++
		}
	}
	if kept != maxAlike || s.more.Findings[forged.sort()] != 500 || s.more.Connections[forged.sort()] != 500 {
		t.Errorf("%d kept, %v counted, want the first %d and the rest", kept, s.more.Findings, maxAlike)
	}
	if g, ok := s.more.Cases[maxAlike]; len(s.more.Cases) != 500 || !ok || g != Interfered {
		t.Errorf("%d connections have a verdict, the first %v", len(s.more.Cases), g)
	}
	if !s.keep(of(9000, forged, lost)) {
		t.Error("a connection is only counted on which one finding is of a sort by itself")
	}
	if s.keep(of(9001)); len(s.more.Cases) != 500 {
		t.Error("a connection without findings is counted")
	}
}

// What is only counted keeps the steps that decide, which endings rest on.
func TestOfAFindingThatIsOnlyCountedTheDecidingStepsStay(t *testing.T) {
	f := Finding{Verdict: Indeterminate, Head: []byte("x"), Trigger: &Trigger{}, Evidence: []Step{{Rule: Missed}, {Rule: Filtered, Decides: true}, {Rule: Altered}}}
	f.slim()
	if len(f.Evidence) != 1 || f.Evidence[0].Rule != Filtered || cap(f.Evidence) > 1 {
		t.Errorf("%+v of room for %d, want the step that decides", f.Evidence, cap(f.Evidence))
	}
	if f.Verdict != Indeterminate || f.Head != nil || f.Trigger != nil {
		t.Errorf("%+v", f)
	}
}
