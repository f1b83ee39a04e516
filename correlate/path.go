package correlate

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"bothends/capture/file"
	"bothends/correlate/judge"
	"bothends/correlate/report"
	"bothends/correlate/stretch"
	"bothends/correlate/survey"
	"bothends/correlate/tap"
	"bothends/correlate/witness"
)

// A Tap is one of several on a path.
type Tap struct {
	Name string
	Set  *file.Set
}

// LeastTaps is from how many on ComparePath has anything to say that Compare has not.
const LeastTaps = 3

// ComparePath compares the captures of at least LeastTaps taps on one path, in the order
// in which it leads from the client to the server; unless the ends are fixed, the order
// may be the opposite one. Its report is that of the two ends, in which every verdict
// on the path names the stretch between two taps that it is about.
//
// Each tap between the ends is compared with either of them: the packets of the
// report stand in the capture of an end, and with that each tap has a clock and a
// ledger in common. What the two ends leave undecided, and one of these comparisons does
// not, is decided by that one.
func ComparePath(ctx context.Context, taps []Tap, o Options) (*report.Report, error) {
	last := len(taps) - 1
	r, err := Compare(ctx, taps[0].Set, taps[last].Set, o)
	if err != nil {
		return r, err
	}
	if r.Ends.Swapped {
		taps = slices.Clone(taps)
		slices.Reverse(taps)
		taps[0].Name, taps[last].Name = taps[last].Name, taps[0].Name
	}
	p := &pathComparison{taps: taps, options: o, known: map[[2]int]bool{}, halfway: map[arrival]judge.HalfwayFact{}}
	p.path.Names = make([]string, len(taps))
	for i := range taps {
		p.path.Names[i] = taps[i].Name
	}
	p.shown = make([]report.PathTap, len(taps))
	p.crossings = make([]report.Crossing, last)
	p.shown[0] = report.PathTap{Capture: r.Captures.Client, Clock: report.Clock{Known: true}, Paired: r.Summary.Paired}
	p.shown[last] = report.PathTap{Capture: r.Captures.Server, Clock: r.Clock, Paired: r.Summary.Paired}
	for i := 1; i < last; i++ {
		near, err := p.compare(ctx, 0, i)
		if err != nil {
			return nil, err
		}
		p.shown[i] = report.PathTap{Capture: near.Captures.Server, Clock: near.Clock, Paired: near.Summary.Paired}
		p.path.Near = append(p.path.Near, stretch.With(near, true))
		p.noteHalfway(near, tap.Client, taps[i].Name)
		far, err := p.compare(ctx, i, last)
		if err != nil {
			return nil, err
		}
		p.path.Far = append(p.path.Far, stretch.With(far, false))
		p.noteHalfway(far, tap.Server, taps[i].Name)
	}
	for i := range last {
		if !p.known[[2]int{i, i + 1}] {
			if _, err := p.compare(ctx, i, i+1); err != nil {
				return nil, err
			}
		}
	}
	for i := range p.shown {
		p.shown[i].Name = taps[i].Name
	}
	if r, err = p.settleHalfway(ctx, r); err != nil {
		return nil, err
	}
	p.path.Place(r)
	r.Taps, r.Crossings = p.shown, p.crossings
	return r, nil
}

// A pathComparison is what ComparePath has come to.
type pathComparison struct {
	taps      []Tap
	options   Options
	path      stretch.Path
	shown     []report.PathTap
	crossings []report.Crossing
	known     map[[2]int]bool // pairs of taps that were compared
	// halfway are the packets that one of the comparisons with a tap between the ends shows
	// to have been made on the receiver's side of it.
	halfway map[arrival]judge.HalfwayFact
}

// compare compares two of the taps. That they hold nothing in common is an outcome.
func (p *pathComparison) compare(ctx context.Context, i, k int) (*report.Report, error) {
	last := len(p.taps) - 1
	o := p.options
	o.FixedEnds, o.between = true, [2]bool{i > 0, k < last}
	o.Stated = slices.DeleteFunc(slices.Clone(o.Stated), func(s judge.Statement) bool { return o.between[s.End] })
	r, err := Compare(ctx, p.taps[i].Set, p.taps[k].Set, o)
	if err != nil && !(errors.Is(err, ErrNothingInCommon) && r != nil) {
		return nil, fmt.Errorf("the taps at %q and %q: %w", p.taps[i].Name, p.taps[k].Name, err)
	}
	p.known[[2]int{i, k}] = true
	if k == i+1 {
		p.crossings[i] = crossing(r, p.taps[i].Name, p.taps[k].Name)
	}
	return r, nil
}

// crossing adds up the ledgers of a comparison.
func crossing(r *report.Report, from, to string) report.Crossing {
	c := report.Crossing{From: from, To: to, Paired: r.Summary.Paired, Ledger: report.Ledger{ToServer: &report.Ledger{}, ToClient: &report.Ledger{}}}
	for i := range r.Connections {
		if l := r.Connections[i].Ledger; l != nil {
			c.Ledger.Add(l)
			c.Ledger.ToServer.Add(l.ToServer)
			c.Ledger.ToClient.Add(l.ToClient)
		}
	}
	return c
}

// passBy forgets of a capture that was made between the ends what holds only of a host
// that the connections end at: which packets it sent itself, by which other ways it
// might have, and what its kernel tells of resets.
func passBy(sv *survey.Survey) {
	for i := range sv.ResetList {
		sv.ResetList[i].Direction = 0
	}
	for i := range sv.Quotes {
		sv.Quotes[i].Direction = 0
	}
	for _, seen := range sv.Connections {
		for side := range seen.Flows {
			seen.Flows[side].Inbound, seen.Flows[side].Outbound = 0, 0
		}
	}
}

// passedBy is what a capture is worth as a witness that was made between the ends.
func passedBy(w witness.Witness) witness.Witness {
	w.OnHost, w.NoOther, w.AllInterfaces, w.OtherNames = false, false, false, nil
	w.Kernel, w.Log, w.Host = nil, nil, witness.Host{}
	return w
}
