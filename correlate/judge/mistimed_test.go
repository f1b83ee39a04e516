package judge

import (
	"testing"

	"bothends/correlate/align"
	"bothends/correlate/segment"
	"bothends/correlate/tap"
)

// The server's clock was set while it recorded, by 25 ms, which is less than a round
// trip: nothing contradicts the clocks as they were, the server seems to have sent
// its reset after it arrived, and to have received only then what it acknowledges.
func TestAResetThatDiffersFromOneThatWasSentByItsTimeAloneIsNotForged(t *testing.T) {
	trips := func(set int64) *align.Trips {
		trips := &align.Trips{}
		for n := int64(0); n < 5; n++ {
			for at, by := range map[int64]int64{1000 * ms: 0, 4000 * ms: set} {
				trips.By[tap.Client] = append(trips.By[tap.Client], align.Trip{SentNS: at + n*ms, GotNS: at + (20+n)*ms + by})
				trips.By[tap.Server] = append(trips.By[tap.Server], align.Trip{SentNS: at + n*ms + by, GotNS: at + (20+n)*ms})
			}
		}
		return trips
	}
	for _, tt := range []struct {
		name     string
		sentIPID uint16
		gotIPID  uint16
		trips    *align.Trips
		want     Verdict
	}{
		{"the same IP-ID tells that it is this one", 5, 5, trips(0), Indeterminate},
		{"without an IP-ID, and nothing shows what the clock did", 0, 0, nil, Indeterminate},
		{"without an IP-ID, and packets show that the clock was set", 0, 0, trips(25 * ms), Indeterminate},
		{"without an IP-ID, and packets show that it was not", 0, 0, trips(0), Injected},
		{"another IP-ID", 5, 6, trips(0), Injected},
	} {
		b := trial()
		b.Trips, b.Witnesses[tap.Server].DropsKnown = tt.trips, true
		sent, got := reset(3025*ms, 1000, 64, tt.sentIPID), reset(3020*ms, 1000, 57, tt.gotIPID)
		for _, r := range []*align.Reset{sent, got} {
			r.Flags |= segment.ACK
		}
		got.AckSent = tap.Frame{Number: 8, TimeNS: 3015 * ms}
		got.AckReached, got.AckArrived = align.Seen, tap.Frame{Number: 9, TimeNS: 3045 * ms}
		s := &b.Cases[0].Streams[tap.Server]
		s.Resets[tap.Server], s.Resets[tap.Client] = []*align.Reset{sent}, []*align.Reset{got}
		if f := verdicts(b)[0]; f.Verdict != tt.want {
			t.Errorf("%s: %s (%s), want %s: %s", tt.name, f.Verdict, f.Confidence, tt.want, told(f))
		}
	}
}
