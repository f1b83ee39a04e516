// Package locate estimates where on the path a box stands that answered a packet
// with forged resets: in milliseconds and in routers from each end.
//
// Let the trigger leave end A at a0 and reach end B at b0, and the forged resets
// arrive at A at a1 and at B at b1; the box is X. What follows from that:
//
//   - RTT(A,X) is at most a1-a0, if that was the trigger. This is certain, and all
//     that one reset alone can tell.
//   - If X answers both ways at the same time, RTT(A,X) is (a1-a0)-(b1-b0): the
//     time that X took to answer cancels out, and so do both clocks. The delays of
//     three packets remain in it: what the trigger lost in queues, which the
//     fastest packet its way shows, and what each reset lost.
//   - If the trigger was eaten, b0 is missing. The fastest packet each way gives
//     the time at which it would have arrived, so that the difference of the two
//     arrivals, by the aligned clocks, does the same.
//
// Asymmetry of the path does not matter to either: what comes out is a round
// trip, and the error of the clocks' offset falls out against the one-way delay
// that was measured with it. "Milliseconds from an end" are half a round trip.
package locate

import "bothends/correlate/tap"

// An Event is a trigger and the resets that answered it, as both ends saw them.
// Times are Unix nanoseconds, each by its own end's clock.
type Event struct {
	Sender  tap.End // A: who sent the trigger
	Sent    Moment  // a0
	Reached Moment  // b0; unknown if it was eaten, or not captured
	// Repeated tells that Sender sent the trigger more than once before a1, so
	// that nobody knows which copy was answered. Sent is the first one's then.
	Repeated bool
	// Blind tells that no number of the resets is one of the connection's: whoever made them
	// need not see it, nor stand on its path.
	Blind  bool
	Resets [2]Burst // a1 and b1: by the end at which they arrived
	// OffsetNS is the server's clock less the client's at this time. An error in
	// it falls out if Trips have the same.
	OffsetNS int64
	// Trips are, by the end that sent them, how long packets took to the other
	// tap: received less sent, less (from the client) or plus (from the server)
	// the offset at the time of each. Wanted are whole packets and first copies
	// only, from about this time, in any order.
	Trips [2][]int64
	// Routes are, by the end that sends, what genuine packets meet.
	Routes [2]Route
	// TickNS is how far apart the time stamps of the coarser capture are.
	TickNS int64
}

// A Moment is a time that may be unknown.
type Moment struct {
	NS    int64
	Known bool
}

// A Burst is the forged resets that arrived at one end for one trigger. None did
// if First is not known.
type Burst struct {
	First Moment
	// StepNS is the time between two resets of the burst, 0 if there was one.
	StepNS int64
	TTLs   []uint8 // as they arrived, of every reset
	// Turned is the TTL with which the packet had left their receiver that they are,
	// turned around; 0 if they are none.
	Turned uint8
}

// A Route is what genuine packets in one direction meet.
type Route struct {
	Known bool  // that the number of routers is, and that it is constant
	Hops  int   // routers between the two taps
	TTL   uint8 // with which they arrive
}

// A Place is where the box stands, as far as can be said. The two estimates are
// made independently.
type Place struct {
	Timing Timing
	Hops   Hops
	// Nearer is the end to which the box is nearer, and By what says so.
	Nearer tap.End
	By     Basis
}

// Basis is what a side was told by.
type Basis uint8

const (
	Undecided Basis = iota // neither interval lies wholly on one side
	ByTime
	ByHops
)

// Find estimates the place.
func Find(e *Event) Place {
	p := Place{Timing: e.timing(), Hops: e.hops()}
	if p.Timing.Void == "" {
		if nearer, ok := side(p.Timing.From[0].LoNS, p.Timing.From[0].HiNS, p.Timing.From[1].LoNS, p.Timing.From[1].HiNS); ok && p.Timing.FarKnown {
			p.Nearer, p.By = nearer, ByTime
			return p
		}
	}
	if p.Hops.Void == "" && p.Hops.FarKnown {
		c, s := p.Hops.From[tap.Client], p.Hops.From[tap.Server]
		if nearer, ok := side(int64(c.Lo), int64(c.Hi), int64(s.Lo), int64(s.Hi)); ok {
			p.Nearer, p.By = nearer, ByHops
		}
	}
	return p
}

// side compares two intervals of distance, from the client and from the server.
func side(clientLo, clientHi, serverLo, serverHi int64) (tap.End, bool) {
	switch {
	case clientHi < serverLo:
		return tap.Client, true
	case serverHi < clientLo:
		return tap.Server, true
	}
	return 0, false
}
