// Package correlate compares two captures of the same TCP connections, one made
// at each end, and says which packets one end received that the other never
// sent.
package correlate

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"slices"

	"golang.org/x/sync/errgroup"

	"bothends/capture/file"
	"bothends/correlate/align"
	"bothends/correlate/clock"
	"bothends/correlate/ending"
	"bothends/correlate/judge"
	"bothends/correlate/outcome"
	"bothends/correlate/pair"
	"bothends/correlate/replay"
	"bothends/correlate/report"
	"bothends/correlate/survey"
	"bothends/correlate/tap"
	"bothends/correlate/witness"
)

// Options change how captures are compared.
type Options struct {
	// FixedEnds says that the caller knows which capture is the client's;
	// otherwise the captures decide.
	FixedEnds bool
	// Progress, if not nil, is called now and then from several goroutines with
	// the number of bytes of the captures that were read since the last call. As
	// each capture is read twice, they add up to twice the Length of both.
	Progress func(bytes int64)
	// Growing, if not nil, is told when the first reading begins and when it ends: up to
	// then hardly anything that is in memory is let go.
	Growing func(bool)
	// Stated are facts that the captures cannot hold, stated by the user.
	Stated []judge.Statement
	// ShowPayload lets the report hold payload bytes that no decoder recognised.
	ShowPayload bool
	// MemoryLimit is about how many bytes of memory a comparison may take; 0 is no
	// limit. Of captures with more connections than fit, the first of each are compared
	// and the segments of the others counted.
	MemoryLimit int64

	between [2]bool // by the order of the captures: that one was made between the ends, and at neither

	halfway map[arrival]judge.HalfwayFact // see judge.Input

	alignAll bool // for tests: take no two recordings for alike without laying them over each other
}

// ErrNothingInCommon is returned, with the report of both captures, if no
// connection is in both.
var ErrNothingInCommon = errors.New("the two captures have no TCP connection in common")

// ErrContradicted is returned if a statement of the user's is contradicted by the
// captures.
var ErrContradicted = errors.New("the captures contradict what is stated")

// ErrSameEnd is returned if both captures were made at the same end.
var ErrSameEnd = errors.New("both captures were made at the same end")

// ErrNoTCP is returned if a capture holds no TCP segment.
var ErrNoTCP = errors.New("no TCP segment in it")

// Compare reads both captures twice: once to learn what connections they hold
// and how the two go together, once to lay their segments over each other.
func Compare(ctx context.Context, first, second *file.Set, o Options) (*report.Report, error) {
	r, _, err := o.compare(ctx, [2]*file.Set{first, second})
	return r, err
}

// compare is Compare, stage by stage. Each reads what the ones before returned, and
// changes nothing of it.
func (o *Options) compare(ctx context.Context, sets [2]*file.Set) (*report.Report, *alignment, error) {
	read, err := o.read(ctx, sets)
	if err != nil {
		return nil, nil, err
	}
	paired, err := o.pair(ctx, read)
	if err != nil {
		return nil, nil, err
	}
	aligned, err := o.align(ctx, paired)
	if err != nil {
		return nil, nil, err
	}
	judged, err := o.judge(ctx, aligned)
	if err != nil {
		return nil, nil, err
	}
	ended, err := o.end(ctx, aligned, &judged)
	if err != nil {
		return nil, nil, err
	}
	sum := aligned.sumUp(ended)
	r, err := o.report(ctx, aligned, ended, sum)
	if err != nil {
		return nil, nil, err
	}
	if sum.Status() == outcome.Failed {
		return r, aligned, ErrNothingInCommon
	}
	return r, aligned, nil
}

// read is the first reading.
func (o *Options) read(ctx context.Context, sets [2]*file.Set) (recordings, error) {
	if o.Growing != nil {
		o.Growing(true)
		defer o.Growing(false)
	}
	return o.survey(ctx, sets)
}

// recordings are the two captures as the first reading shows them, in the order in which
// they were given.
type recordings struct {
	sets    [2]*file.Set
	files   [2][]file.File
	seams   [2][]file.Seam
	surveys [2]*survey.Survey
	// witnesses are what each is worth as one.
	witnesses [2]witness.Witness
}

// turned are the recordings in the opposite order.
func (r recordings) turned() recordings {
	slices.Reverse(r.sets[:])
	slices.Reverse(r.files[:])
	slices.Reverse(r.seams[:])
	slices.Reverse(r.surveys[:])
	slices.Reverse(r.witnesses[:])
	return r
}

