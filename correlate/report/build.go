package report

import (
	"cmp"
	"context"
	"slices"
	"time"

	"bothends/capture/file"
	"bothends/correlate/clock"
	"bothends/correlate/ending"
	"bothends/correlate/judge"
	"bothends/correlate/outcome"
	"bothends/correlate/pair"
	"bothends/correlate/survey"
	"bothends/correlate/tap"
)

// Input is what the stages of a comparison found. Arrays of two are indexed by
// tap.End.
type Input struct {
	Files     [2][]file.File
	Seams     [2][]file.Seam
	Surveys   [2]*survey.Survey
	Placement pair.Placement
	FixedEnds bool
	Pairs     []pair.Pair
	CaseOf    []int32 // by pair: index into Cases, negative if it is at one end only
	Cases     []judge.Case
	Clock     *clock.Fit
	Judgement *judge.Judgement
	Stated    []judge.Statement
	Endings   []*ending.Ending      // by pair
	Effects   map[int]ending.Effect // by index of the judgement's findings
	Outcome   outcome.Outcome
}

// New builds the report. If ctx ends, it is as far as it came.
func New(ctx context.Context, in *Input) (*Report, error) {
	r := &Report{
		Schema: Schema,
		Ends:   ends(in),
		Captures: Captures{
			Client: in.capture(tap.Client),
			Server: in.capture(tap.Server),
		},
		Clock:       in.clock(),
		Connections: make([]Connection, 0, len(in.Pairs)),
		Findings:    []Finding{},
		Summary:     summary(&in.Outcome),
		outcome:     in.Outcome,
	}
	for _, s := range in.Stated {
		r.Stated = append(r.Stated, s.String())
	}
	connectionOf := make([]int, len(in.Cases)) // by case: its ID
	states := in.Judgement.States(in.Cases)
	known := newShared()
	for i := range in.Pairs {
		if err := ctx.Err(); err != nil {
			return r, err
		}
		c := in.connection(i, states, known)
		r.Connections = append(r.Connections, c)
		if n := in.CaseOf[i]; n >= 0 {
			connectionOf[n] = c.ID
		}
	}
	type placed struct {
		Finding
		index int // the judge's
	}
	var kept []placed
	for i := range in.Judgement.Findings {
		if err := ctx.Err(); err != nil {
			return r, err
		}
		if in.Judgement.Kept[i] {
			f := in.finding(&in.Judgement.Findings[i])
			f.Connection = connectionOf[in.Judgement.Findings[i].Case]
			f.Effect, f.EffectWhy = effect(in.Effects, i)
			kept = append(kept, placed{f, i})
		}
	}
	slices.SortStableFunc(kept, func(a, b placed) int {
		return cmp.Or(cmp.Compare(a.Connection, b.Connection), cmp.Compare(a.ReceivedAt, b.ReceivedAt), cmp.Compare(a.Frame, b.Frame))
	})
	id := make([]int, len(in.Judgement.Findings)) // by the judge's index; 0 if it is only counted
	for place := range kept {
		f := &kept[place]
		f.ID, id[f.index] = place+1, place+1
		r.Findings = append(r.Findings, f.Finding)
	}
	for i := range r.Connections {
		if err := ctx.Err(); err != nil {
			return r, err
		}
		r.Connections[i].Ending = known.ending(in.Endings[i], id)
	}
	in.addFilters(r)
	r.addFurther(&in.Judgement.Further, connectionOf)
	return r, ctx.Err()
}

func (in *Input) clock() Clock {
	fit := in.Clock
	if !fit.Known() || fit.SetBack() > 0 {
		return Clock{SetBackNS: fit.SetBack()}
	}
	c := Clock{Known: true, Steps: len(fit.Strips) - 1}
	first := &fit.Strips[0]
	c.OffsetNS, c.UncertaintyNS, c.SkewPPM, c.MinRTTNS = first.OffsetNS, first.HalfWidthNS, first.Skew*1e6, first.MinRTT()
	for i := range fit.Strips {
		c.Points += fit.Strips[i].Points
	}
	return c
}

// summary puts what the comparison comes to into the form that is shown.
func summary(o *outcome.Outcome) Summary {
	s := Summary{
		Connections: o.Connections, Paired: o.Paired, ByThePath: o.ByThePath, Doubtful: o.Doubtful, NotCompared: o.NotCompared,
		Injected: o.Verdicts[judge.Injected], Modified: o.Verdicts[judge.Modified], Lost: o.Verdicts[judge.Lost],
		Duplicated: o.Verdicts[judge.Duplicated], Genuine: o.Verdicts[judge.Genuine], Interposed: o.Verdicts[judge.Interposed],
		Indeterminate: o.Verdicts[judge.Indeterminate], Conditional: o.Verdicts[judge.Conditional],
		ByAddressOwner: o.Verdicts[judge.ByAddressOwner], ByReceiver: o.Verdicts[judge.ByReceiver],
	}
	if o.Connections > 0 {
		s.Endings = map[string]int{}
	}
	for kind, n := range o.Endings {
		s.Endings[string(kind)] = n
	}
	return s
}

// Stamp is a time of a capture, in UTC.
func Stamp(ns int64) string {
	return time.Unix(0, ns).UTC().Format("2006-01-02T15:04:05.000000000Z07:00")
}

// A Moment is such a time in nanoseconds since the Unix epoch; in JSON it is a Stamp.
type Moment int64

// MarshalText never fails.
func (m Moment) MarshalText() ([]byte, error) { return []byte(Stamp(int64(m))), nil }
