package correlate_test

import "testing"

// A FIN that was taken from a packet on the way is one event: the packet is told as changed,
// and no FIN as lost besides.
func TestAFINThatWasTakenIsToldOnce(t *testing.T) {
	dir := "../fixtures/cases/fin-taken"
	r, err := compare(t, dir, readTruths(t, dir)[dir])
	if err != nil {
		t.Fatal(err)
	}
	changed := map[int]int{}
	for _, f := range r.Findings {
		switch {
		case f.Verdict == "modified":
			changed[f.Connection]++
		case f.Kind == "fin":
			t.Errorf("connection %d: a FIN is %s, too", f.Connection, f.Verdict)
		}
	}
	if len(changed) != 6 {
		t.Errorf("packets were changed on %d connections, want 6", len(changed))
	}
	for id, n := range changed {
		if n != 1 {
			t.Errorf("connection %d: told %d times", id, n)
		}
	}
}
