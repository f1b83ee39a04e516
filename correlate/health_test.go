package correlate_test

import (
	"math"
	"testing"
)

// What each connection tells of a capture's completeness adds up to what all of
// them tell together, and each has the bound that goes with its own number:
// 1 - 0.05^(1/n), nothing being missing in this pair.
func TestEachConnectionSaysHowCompleteTheCapturesAreAndTheyAddUp(t *testing.T) {
	const dir = "../fixtures/pairs/starttls-2012"
	r, err := compare(t, dir, readTruths(t, dir)[dir])
	if err != nil {
		t.Fatal(err)
	}
	var client, server int64
	for _, c := range r.Connections {
		if c.Health == nil {
			t.Fatalf("connection %d: no health", c.ID)
		}
		client, server = client+c.Health.Client.Passed, server+c.Health.Server.Passed
		if want := 1 - math.Pow(0.05, 1/float64(c.Health.Server.Passed)); math.Abs(c.Health.Server.MissBound-want) > 1e-9 {
			t.Errorf("connection %d: bound %v for %d packets, want %v", c.ID, c.Health.Server.MissBound, c.Health.Server.Passed, want)
		}
	}
	if pooled := r.Captures.Client.Health.Passed; client != pooled || client == 0 {
		t.Errorf("the client's captures show %d packets on all connections, and %d pooled", client, pooled)
	}
	if pooled := r.Captures.Server.Health.Passed; server != pooled || server == 0 {
		t.Errorf("the server's captures show %d packets on all connections, and %d pooled", server, pooled)
	}
}
