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
	"bothends/correlate/pair"
	"bothends/correlate/tap"
	"bothends/correlate/witness"
)

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
	// Unlost are packets that the capture of each End seems to lack, and that do not show that
	// it lost any: acknowledgments that nobody there sent, and what stands behind a message that
	// became longer or shorter on the way.
	Unlost [2]int64
}

// With is the judgement and further findings, each told one by one.
func (j *Judgement) With(added []Finding) Judgement {
	more := *j
	if len(added) == 0 {
		return more // there may be hundreds of megabytes of them
	}
	more.Findings = slices.Concat(j.Findings, added)
	more.Kept = slices.Concat(j.Kept, slices.Repeat([]bool{true}, len(added)))
	return more
}

// Judge judges every reset, and every other packet that one end received and the
// other did not send, of every case. If ctx ends, the judgement is as far as it came.
func Judge(ctx context.Context, in *Input) (Judgement, error) {
	all, err := poolAll(ctx, in)
	s := newSieve()
	j := Judgement{Ledgers: all.ledgers, Witnesses: all.Witnesses, Unlost: all.unlost, Further: s.more}
	if err != nil {
		return j, err
	}
	n := all.suspects()
	j.Findings, j.Kept = make([]Finding, 0, n), make([]bool, 0, n)
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

// suspects is about how many findings there will be: a list that grew would be copied time
// and again, and of a flood it is most of what is in memory.
func (all *pooled) suspects() (n int) {
	for i := range all.Cases {
		if c := all.Cases[i].Connection; c != nil {
			for end := range c.Streams {
				s := &c.Streams[end]
				n += max(len(s.Resets[tap.Client]), len(s.Resets[tap.Server])) + len(s.Leftovers)
			}
		}
	}
	return n
}

// judge judges one connection.
func (all *pooled) judge(i int) []Finding {
	all.ledgers[i] = all.Cases[i].Summary().Ledger
	streams := all.streams(i)
	client, server := streams[tap.Client], streams[tap.Server]
	switch p := all.Cases[i].Pair; {
	case p.Remapped && p.Server == pair.NoView:
		return slices.Concat(client.answersToRemapped(), server.answersToRemapped(), server.remappedArrivals())
	case p.Remapped:
		return slices.Concat(client.answersToRemapped(), server.answersToRemapped())
	case !p.Paired():
		return slices.Concat(client.swallowed(), server.oneSidedResets(), server.errors())
	case p.Method == pair.Payload:
		return slices.Concat(client.proxied(), server.proxied())
	}
	found := judgeResets(streams)
	for end, s := range streams {
		s.enter(found[end])
	}
	return slices.Concat(found[tap.Client].findings, client.leftovers(), client.errors(), found[tap.Server].findings, server.leftovers(), server.errors())
}
