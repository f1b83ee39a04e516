package judge

import (
	"testing"

	"bothends/correlate/pair"
	"bothends/correlate/tap"
)

// The gravest finding on a connection is the verdict on it, whether it was kept or only
// counted; on one that is not comparable nothing is said.
func TestAConnectionHasTheVerdictOfItsGravestFinding(t *testing.T) {
	lostSomething := Finding{Verdict: Indeterminate, ReceivedAt: tap.Server, SeenAt: tap.Client}
	unknown, forged := Finding{Verdict: Indeterminate}, Finding{Verdict: Injected}
	for _, tt := range []struct {
		name     string
		p        pair.Pair
		findings []Finding
		counted  Grave
		want     State
	}{
		{"nothing found", pair.Pair{}, nil, Harmless, Clean},
		{"a genuine reset", pair.Pair{}, []Finding{{Verdict: Genuine}}, Harmless, Clean},
		{"a packet that may be lost", pair.Pair{}, []Finding{lostSomething}, Harmless, Clean},
		{"one of unknown origin, and a genuine one", pair.Pair{}, []Finding{unknown, {Verdict: Genuine}}, Harmless, Inconclusive},
		{"one injected if a fact holds", pair.Pair{}, []Finding{{Verdict: Conditional}}, Harmless, Inconclusive},
		{"a forged one before one of unknown origin", pair.Pair{}, []Finding{forged, unknown}, Harmless, Tampered},
		{"one of unknown origin before changed data", pair.Pair{}, []Finding{unknown, {Verdict: Modified}}, Harmless, Tampered},
		{"a reset of the owner of the address", pair.Pair{}, []Finding{{Verdict: ByAddressOwner}}, Harmless, Tampered},
		{"one of unknown origin, and forged ones only counted", pair.Pair{}, []Finding{unknown}, Interfered, Tampered},
		{"a proxy's", pair.Pair{Method: pair.Payload}, []Finding{{Verdict: Interposed}}, Harmless, Proxied},
		{"at one end only, with a forged one", pair.Pair{Server: pair.NoView}, []Finding{forged}, Harmless, OneSided},
	} {
		j := Judgement{Findings: tt.findings, Further: Further{Cases: map[int]Grave{0: tt.counted}}}
		if got := j.States([]Case{{Pair: &tt.p}}); got[0] != tt.want {
			t.Errorf("%s: %s, want %s", tt.name, got[0], tt.want)
		}
	}
}
