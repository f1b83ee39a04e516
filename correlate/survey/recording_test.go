package survey

import (
	"slices"
	"testing"

	"bothends/capture"
	"bothends/capture/testimony"
)

func TestARecordingIsLongerThanItsPacketsSpan(t *testing.T) {
	one, other := testimony.NewLog(), testimony.NewLog()
	one.Add(testimony.Record{Event: testimony.Start, Session: "first", End: "client", Clock: &testimony.Clock{Synchronised: true, MaximumErrorNS: 5}}.Line())
	one.Add(testimony.Record{Event: testimony.End, Clock: &testimony.Clock{MaximumErrorNS: 3}}.Line())
	other.Add(testimony.Record{Event: testimony.Start, Session: "first", End: "client"}.Line())
	sv := &Survey{
		Interfaces: []capture.Interface{{Counters: capture.Counters{StartNS: 100, EndNS: 900}}, {Counters: capture.Counters{StartNS: 50, EndNS: 800}}, {}},
		Testimony:  []*testimony.Log{one, other, testimony.NewLog()},
	}
	r := sv.Recording()
	if r.FromNS != 50 || r.UntilNS != 900 || !slices.Equal(r.Sessions, []string{"first"}) || !slices.Equal(r.Ends, []string{"client"}) ||
		r.Clock == nil || r.Clock.Synchronised || r.Clock.MaximumErrorNS != 5 {
		t.Errorf("got %+v, clock %+v", r, r.Clock)
	}
}
