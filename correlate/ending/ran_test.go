package ending

import (
	"testing"

	"bothends/correlate/align"
	"bothends/correlate/clock"
	"bothends/correlate/tap"
)

// A recording that ended while a packet may still have been on its way, or that began after
// it left, does not show that it did not come.
func TestARecordingMustHaveRunUntilWhatLeftCanHaveCome(t *testing.T) {
	const ms = int64(1e6)
	var bounds clock.Bounds
	for i := range int64(20) {
		bounds.ToServer(i*100*ms, i*100*ms+20*ms)
		bounds.ToClient(i*100*ms, i*100*ms+20*ms)
	}
	fit := bounds.Fit()
	for name, c := range map[string]struct {
		from, to int64
		later    int64 // when another packet left the client and came; 0 is never
		want     bool
	}{
		"all the time":                   {0, 9000, 0, true},
		"it ended 15 ms after it left":   {0, 1015, 0, false},
		"it ended half a second later":   {0, 1500, 0, false},
		"it began when it had left":      {1100, 9000, 0, false},
		"it holds what left later":       {0, 1030, 1005, true},
		"it holds what left before":      {0, 1015, 990, false},
		"it ended a second and a bit on": {0, 2100, 0, true},
		"it had ended before":            {0, 900, 0, false},
	} {
		e := &ender{Input: &Input{Clock: &fit, Ran: [2]bool{true, true}, Coverage: [2]tap.Coverage{tap.Server: {FirstNS: c.from * ms, LastNS: c.to * ms}}, Trips: &align.Trips{}}}
		if c.later != 0 {
			e.Trips.By[tap.Client] = []align.Trip{{SentNS: c.later * ms}}
		}
		if got := e.serverRan(1000 * ms); got != c.want {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}

// Where nothing compares the clocks they are taken to be set: a recording that had ended half a
// minute before, by its own, did not run.
func TestARecordingThatHadEndedDidNotRunWhateverItsClock(t *testing.T) {
	const s = int64(1e9)
	for name, c := range map[string]struct {
		from, to int64
		want     bool
	}{
		"it ran":                      {50, 200, true},
		"it had ended 36 s before":    {50, 64, false},
		"it began 30 s later":         {130, 200, false},
		"it ended right after it":     {50, 100, false},
		"it began an hour before":     {-3500, 102, true},
		"it had ended an hour before": {-3600, -3500, false},
	} {
		e := &ender{Input: &Input{Clock: &clock.Fit{}, Ran: [2]bool{true, true}, Coverage: [2]tap.Coverage{tap.Server: {FirstNS: c.from * s, LastNS: c.to * s}}}}
		if got := e.serverRan(100 * s); got != c.want {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}
