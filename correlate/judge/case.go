package judge

import (
	"bothends/correlate/align"
	"bothends/correlate/clock"
	"bothends/correlate/pair"
	"bothends/correlate/segment"
	"bothends/correlate/survey"
	"bothends/correlate/tap"
	"bothends/correlate/witness"
)

// A Case is one connection to be judged: a paired one; one that only the client
// end's capture holds although it went to the server end, and that was reset or
// whose SYN vanished; or the remapped part of another, with resets.
type Case struct {
	// Sum is what its segments add up to, and shared by all cases with the same; nil before
	// it is closed.
	Sum               *align.Summary
	*align.Connection // nil if there is nothing to judge: it is Quiet, or Alike
	// Alike: both captures hold the very same segments of it, and it was summed up
	// without a look at them.
	Alike bool
	Pair  *pair.Pair
	// Remapped are the cases of packets of this connection that came under other
	// addresses than the rest, and Of is the case that such packets belong to.
	Remapped []int
	Of       int
	// Tuples are how each End's capture knows the two hosts; nil if there is nothing to judge.
	Tuples *[2]Tuple
	// Translated says, by End, that the two captures know that host under
	// different addresses or ports.
	Translated [2]bool
	// FIN says, by End, that the host there closed its side, as either capture shows.
	FIN [2]bool
	// Unacknowledged is, by the End that sent it, how much of sequence space came to the
	// other end and was acknowledged at neither tap.
	Unacknowledged [2]int64
	// Unheeded says, by the End that sent it, that it came again and again meanwhile.
	Unheeded [2]bool
	// Unverified says that of what was Unheeded no copy is known to have come with the right
	// checksum: the captures do not hold the packets whole, or their checksums.
	Unverified bool
	// Errors are the ICMP errors about it that came to either end in the other one's name.
	Errors []*Quoted
	// Service is the address that the client end reached; nil if no connection to it
	// is in both captures.
	Service *Service
}

// tuple is how an End's capture knows the two hosts.
func (c *Case) tuple(end tap.End) Tuple {
	if c.Tuples == nil {
		return Tuple{}
	}
	return c.Tuples[end]
}

// Summary is what the case's segments add up to. Nobody may change it.
func (c *Case) Summary() *align.Summary {
	if c.Sum == nil {
		return new(align.Summary) // of no segments
	}
	return c.Sum
}

// Close finishes the case's connection, and lets it go if nothing of it is left
// to judge, or keeps what is. What it needed goes to the pool.
func (c *Case) Close(pool *align.Pool, sums *align.Summaries) {
	if c.Connection == nil || c.Sum != nil { // nothing of it came, or it is closed
		return
	}
	pool.Finish(c.Connection)
	c.Sum = sums.Share(c.Connection.Summary())
	for sender, again := range c.Unheeded {
		// The path may have doubled something else, which counts among the bytes that came.
		c.Unheeded[sender] = again && c.Streams[sender].Sums.Unheeded >= leastUnheeded
		c.Unverified = c.Unverified || c.Unheeded[sender] && c.Streams[sender].Sums.RepeatsRight == 0
	}
	if c.Quiet() && len(c.Errors) == 0 {
		pool.TakeBack(c.Connection)
		c.Connection = nil
		return
	}
	c.Connection = pool.Keep(c.Connection)
}

// leastUnheeded is how often what nobody acknowledges must have come once more.
const leastUnheeded = 2

// Input is everything that the judgement of all connections rests on. It is only read.
type Input struct {
	Clock     *clock.Fit
	Witnesses [2]witness.Witness // by End
	Cases     []Case
	// Services are the addresses at which the client end reached the server end.
	Services map[Address]*Service
	Trips    *align.Trips // how long packets are under way; nil if nobody took note
	TickNS   int64        // how far apart the time stamps of the coarser capture are
	// Resets are all that each End's capture holds, of whatever connection, and Own
	// the addresses that it shows its host to have.
	Resets [2][]survey.Reset
	// Quotes are the ICMP errors that each End's capture holds, and MoreQuotes how many it
	// holds besides.
	Quotes     [2][]survey.Quote
	MoreQuotes [2]int64
	Own        [2]map[Address]bool
	// Stated is what the user states of either end.
	Stated []Statement
	// Halfway are packets that a comparison with a tap between the ends found to be made on
	// the receiver's side of that tap; nil if there is no such tap.
	Halfway map[Arrival]HalfwayFact
	// ShowPayload lets payload bytes be shown of triggers that are not recognised.
	ShowPayload bool
}

// Tuple is how one capture knows the two hosts of a connection, by tap.End; both zero
// if it does not hold it.
type Tuple [2]segment.Endpoint

// Address is an IP address as package segment has it.
type Address = [16]byte

// Add counts a connection to the service that both captures hold as one.
func (s *Service) Add(c *Case) {
	sum := c.Summary()
	for end := range s.Ways {
		s.Ways[end].add(sum.Routes[end], sum.Passed[end])
	}
	s.Paired++
	if c.Translated[tap.Server] {
		s.Translated++
	}
}
