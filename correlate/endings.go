package correlate

import (
	"context"
	"slices"

	"bothends/correlate/align"
	"bothends/correlate/ending"
	"bothends/correlate/judge"
	"bothends/correlate/outcome"
	"bothends/correlate/pair"
	"bothends/correlate/tap"
	"bothends/correlate/trigger"
	"bothends/correlate/witness"
)

// end finds out what ended each connection.
func (c *comparison) end(ctx context.Context) (err error) {
	in := &ending.Input{
		Pairs: c.pairs, CaseOf: c.caseOf, Cases: c.cases, Surveys: c.surveys, Judgement: &c.judgement, Clock: &c.clock, Trips: &c.trips,
		Service: c.serviceOf, Alone: len(c.surveys[tap.Server].Connections) == 0, Name: nameOf,
		OneHost: slices.ContainsFunc(c.options.Stated, func(s judge.Statement) bool { return s.End == tap.Server && s.Fact == judge.OneHost }),
	}
	for end, sv := range c.surveys {
		in.Coverage[end], in.Ran[end] = witness.Ran(sv)
	}
	c.endings, err = ending.Of(ctx, in)
	for _, f := range c.endings.Added {
		c.judgement.Findings, c.judgement.Kept = append(c.judgement.Findings, f), append(c.judgement.Kept, true)
	}
	return err
}

// outcome sums the comparison up.
func (c *comparison) outcome() outcome.Outcome {
	return outcome.Of(&outcome.Input{
		Files: c.files, Surveys: c.surveys, Pairs: c.pairs, Findings: c.judgement.Findings, Kept: c.judgement.Kept, Further: &c.judgement.Further,
		Endings: c.endings.Endings, ToServer: func(p *pair.Pair) bool { return c.serviceOf(p) != nil && !p.Outdone },
	})
}

// serviceOf is the address that a connection of the client end went to, or nil.
func (c *comparison) serviceOf(p *pair.Pair) *judge.Service {
	if p.Client == pair.NoView {
		return nil
	}
	return c.services[c.farEnd(p).IP]
}

// nameOf is what a decoder calls a segment that vanished; empty if none knows it.
func nameOf(sender tap.End, v *align.Vanished) string {
	port := v.Dst.Port
	if sender == tap.Server {
		port = v.Src.Port
	}
	said := trigger.Name(trigger.Segment{Head: v.Head, Length: v.PayloadLen, Flags: v.Flags, FromServer: sender == tap.Server, ServerPort: port})
	if said.Protocol == "" || said.Name == "SYN" || said.Name == "no data" {
		return ""
	}
	return said.Name
}
