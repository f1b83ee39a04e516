// Package judge decides what the packets mean on which two captures disagree:
// whether a reset that arrived at one end, and that the other end's capture does
// not hold, was made on the way, or only missed by that capture.
//
// The way of a packet: identify finds out as what it was sent, if it was; gather
// works out all facts about one that was not; weigh lays them to the table of
// hypotheses and signs; explain adds what it resembles, what it answers and where it
// was made, none of which weigh reads.
package judge

import (
	"context"
	"slices"

	"bothends/correlate/align"
	"bothends/correlate/clock"
	"bothends/correlate/pair"
	"bothends/correlate/survey"
	"bothends/correlate/tap"
	"bothends/correlate/witness"
)

// A Case is one connection to be judged: a paired one; one that only the client
// end's capture holds although it went to the server end, and that was reset or
// whose SYN vanished; or the remapped part of another, with resets.
type Case struct {
	align.Summary
	*align.Connection // nil if there is nothing to judge: it is Quiet, or alike at both taps
	Pair              pair.Pair
	// Remapped are the cases of packets of this connection that came under other
	// addresses than the rest, and Of is the case that such packets belong to.
	Remapped []int
	Of       int
	// Tuples are how each End's capture knows the two hosts.
	Tuples [2]Tuple
	// Translated says, by End, that the two captures know that host under
	// different addresses or ports.
	Translated [2]bool
	// FIN says, by End, that the host there closed its side, as either capture shows.
	FIN [2]bool
	// Service is the address that the client end reached; nil if no connection to it
	// is in both captures.
	Service *Service
}

// Close finishes the case's connection, and lets it go if nothing of it is left
// to judge.
func (c *Case) Close() {
	if c.Connection == nil {
		return
	}
	c.Finish()
	c.Summary = c.Connection.Summary()
	if c.Quiet() {
		c.Connection = nil
	}
}

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
	Own    [2]map[Address]bool
	// Stated is what the user states of either end.
	Stated []Statement
	// ShowPayload lets payload bytes be shown of triggers that are not recognised.
	ShowPayload bool
}

// A Judgement is what became of every packet on which the captures disagree.
type Judgement struct {
	Findings []Finding
	// Kept tells which findings are to be told one by one: the first of each sort,
	// connection by connection. Of the Further ones only the steps that decide are there.
	Kept    []bool
	Further Further
	// Ledgers are those of the cases that were judged, by index: as the alignment has
	// them, and each reset in its bucket.
	Ledgers map[int][2]align.Ledger
	// Witnesses are those of the input, with how many packets passed on all
	// connections.
	Witnesses [2]witness.Witness
}

// Judge judges every reset, and every other packet that one end received and the
// other did not send, of every case. If ctx ends, the judgement is as far as it came.
func Judge(ctx context.Context, in *Input) (Judgement, error) {
	all, err := poolAll(ctx, in)
	s := newSieve()
	j := Judgement{Ledgers: all.ledgers, Witnesses: all.Witnesses, Further: s.more}
	if err != nil {
		return j, err
	}
	for i := range all.Cases {
		if err := ctx.Err(); err != nil {
			return j, err
		}
		if all.Cases[i].Connection == nil {
			continue
		}
		found := all.judge(i)
		kept := s.keep(found)
		for k := range found {
			if !kept {
				found[k].slim()
			}
			j.Kept = append(j.Kept, kept)
		}
		j.Findings = append(j.Findings, found...)
	}
	return j, all.locate(ctx, j.Findings)
}

// judge judges one connection.
func (all *pooled) judge(i int) []Finding {
	all.ledgers[i] = all.Cases[i].Ledger
	streams := all.streams(i)
	client, server := streams[tap.Client], streams[tap.Server]
	switch p := &all.Cases[i].Pair; {
	case p.Remapped && p.Server == pair.NoView:
		return slices.Concat(client.answersToRemapped(), server.answersToRemapped(), server.remappedArrivals())
	case p.Remapped:
		return slices.Concat(client.answersToRemapped(), server.answersToRemapped())
	case !p.Paired():
		return slices.Concat(client.swallowed(), server.oneSidedResets())
	case p.Method == pair.Payload:
		return slices.Concat(client.proxied(), server.proxied())
	}
	found := judgeResets(streams)
	for end, s := range streams {
		s.enter(found[end])
	}
	return slices.Concat(found[tap.Client].findings, client.leftovers(), found[tap.Server].findings, server.leftovers())
}

