package align

import (
	"bothends/correlate/clock"
	"bothends/correlate/segment"
	"bothends/correlate/survey"
	"bothends/correlate/tap"
)

// Alike reports whether both taps recorded the very same segments of a connection,
// each stream's in one order, and no reset. Then all of them passed unchanged,
// and there is nothing to lay over each other: the n-th at one tap is the n-th at
// the other. The sides are those of the host at the client end, shift is that of
// NewConnection; the surveys' prints are of one seed.
//
// Two different connections pass for alike with a chance of 2^-50 at most. That can hide
// a packet; it accuses nobody.
func Alike(client, server *survey.Connection, clientSide, serverSide survey.Side, shift [2]uint32) bool {
	for _, sender := range []tap.End{tap.Client, tap.Server} {
		c, s := &client.Flows[clientSide], &server.Flows[serverSide]
		if c.Resets+s.Resets > 0 || c.Segments != s.Segments || c.Print != s.Print {
			return false
		}
		if c.Begun != s.Begun || c.FromSYN != s.FromSYN || s.Base-c.Base != shift[sender] && c.Begun {
			return false
		}
		clientSide, serverSide = clientSide.Other(), serverSide.Other()
	}
	return true
}

// AlikeSummary is the Summary of a connection that is Alike at both taps.
func AlikeSummary(client, server *survey.Connection, clientSide, serverSide survey.Side) (sum Summary) {
	views := [2]*survey.Connection{client, server}
	sides := [2]survey.Side{clientSide, serverSide} // that send
	for _, sender := range []tap.End{tap.Client, tap.Server} {
		sent, got := &views[sender].Flows[sides[sender]], &views[sender.Other()].Flows[sides[sender.Other()]]
		n := sent.Segments
		sum.Ledger[sender].Matched = 2 * n
		sum.Seen[sender] = 2 * n
		sum.Passed[sender] = n
		// Alike, their TTLs differ by one number.
		sum.Routes[sender] = Route{Hops: int16(sent.TTL) - int16(got.TTL), TTL: got.TTL, Known: n > 0}
		sides[tap.Client], sides[tap.Server] = sides[tap.Client].Other(), sides[tap.Server].Other()
	}
	return sum
}

// A Sampler picks segments of one stream that is alike at both taps: the same
// ones at each, as both feed it the same segments.
type Sampler struct {
	fit    uint32 // how many could be picked
	high   uint32 // the sequence number behind all before, if begun
	acked  uint32 // the highest acknowledgment, if acking
	ipID   uint16 // of the segment before
	begun  bool
	opened bool  // it began with a SYN
	acking bool  // it acknowledged something
	late   uint8 // so many are still to be passed over
}

// PassOver takes the first n segments for none of the stream's: the other tap did not
// see them.
func (p *Sampler) PassOver(n uint8) { p.late = n }

const (
	// allOfFirst segments of a stream are picked, and then one of so many, which
	// is less work for the same certainty: of those near each other in time only
	// the fastest tells anything.
	allOfFirst = 16
	oneIn      = 8
)

// Pick reports whether s is one to tell of the path's delay and of the clocks. It
// must be the first of its kind: whatever arrives as such left no earlier. Of
// several that look alike it does not show which was lost and which doubled.
func (p *Sampler) Pick(s *segment.Segment) bool {
	if p.late > 0 {
		p.late--
		return false
	}
	if p.first(s) {
		p.fit++
		return p.fit <= allOfFirst || p.fit%oneIn == 0
	}
	return false
}

// first reports whether s brought nothing but new data, or if it brought none,
// acknowledges more than those before or has an IP-ID of its own.
func (p *Sampler) first(s *segment.Segment) bool {
	n := s.SeqLen()
	ahead := int32(s.Seq + n - p.high)
	fresh := !p.begun || ahead >= int32(n)
	if !p.begun || ahead > 0 {
		p.high = s.Seq + n
	}
	further := false
	if s.Flags&segment.ACK != 0 && (!p.acking || int32(s.Ack-p.acked) > 0) {
		further = p.acking || p.opened
		p.acking, p.acked = true, s.Ack
	}
	counted := s.IPID != 0 && s.IPID != p.ipID
	p.opened = p.opened || s.Flags&segment.SYN != 0
	p.begun, p.ipID = true, s.IPID
	if n == 0 {
		return further || counted
	}
	return fresh
}

// Passages joins the times at which segments of alike connections passed the two
// taps, and tells of the clocks and of the path's delay.
type Passages struct {
	bounds  *clock.Bounds
	trips   *Trips
	streams [][2]ahead // by connection and sender
	free    [][]int64  // used times, for the next stream that needs some
}

// ahead are the times at one tap of segments that have not been seen at the other.
type ahead struct {
	times []int64
	head  int32 // those before it are done with
	at    tap.End
	lost  bool // there were too many: what comes is not joined any more
}

// maxAhead bounds how many are kept: ten seconds at 5000 packets a second, of
// which one in eight is picked.
const maxAhead = 6250

// NewPassages is for so many connections, which are numbered from 0.
func NewPassages(connections int, bounds *clock.Bounds, trips *Trips) *Passages {
	return &Passages{bounds: bounds, trips: trips, streams: make([][2]ahead, connections)}
}

// Note takes the time at which the tap at end saw a segment that was picked of
// the stream of sender.
func (p *Passages) Note(connection int32, end, sender tap.End, timeNS int64) {
	a := &p.streams[connection][sender]
	switch {
	case a.lost:
	case len(a.times) == 0 || a.at == end:
		p.push(a, end, timeNS)
	case end == sender:
		p.passed(sender, timeNS, p.pop(a))
	default:
		p.passed(sender, p.pop(a), timeNS)
	}
}

func (p *Passages) push(a *ahead, end tap.End, timeNS int64) {
	if len(a.times)-int(a.head) == maxAhead {
		*a = ahead{lost: true}
		return
	}
	if n := len(p.free); a.times == nil && n > 0 {
		a.times, p.free = p.free[n-1], p.free[:n-1]
	}
	if 2*int(a.head) >= len(a.times) && len(a.times) == cap(a.times) {
		a.times, a.head = a.times[:copy(a.times, a.times[a.head:])], 0
	}
	a.at, a.times = end, append(a.times, timeNS)
}

func (p *Passages) pop(a *ahead) (timeNS int64) {
	timeNS = a.times[a.head]
	if a.head++; int(a.head) == len(a.times) {
		p.free = append(p.free, a.times[:0])
		a.times, a.head = nil, 0
	}
	return timeNS
}

func (p *Passages) passed(sender tap.End, sent, got int64) {
	Passed(sender, sent, got, p.bounds, p.trips)
}

// Passed tells of a packet that passed the sender's tap at sent and the other one at
// got, each by that tap's clock.
func Passed(sender tap.End, sent, got int64, bounds *clock.Bounds, trips *Trips) {
	trips.add(sender, sent, got)
	if sender == tap.Client {
		bounds.ToServer(sent, got)
	} else {
		bounds.ToClient(sent, got)
	}
}

// Picked is about how many of a stream's segments a Sampler picks.
func Picked(segments int64) int64 {
	return min(segments, allOfFirst) + max(0, segments-allOfFirst)/oneIn
}
