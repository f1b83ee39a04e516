package judge

import (
	"time"

	"bothends/correlate/clock"
	"bothends/correlate/tap"
)

// comparable tells whether the clocks can be compared at a time by the
// receiver's clock.
func (h *hearing) comparable(received int64) bool {
	return h.Clock.Known() && h.Clock.UncertaintyAt(h.clientTime(received)) < clock.Unbounded
}

// clientTime turns a time by the receiver's clock into the client's.
func (h *hearing) clientTime(received int64) int64 {
	if h.sender == tap.Server { // received at the client
		return received
	}
	return h.Clock.ClientTime(received)
}

// margin is by how much something must miss the fastest packet seen before it
// counts as certain: a quarter of the smallest round trip, or where that is not
// known all that the clock can be wrong.
func (h *hearing) margin(received int64) int64 {
	if rtt := h.stripAt(received).MinRTT(); rtt > 0 {
		return rtt / 4
	}
	return h.Clock.UncertaintyAt(h.clientTime(received))
}

// stripAt is the clock relation at a time by the receiver's clock.
func (h *hearing) stripAt(received int64) *clock.Strip {
	if h.sender == tap.Server { // received at the client
		return h.Clock.At(received)
	}
	return h.Clock.AtServer(received)
}

// atReceiver turns a time by the sender's clock into the receiver's.
func (h *hearing) atReceiver(sent int64) int64 {
	if h.sender == tap.Client {
		return h.Clock.ServerTime(sent)
	}
	return h.Clock.ClientTime(sent)
}

// latestSent is the latest time, by the sender's clock, at which a packet that
// arrived at arrived (receiver's clock) can have passed the sender's tap.
func (h *hearing) latestSent(arrived int64) int64 {
	return h.Clock.LatestSent(h.sender == tap.Server, arrived)
}

// stamp is a time as reports and JSON have it.
func stamp(ns int64) string { return time.Unix(0, ns).UTC().Format(time.RFC3339Nano) }

// clockTime is a time within a text.
func clockTime(ns int64) string { return time.Unix(0, ns).UTC().Format("15:04:05.000000") }

// readable is a duration within a text.
func readable(ns int64) string {
	d := time.Duration(ns)
	if d >= time.Second {
		return d.Round(100 * time.Millisecond).String()
	}
	return d.Round(10 * time.Microsecond).String()
}
