package judge

import (
	"context"

	"bothends/correlate/align"
	"bothends/correlate/clock"
	"bothends/correlate/pair"
	"bothends/correlate/segment"
	"bothends/correlate/tap"
	"bothends/correlate/witness"
)

const ms = int64(1e6)

// trial is a connection in which 20 packets passed each way in 20 ms, the clocks
// being equal, before and after whatever arrives at the third second. Both captures
// span ten seconds, and were made on the hosts themselves.
func trial() *Input {
	var bounds clock.Bounds
	for t := int64(0); t < 20; t++ {
		bounds.ToServer(t*400*ms, t*400*ms+20*ms)
		bounds.ToClient(t*400*ms+200*ms, t*400*ms+220*ms)
	}
	fit := bounds.Fit()
	c := align.NewConnection([2]uint32{}, 0, 0, [2]tap.Coverage{}, &bounds)
	for end := range c.Streams {
		s := &c.Streams[end]
		s.Passed, s.SentFromSYN = 20, true
		s.Path = align.Path{Hops: 7, HopsSame: 20, TTL: 57, IPIDSame: 20}
		s.Sent.Add(0, 1000)
		s.Got.Add(0, 1000)
	}
	b := &Input{Clock: &fit, Cases: []Case{{Connection: c, Pair: &pair.Pair{Method: pair.ISN}}}}
	for end := range b.Witnesses {
		b.Witnesses[end] = witness.Witness{Coverage: tap.Coverage{FirstNS: -5000 * ms, LastNS: 10000 * ms}, Complete: true, Resets: 1, OnHost: true, Interfaces: 1, Peers: 1}
	}
	return b
}

// judged judges what nobody interrupts.
func judged(in *Input) Judgement {
	j, _ := Judge(context.Background(), in)
	return j
}

func pooledOf(in *Input) *pooled {
	all, _ := poolAll(context.Background(), in)
	return all
}

// verdicts sums the connection up, as closing it does, and judges it.
func verdicts(b *Input) []Finding {
	b.Cases[0].Sum = new(b.Cases[0].Connection.Summary())
	return judged(b).Findings
}

// reset makes a reset from the server. sent is false for what the client's tap saw.
func reset(at int64, seq uint32, ttl uint8, ipid uint16) *align.Reset {
	return &align.Reset{
		Frame: tap.Frame{Number: at / ms, TimeNS: at}, Seq0: seq, Position: int64(seq),
		Header: align.Header{Seq: seq, Flags: segment.RST, TTL: ttl, IPID: ipid},
	}
}

func factsOf(list []Statement) (facts []Fact) {
	for _, s := range list {
		facts = append(facts, s.Fact)
	}
	return facts
}
