package ending

import (
	"slices"
	"testing"

	"bothends/correlate/segment"
	"bothends/correlate/survey"
)

// Told by hand: SYNs from one address, every eight seconds, each with a timestamp and whether
// it was answered.
func TestTimestampsThatRunBackAreTheCauseOnlyIfNothingSpeaksAgainst(t *testing.T) {
	const answered, missed = true, false
	type syn struct {
		stamp    uint32
		answered bool
	}
	ahead := func(n int) (list []syn) {
		for i := range n {
			list = append(list, syn{5_000_000 + uint32(8000*i), answered})
		}
		return list
	}
	behind := syn{4000, missed}
	for name, c := range map[string]struct {
		syns []syn
		step int64 // seconds
		want []int32
	}{
		"two of an older clock among seven":    {slices.Concat(ahead(4), []syn{behind}, ahead(8)[4:7], []syn{behind}), 8, []int32{4, 8}},
		"one among twenty":                     {slices.Concat(ahead(10), []syn{behind}, ahead(20)[10:]), 8, []int32{10}},
		"one among six: may be chance":         {slices.Concat(ahead(6), []syn{behind}), 8, nil},
		"none missed":                          {ahead(9), 8, nil},
		"one of the older ones was answered":   {slices.Concat(ahead(8), []syn{behind, {4000, answered}, behind}), 8, nil},
		"a newer one was missed, too":          {slices.Concat(ahead(8), []syn{behind, behind, {9_000_000, missed}}), 8, nil},
		"the last was more than a minute ago":  {slices.Concat(ahead(8), []syn{behind, behind}), 61, nil},
		"newer although the clock went around": {slices.Concat([]syn{{1<<32 - 5, answered}}, ahead(1), []syn{{3, missed}}), 8, nil},
		"nothing came before":                  {slices.Concat([]syn{behind, behind}, ahead(9)), 8, nil},
	} {
		sv := &survey.Survey{}
		for i, s := range c.syns {
			at := int64(i) * c.step * 1e9
			one := &survey.Connection{FirstNS: at, SYNNS: max(at, 1), LastNS: at + 1e9, Handshake: true, Flows: new([2]survey.Flow),
				Ends: [2]segment.Endpoint{{IP: [16]byte{15: 7}, Port: uint16(i)}, {IP: [16]byte{15: 9}, Port: 25}}}
			one.Flows[survey.Initiator] = survey.Flow{Segments: 1, TSVal: s.stamp, HasTSVal: true}
			if s.answered {
				one.Flows[survey.Responder].Segments = 1
			}
			sv.Connections = append(sv.Connections, one)
		}
		var got []int32
		for i := range StampsOf(sv) {
			got = append(got, i)
		}
		slices.Sort(got)
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}