// survey reads both captures at once.
func (o *Options) survey(ctx context.Context, sets [2]*file.Set) (read recordings, err error) {
	read.sets = sets
	progress := o.progress()
	seed := maphash.MakeSeed()
	group, ctx := errgroup.WithContext(ctx)
	for i, set := range sets {
		group.Go(func() error {
			sv, reader, err := survey.Take(ctx, set.Reader, seed, o.maxConnections(), func(r *file.Reader) { progress(i, r.Position()) })
			if err != nil {
				return fmt.Errorf("%s: %w", set.Files()[0].Path, err)
			}
			read.surveys[i], read.files[i], read.seams[i] = sv, reader.Files(), reader.Seams()
			if o.between[i] {
				passBy(sv)
			}
			if read.witnesses[i] = witness.Of(sv, read.files[i], read.seams[i]); o.between[i] {
				read.witnesses[i] = passedBy(read.witnesses[i])
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return read, err
	}
	for i, sv := range read.surveys {
		if len(sv.Connections) == 0 && (len(read.surveys[1-i].Connections) == 0 || sv.Packets > 0 && sv.NotTCPAtAll()) {
			return read, fmt.Errorf("%s: %w", sets[i].Files()[0].Path, ErrNoTCP)
		}
	}
	return read, o.checkNotes(read)
}

// progress returns a function that turns the position of each reader into what
// was added since.
func (o *Options) progress() func(reader int, position int64) {
	var before [2]int64
	return func(reader int, position int64) {
		if o.Progress != nil {
			o.Progress(position - before[reader])
		}
		before[reader] = position
	}
}

// ErrNotThatEnd is wrapped by the error for a capture that is given as one end's and
// says itself that it is the other's.
var ErrNotThatEnd = errors.New("is said to be the other end's")

// checkNotes holds what a recorder was told of its end (bothcap --end) against what
// the user says now.
func (o *Options) checkNotes(read recordings) error {
	if !o.FixedEnds {
		return nil
	}
	for end, sv := range read.surveys {
		if o.between[end] {
			continue // it may have been recorded for another comparison
		}
		given := tap.End(end).String()
		if noted := sv.Recording().Ends; len(noted) > 0 && !slices.Contains(noted, given) {
			return fmt.Errorf("%q: it was recorded as the %s's (--end %s) and is given as the %s's: it %w", read.sets[end].Files()[0].Path, noted[0], noted[0], given, ErrNotThatEnd)
		}
	}
	return nil
}

// A pairing is which connections both captures hold, and which end is which. Arrays of
// two are indexed by tap.End from here on.
type pairing struct {
	recordings
	placement pair.Placement
	pairs     []pair.Pair
}

// pair finds the connections that both captures hold, and which end is which.
func (o *Options) pair(ctx context.Context, read recordings) (p pairing, err error) {
	if index, ok := read.alone(); ok {
		if p, err = o.pairAlone(ctx, read, index); err != nil {
			return p, err
		}
	} else {
		if p.pairs, p.placement, err = pair.Match(ctx, read.surveys[0], read.surveys[1], o.FixedEnds); err != nil {
			return p, err
		}
		if p.recordings = read; p.placement.Swapped {
			p.recordings = read.turned()
		}
	}
	if p.placement.SameEnd && o.between == [2]bool{} {
		return p, ErrSameEnd
	}
	return p, nil
}

// An alignment is both captures laid over each other.
type alignment struct {
	pairing  // those that begin alike and carry something else are taken apart
	cases    []judge.Case
	caseOf   []int32 // by pair: index of its case, or replay.Nowhere
	services map[judge.Address]*judge.Service
	trips    align.Trips
	clock    clock.Fit
	stamps   map[int32]*ending.Stamps
}

// align reads both captures again, fills the ledgers of all pairs and fits the clocks. Of
// the surveys it lets go what only it asks for: the flows of connections that are Alike.
func (o *Options) align(ctx context.Context, p pairing) (*alignment, error) {
	stamps := ending.StampsOf(p.surveys[tap.Server])
	offset, uncertain := roughOffset(p.surveys, p.pairs)
	m := o.meeting(p, offset, uncertain)
	progress := o.progress()
	err := replay.Run(ctx, p.sets, p.surveys, m.routes, offset, func(end tap.End, n int64) { progress(int(end), n) }, m)
	if err != nil {
		return nil, err
	}
	a, err := m.close(ctx)
	if a != nil {
		a.stamps = stamps
	}
	return a, err
}

// judge decides on what is left over.
func (o *Options) judge(ctx context.Context, a *alignment) (judge.Judgement, error) {
	in := judge.Input{
		Clock: &a.clock, Witnesses: a.witnesses, Cases: a.cases, Services: a.services, Trips: &a.trips, TickNS: tick(a.surveys),
		Own: a.ownAddresses(), Stated: o.Stated, ShowPayload: o.ShowPayload,
		Halfway: o.halfwayIn(a.files),
	}
	for end, sv := range a.surveys {
		in.Resets[end] = sv.ResetList
		in.Quotes[end], in.MoreQuotes[end] = sv.Quotes, sv.MoreQuotes
		in.Witnesses[end].Peers = peers(sv, in.Own[end])
	}
	judgement, err := judge.Judge(ctx, &in)
	if err != nil {
		return judgement, err
	}
	for _, stated := range o.Stated {
		w := judgement.Witnesses[stated.End]
		w.Missed -= judgement.Unlost[stated.End]
		err := cmp.Or(stated.Contradiction(&w), filterContradicted(stated, a.surveys[stated.End]))
		if err != nil {
			return judgement, fmt.Errorf("%w: %w", ErrContradicted, err)
		}
	}
	return judgement, nil
}

// report puts everything into the form that is shown.
func (o *Options) report(ctx context.Context, a *alignment, e *ended, sum outcome.Outcome) (*report.Report, error) {
	return report.New(ctx, &report.Input{
		Files: a.files, Seams: a.seams, Surveys: a.surveys, Placement: a.placement, FixedEnds: o.FixedEnds,
		Pairs: a.pairs, CaseOf: a.caseOf, Cases: a.cases, Clock: &a.clock, Judgement: &e.judgement, Stated: o.Stated,
		Endings: e.endings, Effects: e.effects, Outcome: sum,
	})
}
