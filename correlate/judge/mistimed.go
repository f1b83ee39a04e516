package judge

import (
	"slices"

	"bothends/correlate/align"
	"bothends/correlate/segment"
	"bothends/correlate/tap"
)

// mistimed tells whether s, which left the sender, is r but for its time: by the
// clocks as they were fitted it left too late. A clock that is set by less than the
// smallest round trip contradicts nothing, and close to the end of a recording
// nothing may contradict a larger step, so that the time alone does not make another
// packet of it. It does where the packets timed around it show that no clock was
// set, and nothing but zeros is alike.
func (h *hearing) mistimed(s, r *align.Reset) bool {
	if !sameNumbers(s, r) || h.sentBefore(s.TimeNS, r.TimeNS) || h.signs(s, r) != bothSigns || s.Window != r.Window {
		return false
	}
	stamped := s.Options&r.Options&segment.Timestamps != 0
	if stamped && s.TSVal != r.TSVal {
		return false
	}
	distinct := stamped || !s.IPv6 && s.IPID != 0 && s.IPID == r.IPID
	return distinct || !h.steady(s.TimeNS, s.TimeNS-h.latestSent(r.TimeNS))
}

// steadyTrips is how many packets must have been timed in each direction, before
// and after.
const steadyTrips = 3

// steady tells whether packets that passed before and after a time by the sender's
// clock show that no clock was set by half of step in between. That would make the
// fastest of one direction faster by as much as those of the other slower.
func (h *hearing) steady(at, step int64) bool {
	var change [2]int64 // by direction
	for end := range change {
		var before, after []int64
		if h.Trips == nil {
			return false
		}
		for _, t := range h.Trips.By[end] {
			mine := t.SentNS
			if tap.End(end) != h.sender {
				mine = t.GotNS
			}
			if mine < at {
				before = append(before, t.GotNS-t.SentNS)
			} else {
				after = append(after, t.GotNS-t.SentNS)
			}
		}
		if min(len(before), len(after)) < steadyTrips {
			return false
		}
		change[end] = slices.Min(after) - slices.Min(before)
	}
	set := abs(change[tap.Client]-change[tap.Server]) / 2
	return 2*set < step
}
