package judge

import (
	"math"
	"strings"
	"testing"

	"bothends/correlate/align"
	"bothends/correlate/clock"
	"bothends/correlate/tap"
)

// What leaves together is lost together, and the end of a connection is another time than
// its middle: who doubts the verdict needs the clusters, how many were near, and how many
// were resets. The bounds are 1 - 0.05^(1/n), by hand.
func TestTheMissBoundIsThatOfClustersAndOfTheMoment(t *testing.T) {
	tests := []struct {
		name          string
		overall, near int64 // clusters, of which so many within a second
		together      int64 // packets in each
		bound         float64
		want          string
	}{
		{"many near the moment", 300, 59, 1, 0.0495, "in 300 clusters of ten milliseconds, 59 of them within a second of this packet, and 1 of them were resets: the chance that it missed any one packet like them is below 5 %"},
		{"few near the moment", 300, 9, 1, 0.2831, "9 of them within a second of this packet, and 1 of them were resets: the chance that it missed any one packet like them is below 28 %"},
		{"bursts count once", 20, 20, 50, 0.1391, "in 20 clusters of ten milliseconds, 20 of them"},
		{"none near the moment", 300, 0, 1, 1, "too few to bound the chance"},
	}
	for _, tt := range tests {
		b := trial()
		s := &b.Cases[0].Streams[tap.Server]
		s.Passed = tt.overall * tt.together
		s.Resets[tap.Server] = []*align.Reset{reset(500*ms, 400, 60, 9)}
		s.Resets[tap.Client] = []*align.Reset{reset(520*ms, 400, 57, 9), reset(3020*ms, 1000, 57-3, 0)}
		b.Trips = clusters(tap.Server, tt.overall, tt.near, tt.together)
		found := false
		for _, f := range verdicts(b) {
			for _, s := range f.Evidence {
				if f.TimeNS != 3020*ms || s.Rule != Missed {
					continue
				}
				found = true
				if !strings.Contains(s.Text, tt.want) {
					t.Errorf("%s: %q, want %q", tt.name, s.Text, tt.want)
				}
				if got := s.Values["miss_bound"].(float64); math.Abs(got-tt.bound) > 0.0001 {
					t.Errorf("%s: bound %.4f, want %.4f", tt.name, got, tt.bound)
				}
			}
		}
		if !found {
			t.Errorf("%s: no word on capture loss", tt.name)
		}
	}
}

// clusters lets so many packets in each of so many clusters have passed: near of them
// within a second of three seconds, the rest long after.
func clusters(sender tap.End, overall, near, together int64) *align.Trips {
	trips := &align.Trips{}
	passInClusters(trips, sender, overall, near, together)
	return trips
}

func passInClusters(trips *align.Trips, sender tap.End, overall, near, together int64) {
	for i := range overall {
		at := 2050*ms + i*10*ms
		if i >= near {
			at = 60_000*ms + i*10*ms
		}
		for k := range together {
			align.Passed(sender, at+k, at+20*ms, &clock.Bounds{}, trips)
		}
	}
}
