package judge

import (
	"fmt"
	"strings"
	"testing"

	"bothends/correlate/align"
	"bothends/correlate/tap"
	"bothends/correlate/witness"
)

// A few packets on one connection bound little; those of all connections bound
// more. Whoever doubts the verdict needs both.
func TestTheMissBoundIsGivenForTheConnectionAndForAllTogether(t *testing.T) {
	tests := []struct {
		name         string
		here, pooled int64
		want         string
	}{
		{"among others", 5, 59, fmt.Sprintf("below %.2g %% (95 %% confidence); by this connection's 5 packets alone, below %.2g %%", 100*witness.MissBound(59, 0), 100*witness.MissBound(5, 0))},
		{"alone", 59, 59, "all of them are of this connection"},
		{"only others", 0, 59, "none of them is of this connection"},
	}
	for _, tt := range tests {
		b := trial()
		b.Cases[0].Streams[tap.Server].Passed = tt.here
		b.Cases[0].Streams[tap.Server].Resets[tap.Client] = []*align.Reset{reset(3020*ms, 1000, 57-3, 0)}
		b.Witnesses[tap.Server].Passed = tt.pooled - tt.here
		found := false
		for _, s := range verdicts(b)[0].Evidence {
			if s.Rule != Missed {
				continue
			}
			found = true
			if !strings.Contains(s.Text, tt.want) {
				t.Errorf("%s: %q, want %q", tt.name, s.Text, tt.want)
			}
			if s.Values["n"] != tt.here || s.Values["n_pooled"] != tt.pooled ||
				s.Values["miss_bound_connection"] != witness.MissBound(tt.here, 0) || s.Values["miss_bound"] != witness.MissBound(tt.pooled, 0) {
				t.Errorf("%s: %v", tt.name, s.Values)
			}
		}
		if !found {
			t.Errorf("%s: no word on capture loss", tt.name)
		}
	}
}