// pooled is the input, and what all connections together say of each end.
type pooled struct {
	*Input
	Witnesses [2]witness.Witness // with the packets of all connections
	stated    [2]stated
	ledgers   map[int][2]align.Ledger

	shapes       [2]map[shape]int        // of the resets that each End is known to have sent
	sentTTLs     [2]map[uint8]bool       // with which its packets leave
	sentAt       [2][]int64              // when resets of its left, by its clock, ascending
	byNumbers    [2]map[resetKey][]int32 // resets of its, by their numbers: indexes into Resets
	gotByNumbers [2]map[resetKey][]int32 // those that came to it
	told         [2]map[tap.Frame]bool   // resets that came to an End on a connection that both captures hold
	streamsOf    map[int][2]*stream      // of connections of which packets were remapped: their views ask for them again
}

func poolAll(ctx context.Context, in *Input) (*pooled, error) {
	all := &pooled{Input: in, Witnesses: in.Witnesses, ledgers: map[int][2]align.Ledger{}}
	for end := range all.stated {
		all.stated[end] = statedOf(in.Stated, tap.End(end))
	}
	all.countPassed()
	return all, all.noteSent(ctx)
}

// countPassed adds up, over all connections, how many packets of each end passed, and
// how many of those its capture lacks.
func (all *pooled) countPassed() {
	for i := range all.Cases {
		if p := &all.Cases[i].Pair; !p.Paired() || p.Method == pair.Payload {
			continue // a proxy's legs have packets of their own
		}
		for end := range all.Witnesses {
			all.Witnesses[end].Passed += all.Cases[i].Passed[end]
			all.Witnesses[end].Missed += all.Cases[i].Missed[end]
		}
	}
}

// A stream is one direction of a connection: the packets that claim to come from
// sender.
type stream struct {
	*pooled
	index     int
	sender    tap.End
	pair      *pair.Pair
	flow      *align.Stream    // what sender is said to have sent
	back      *align.Stream    // the opposite direction
	alleged   *witness.Witness // sender's capture
	receiving *witness.Witness
	clocks    clocks

	got       []arrival // the resets that arrived
	matched   matching  // of those with the ones that were sent
	unmatched []arrival // those that the sender's capture lacks
	opposite  *stream   // the opposite direction
	// remapped are, of those that arrived, the ones that left under other addresses.
	remapped  map[*align.Reset]*align.Reset
	elsewhere map[*align.Reset]*survey.Reset
}

// streams are both directions of a case, with their resets matched.
func (all *pooled) streams(index int) [2]*stream {
	if both, known := all.streamsOf[index]; known {
		return both
	}
	both := [2]*stream{all.stream(index, tap.Client), all.stream(index, tap.Server)}
	for end, s := range both {
		s.opposite = both[tap.End(end).Other()]
		s.identify()
	}
	if len(all.Cases[index].Remapped) > 0 {
		if all.streamsOf == nil {
			all.streamsOf = map[int][2]*stream{}
		}
		all.streamsOf[index] = both
	}
	return both
}

func (all *pooled) stream(index int, sender tap.End) *stream {
	c := &all.Cases[index]
	return &stream{
		pooled: all, index: index, sender: sender, pair: &c.Pair,
		flow: &c.Streams[sender], back: &c.Streams[sender.Other()],
		alleged: &all.Witnesses[sender], receiving: &all.Witnesses[sender.Other()],
		clocks: clocks{all.Clock, sender.Other(), all.TickNS},
	}
}

func (s *stream) finding(kind string, v Verdict, c Confidence, f tap.Frame, header align.Header, steps ...Step) Finding {
	return Finding{Case: s.index, Kind: kind, Verdict: v, Confidence: c, ReceivedAt: s.sender.Other(), SeenAt: s.sender.Other(),
		Frame: f, Header: header, Evidence: steps}
}

// ledger changes the ledger of the stream.
func (s *stream) ledger(change func(*align.Ledger)) {
	both := s.ledgers[s.index]
	change(&both[s.sender])
	s.ledgers[s.index] = both
}
