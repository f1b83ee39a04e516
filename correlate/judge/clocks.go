package judge

import (
	"slices"

	"bothends/correlate/clock"
	"bothends/correlate/tap"
)

// ClockFacts relate the two clocks at the time of a packet.
type ClockFacts struct {
	Known      bool  // packets passed in both directions
	Comparable bool  // and they say something of that time
	LatestNS   int64 // sender's clock: the latest at which it can have passed the sender's tap
	// GrantedNS is LatestNS for a packet that may have been faster than any other: half a
	// round trip more, but nothing arrives before it left.
	GrantedNS int64
	DoubtNS   int64 // how far the clocks can be off there
	MinRTTNS  int64 // the smallest round trip; 0 if not known
	MarginNS  int64 // by how much something must miss the fastest before it counts
	TickNS    int64 // how far apart the stamps of the coarser capture are
	// EitherNS is LatestNS as a clock stood before it was set and after, where it was set
	// around that time, nobody knows when; valid if Set.
	EitherNS [2]int64
	Set      bool
	// BesideNS is the most that the sender's clock can show ahead of the receiver's
	// by the packets on either side of this one; valid if Bracketed. It holds whether a
	// clock was set in between or not.
	Bracketed bool
	BesideNS  int64
}

// sentBefore reports whether what passed the sender's tap at a time by the sender's clock
// can be the packet.
func (c *ClockFacts) sentBefore(sent int64) bool { return !c.Comparable || sent <= c.GrantedNS }

// likely reports whether it can, and whether where a clock was set it was under way, by the
// clocks before or after that, about as long as others are: shorter than the fastest by no
// more than granted, and longer by no more than a smallest round trip.
func (c *ClockFacts) likely(sent, granted int64) bool {
	if !c.Set || !c.Comparable {
		return c.sentBefore(sent)
	}
	return c.sentBefore(sent) && slices.ContainsFunc(c.EitherNS[:], func(latest int64) bool {
		return sent <= latest+granted && sent >= latest-4*c.MarginNS
	})
}

// soonAfter reports whether it can, and was under way no longer than a segment is.
func (c *ClockFacts) soonAfter(sent int64) bool {
	return !c.Comparable || sent <= c.GrantedNS && c.LatestNS-sent <= astrayWindowNS
}

// clocks relate the clocks of the two ends for what comes to one of them.
type clocks struct {
	fit      *clock.Fit
	receiver tap.End
	tickNS   int64
}

// at is all that the clocks say of a packet which arrived at a time by the receiver's
// clock, but for what the packets on either side of it say.
func (c clocks) at(received int64) ClockFacts {
	f := ClockFacts{Known: c.fit.Known(), TickNS: c.tickNS}
	if !f.Known {
		return f
	}
	at := c.clientTime(received)
	f.DoubtNS, f.MinRTTNS = c.fit.UncertaintyAt(at), c.strip(received).MinRTT()
	f.Comparable = f.DoubtNS < clock.Unbounded
	f.LatestNS = c.fit.LatestSent(c.receiver == tap.Client, received)
	// A quarter of the smallest round trip, or where that is not known all that the
	// clocks can be wrong.
	f.MarginNS = f.MinRTTNS / 4
	if f.MinRTTNS <= 0 {
		f.MarginNS = f.DoubtNS
	}
	guess := at // when it arrived, by the sender's clock
	if c.receiver == tap.Client {
		guess = c.fit.ServerTime(received)
	}
	f.GrantedNS = max(f.LatestNS, min(f.LatestNS+2*f.MarginNS, guess+f.DoubtNS+2*c.tickNS))
	f.EitherNS, f.Set = c.fit.EitherSide(c.receiver == tap.Client, received)
	return f
}

// clientTime turns a time by the receiver's clock into the client's.
func (c clocks) clientTime(received int64) int64 {
	if c.receiver == tap.Client {
		return received
	}
	return c.fit.ClientTime(received)
}

// strip is the relation of the clocks at a time by the receiver's clock.
func (c clocks) strip(received int64) *clock.Strip {
	if c.receiver == tap.Client {
		return c.fit.At(received)
	}
	return c.fit.AtServer(received)
}

// atReceiver turns a time by the sender's clock into the receiver's.
func (c clocks) atReceiver(sent int64) int64 {
	if c.receiver == tap.Server {
		return c.fit.ServerTime(sent)
	}
	return c.fit.ClientTime(sent)
}

// astrayWindowNS is how long before a packet what went astray can have called for it:
// the longest that a segment is taken to be under way.
const astrayWindowNS = 10e9
