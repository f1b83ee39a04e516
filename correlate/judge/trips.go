package judge

import (
	"slices"

	"bothends/correlate/align"
	"bothends/correlate/tap"
)

// fastest is the smaller of the smallest round trips that were timed before a time by
// the receiver's clock and after it, and by how many packets each way at least.
func fastest(timed *align.Trips, receiver tap.End, received int64) (trips int, roundTrip int64) {
	if timed == nil {
		return 0, 0
	}
	var least [2][2]int64 // before and after, by direction
	var n [2][2]int
	for end, list := range timed.By {
		for _, t := range list {
			at := t.GotNS
			if tap.End(end) == receiver {
				at = t.SentNS
			}
			side := 0
			if at > received {
				side = 1
			}
			if under := t.GotNS - t.SentNS; n[side][end] == 0 || under < least[side][end] {
				least[side][end] = under
			}
			n[side][end]++
		}
	}
	trips = min(n[0][0], n[0][1], n[1][0], n[1][1])
	return trips, min(least[0][0]+least[0][1], least[1][0]+least[1][1])
}

// steadyTrips is how many packets must have been timed in each direction, before
// and after.
const steadyTrips = 3

// steady reports whether packets that passed before and after a time by one end's clock
// show that no clock was set by half of step in between. That would make the fastest of
// one direction faster by as much as those of the other slower.
func steady(timed *align.Trips, by tap.End, at, step int64) bool {
	if timed == nil {
		return false
	}
	var change [2]int64 // by direction
	for end := range change {
		var before, after []int64
		for _, t := range timed.By[end] {
			mine := t.SentNS
			if tap.End(end) != by {
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

// enoughTrips is how many packets must have been timed in each direction, before and
// after, before the fastest of them stands for the path.
const enoughTrips = 10

// sendAgainNS is how soon a host may send a message again: Linux's least
// retransmission timeout (TCP_RTO_MIN). What comes later than that after the
// fastest way may be a second copy.
const sendAgainNS = 200e6

// promptly reports whether so much time leaves nothing but an answer: what answers a
// message at once comes within a round trip. Later than a host waits to send again, a timer
// that ran out in the silence after the message would bring the same numbers.
func (all *pooled) promptly(ns int64) bool { return ns <= all.roundTripNS+sendAgainNS }
