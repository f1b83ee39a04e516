package align

import (
	"bothends/correlate/segment"
	"bothends/correlate/tap"
)

// A Summary is what remains of a connection about which there is nothing to
// judge: its counts, and how the path changes its headers. It is small, as there
// may be a million of them.
type Summary struct {
	Ledger   [2]Ledger // by the End that sends the stream
	Seen     [2]int64  // segments of the stream at both taps: what its ledger adds up to
	Passed   [2]int64  // as in Stream
	Missed   [2]int64
	Rewrites [2]Rewrites
	Unjudged [2]int64 // resets beyond those that are kept apart
	Routes   [2]Route
	// HalfSeen: the capture of one end ran, and lacks most of what passed it in one direction.
	HalfSeen bool
}

// Summaries are those of many connections, of which most are the same as another one's.
type Summaries struct{ known map[Summary]*Summary }

// mostSummaries bounds what is remembered: a megabyte. What is not among the first is as
// often as not the only one of its kind.
const mostSummaries = 1 << 12

// Share returns a Summary with these counts, which nobody may change.
func (all *Summaries) Share(sum Summary) *Summary {
	if shared := all.known[sum]; shared != nil {
		return shared
	}
	if all.known == nil {
		all.known = map[Summary]*Summary{}
	}
	fresh := new(sum)
	if len(all.known) < mostSummaries {
		all.known[sum] = fresh
	}
	return fresh
}

// A Route is how many routers one stream's segments passed.
type Route struct {
	Hops  int16 // as Path.Hops
	TTL   uint8 // at the receiver's tap
	Known bool  // some segments passed, and all of them showed Hops
	Mixed bool  // not all of them arrived with TTL
}

// Rewrites are harmless changes to the headers of one stream.
type Rewrites struct {
	MSSFrom, MSSTo uint16            // the sender's MSS option and what arrived, if it was changed
	Stripped       segment.OptionSet // options that were sent and did not arrive
	Added          segment.OptionSet // options that arrived and were not sent
	DSCP           uint32            // segments whose DSCP was changed
	ECN            uint32            // segments whose ECN bits were changed
	Windows        uint32            // segments whose window was changed
	// SACKsLeft are acknowledgments whose SACK blocks arrived as they had left, where the
	// numbers that they are about are rewritten; SACKsMoved those with blocks that were, too.
	SACKsLeft, SACKsMoved uint32
}

// Summary adds up a finished connection.
func (c *Connection) Summary() (sum Summary) {
	for end := range c.Streams {
		s := &c.Streams[end]
		sum.HalfSeen = sum.HalfSeen || s.halfSeen(&c.Streams[tap.End(end).Other()])
		sum.Seen[end] = s.Seen[tap.Client] + s.Seen[tap.Server]
		sum.Ledger[end], sum.Passed[end], sum.Missed[end] = s.Ledger, s.Passed, s.Missed
		sum.Rewrites[end], sum.Unjudged[end] = s.Path.Rewrites, s.MoreReset
		sum.Routes[end] = Route{Hops: int16(s.Path.Hops), TTL: s.Path.TTL, Known: s.Path.HopsSame > 0 && s.Path.HopsOther == 0, Mixed: s.Path.TTLOther > 0}
	}
	return sum
}

// Quiet reports whether a finished connection leaves nothing to judge: no reset at
// either tap, nothing that the two disagree about, and no Opening that was asked for.
func (c *Connection) Quiet() bool {
	for end := range c.Streams {
		s := &c.Streams[end]
		if len(s.Resets[tap.Client])+len(s.Resets[tap.Server])+len(s.Leftovers) > 0 || s.changed() || s.Storm.Told() || s.ShutByNobody() || s.Ahead.Acks > 0 || s.stuck() || s.GotOpening != nil {
			return false
		}
	}
	return true
}

// stuck reports whether something of the stream never arrived in any copy.
func (s *Stream) stuck() bool {
	for i := range s.Vanished {
		if !s.Vanished[i].Reached {
			return true
		}
	}
	return false
}
