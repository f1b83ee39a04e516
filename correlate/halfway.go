package correlate

import (
	"context"
	"slices"

	"bothends/capture/file"
	"bothends/correlate/judge"
	"bothends/correlate/report"
	"bothends/correlate/tap"
)

// An arrival names a packet as a report does.
type arrival struct {
	at     string // the end
	file   string
	number int64
}

// halfwayIn is what the options say of packets, as the judgement names them.
func (o *Options) halfwayIn(files [2][]file.File) map[judge.Arrival]judge.HalfwayFact {
	known := map[judge.Arrival]judge.HalfwayFact{}
	for a, fact := range o.halfway {
		end := tap.Client
		if a.at == tap.Server.String() {
			end = tap.Server
		}
		if i := slices.IndexFunc(files[end], func(f file.File) bool { return f.Path == a.file }); i >= 0 {
			known[judge.Arrival{At: end, File: int32(i), Number: a.number}] = fact
		}
	}
	return known
}

// noteHalfway keeps what the comparison of one end with the tap of that name shows to
// have been made on that end's side of the tap. Of several taps the surest counts.
func (p *pathComparison) noteHalfway(r *report.Report, end tap.End, name string) {
	for i := range r.Findings {
		f := &r.Findings[i]
		a := arrival{end.String(), f.File, f.Frame}
		if f.Verdict != string(judge.Injected) || f.ReceivedAt != a.at {
			continue
		}
		fact := judge.HalfwayFact{Tap: name, Confidence: judge.Confidence(f.Confidence)}
		if known := p.halfway[a]; known.Tap == "" || fact.Surer(known) {
			p.halfway[a] = fact
		}
	}
}

// settleHalfway compares the two ends again where that leaves a packet undecided of which a
// tap on the way shows where it was made.
func (p *pathComparison) settleHalfway(ctx context.Context, r *report.Report) (*report.Report, error) {
	settled := map[arrival]judge.HalfwayFact{}
	for i := range r.Findings {
		f := &r.Findings[i]
		if fact, known := p.halfway[arrival{f.ReceivedAt, f.File, f.Frame}]; known && (f.Verdict == string(judge.Indeterminate) || f.Verdict == string(judge.Conditional)) {
			settled[arrival{f.ReceivedAt, f.File, f.Frame}] = fact
		}
	}
	if len(settled) == 0 {
		return r, nil
	}
	o := p.options
	o.halfway = settled
	o.Progress = nil // what is read once more was not expected
	again, err := Compare(ctx, p.taps[0].Set, p.taps[len(p.taps)-1].Set, o)
	if err != nil {
		return nil, err
	}
	again.Ends = r.Ends // how they were told before the taps were put in order
	return again, nil
}
