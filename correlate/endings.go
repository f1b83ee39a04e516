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

// ended is what ended each connection, and the judgement with what that adds to it.
type ended struct {
	judgement judge.Judgement
	endings   []*ending.Ending      // by pair
	effects   map[int]ending.Effect // by index of the judgement's findings
}

// end finds out what ended each connection.
func (o *Options) end(ctx context.Context, a *alignment, j *judge.Judgement) (*ended, error) {
	in := &ending.Input{
		Pairs: a.pairs, CaseOf: a.caseOf, Cases: a.cases, Surveys: a.surveys, Judgement: j, Clock: &a.clock, Trips: &a.trips,
		Service: a.serviceOf, Alone: len(a.surveys[tap.Server].Connections) == 0, Name: nameOf,
		Stamps: a.stamps, OneHost: o.states(tap.Server, judge.OneHost),
	}
	for end, sv := range a.surveys {
		in.Coverage[end], in.Ran[end] = witness.Ran(sv)
		in.Unrecorded[end], in.OneWay[end] = witness.Unrecorded(sv), o.states(tap.End(end), judge.OneWayOut)
	}
	of, err := ending.Of(ctx, in)
	return &ended{j.With(of.Added), of.Endings, of.Effects}, err
}

// states reports whether the user states a fact of an end.
func (o *Options) states(end tap.End, fact judge.Fact) bool {
	return slices.ContainsFunc(o.Stated, func(s judge.Statement) bool { return s.End == end && s.Fact == fact })
}

// sumUp says what the comparison comes to.
func (a *alignment) sumUp(e *ended) outcome.Outcome {
	return outcome.Of(&outcome.Input{
		Files: a.files, Surveys: a.surveys, Pairs: a.pairs, Findings: e.judgement.Findings, Kept: e.judgement.Kept, Further: &e.judgement.Further,
		Endings: e.endings, HalfSeen: func(i int) bool {
			n := a.caseOf[i]
			return n >= 0 && (a.cases[n].Summary().HalfSeen || a.cases[n].Unverified)
		}, ToServer: func(p *pair.Pair) bool { return a.serviceOf(p) != nil && !p.Outdone },
	})
}

// serviceOf is the address that a connection of the client end went to, or nil.
func (a *alignment) serviceOf(p *pair.Pair) *judge.Service {
	if p.Client == pair.NoView {
		return nil
	}
	return a.services[a.farEnd(p).IP]
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
