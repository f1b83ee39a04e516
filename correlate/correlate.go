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
	"math"
	"slices"

	"golang.org/x/sync/errgroup"

	"bothends/capture/file"
	"bothends/correlate/align"
	"bothends/correlate/clock"
	"bothends/correlate/ending"
	"bothends/correlate/judge"
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
	// Stated are facts that the captures cannot hold, stated by the user.
	Stated []judge.Statement
	// ShowPayload lets the report hold payload bytes that no decoder recognised.
	ShowPayload bool
	// MemoryLimit is about how many bytes of memory a comparison may take; 0 is no
	// limit. Of captures with more connections than fit, the first of each are compared
	// and the segments of the others counted.
	MemoryLimit int64

	between [2]bool // by the order of the captures: that one was made between the ends, and at neither

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
	c := comparison{options: o}
	return c.compare(ctx, [2]*file.Set{first, second})
}

func (c *comparison) compare(ctx context.Context, sets [2]*file.Set) (*report.Report, error) {
	if err := c.survey(ctx, sets); err != nil {
		return nil, err
	}
	c.passBy()
	if err := c.checkNotes(); err != nil {
		return nil, err
	}
	c.pair()
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if c.placement.SameEnd && c.options.between == [2]bool{} {
		return nil, ErrSameEnd
	}
	c.weighWitnesses()
	if err := c.align(ctx); err != nil {
		return nil, err
	}
	if err := c.judge(ctx); err != nil {
		return nil, err
	}
	if err := c.end(ctx); err != nil {
		return nil, err
	}
	r, err := c.report(ctx)
	if err != nil {
		return nil, err
	}
	if _, alone := c.alone(); r.Summary.Paired == 0 && !alone {
		return r, ErrNothingInCommon
	}
	return r, nil
}

// comparison holds what each stage leaves for the next. Arrays of two are
// indexed by tap.End once the ends are known.
type comparison struct {
	options   Options
	sets      [2]*file.Set
	files     [2][]file.File
	seams     [2][]file.Seam
	surveys   [2]*survey.Survey
	placement pair.Placement
	pairs     []pair.Pair
	cases     []judge.Case
	caseOf    []int32 // by pair: index of its case, or replay.Nowhere
	services  map[judge.Address]*judge.Service
	hopsTo    map[judge.Address]int // see findHops
	bounds    clock.Bounds
	trips     align.Trips
	clock     clock.Fit
	witnesses [2]witness.Witness
	judgement judge.Judgement
	endings   ending.Result
}

// survey reads both captures at once.
func (c *comparison) survey(ctx context.Context, sets [2]*file.Set) error {
	c.sets = sets
	progress := c.progress()
	seed := maphash.MakeSeed()
	group, ctx := errgroup.WithContext(ctx)
	for i, set := range sets {
		group.Go(func() error {
			sv, reader, err := survey.Take(ctx, set.Reader, seed, c.options.maxConnections(), func(r *file.Reader) { progress(i, r.Position()) })
			if err != nil {
				return fmt.Errorf("%s: %w", set.Files()[0].Path, err)
			}
			c.surveys[i], c.files[i], c.seams[i] = sv, reader.Files(), reader.Seams()
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	for i, sv := range c.surveys {
		if len(sv.Connections) == 0 && (len(c.surveys[1-i].Connections) == 0 || sv.Packets > 0 && sv.NotTCPAtAll()) {
			return fmt.Errorf("%s: %w", sets[i].Files()[0].Path, ErrNoTCP)
		}
	}
	return nil
}

// progress returns a function that turns the position of each reader into what
// was added since.
func (c *comparison) progress() func(reader int, position int64) {
	var before [2]int64
	return func(reader int, position int64) {
		if c.options.Progress != nil {
			c.options.Progress(position - before[reader])
		}
		before[reader] = position
	}
}

// ErrNotThatEnd is wrapped by the error for a capture that is given as one end's and
// says itself that it is the other's.
var ErrNotThatEnd = errors.New("is said to be the other end's")

// checkNotes holds what a recorder was told of its end (bothcap --end) against what
// the user says now.
func (c *comparison) checkNotes() error {
	if !c.options.FixedEnds {
		return nil
	}
	for end, sv := range c.surveys {
		if c.options.between[end] {
			continue // it may have been recorded for another comparison
		}
		given := tap.End(end).String()
		if noted := sv.Recording().Ends; len(noted) > 0 && !slices.Contains(noted, given) {
			return fmt.Errorf("%q: it was recorded as the %s's (--end %s) and is given as the %s's: it %w", c.sets[end].Files()[0].Path, noted[0], noted[0], given, ErrNotThatEnd)
		}
	}
	return nil
}

// pair finds the connections that both captures hold, and which end is which.
func (c *comparison) pair() {
	if alone, ok := c.alone(); ok {
		c.pairAlone(alone)
		return
	}
	c.pairs, c.placement = pair.Match(c.surveys[0], c.surveys[1], c.options.FixedEnds)
	if c.placement.Swapped {
		slices.Reverse(c.sets[:])
		slices.Reverse(c.files[:])
		slices.Reverse(c.seams[:])
		slices.Reverse(c.surveys[:])
	}
}

// weighWitnesses finds out what each capture is worth as a witness.
func (c *comparison) weighWitnesses() {
	for end, sv := range c.surveys {
		c.witnesses[end] = witness.Of(sv, c.files[end], c.seams[end])
		if c.options.between[end] {
			c.witnesses[end] = passedBy(c.witnesses[end])
		}
	}
}

// align reads both captures again and fills the ledgers of all pairs.
func (c *comparison) align(ctx context.Context) error {
	offset, uncertain := roughOffset(c.surveys, c.pairs)
	m := c.meeting(offset, uncertain)
	progress := c.progress()
	return replay.Run(ctx, c.sets, c.surveys, m.routes, offset, func(end tap.End, n int64) { progress(int(end), n) }, m)
}

// roughOffset is the server's clock less the client's, from the handshakes: good
// enough to read both captures in one order. Without handshakes the clocks are
// taken as they stand, and nothing is said of how far they are off.
func roughOffset(surveys [2]*survey.Survey, pairs []pair.Pair) (offset, uncertain int64) {
	var offsets, lasts []int64
	for i := range pairs {
		p := &pairs[i]
		if !p.Paired() || p.Method == pair.Payload || p.SYNProxy {
			continue // two handshakes
		}
		client, server := surveys[tap.Client].Connections[p.Client], surveys[tap.Server].Connections[p.Server]
		if sameSegments(client, server, p.ClientSide != p.ServerSide) {
			lasts = append(lasts, server.LastNS-client.LastNS)
		}
		if client.SYNNS == 0 || server.SYNNS == 0 || client.AnswerNS == 0 || server.AnswerNS == 0 {
			continue
		}
		one, other := server.SYNNS-client.SYNNS, server.AnswerNS-client.AnswerNS
		if client.CompleteNS != 0 && server.CompleteNS != 0 {
			// If the first SYN was lost, the server's capture holds only a later copy.
			one = min(one, server.CompleteNS-client.CompleteNS)
		}
		offsets = append(offsets, one/2+other/2)
		uncertain = max(uncertain, max(one, other)-min(one, other))
	}
	if len(offsets) == 0 {
		return 0, math.MaxInt64
	}
	slices.Sort(offsets)
	// Handshakes far apart in time also differ by skew.
	drift := offsets[len(offsets)-1] - offsets[0]
	offset = offsets[len(offsets)/2]
	for _, last := range lasts {
		// A clock that was set after the last handshake shows at the end.
		drift = max(drift, last-offset, offset-last)
	}
	return offset, uncertain + drift + roughSlackNS
}

// sameSegments reports whether both captures hold as many segments of each side, so
// that the last is the same one.
func sameSegments(a, b *survey.Connection, turned bool) bool {
	for side := survey.Initiator; side <= survey.Responder; side++ {
		other := side
		if turned {
			other = side.Other()
		}
		fa, fb := &a.Flows[side], &b.Flows[other]
		if fa.Segments != fb.Segments || fa.Resets != fb.Resets || fa.Payload != fb.Payload {
			return false
		}
	}
	return true
}

// roughSlackNS allows for what the handshakes cannot show: skew within a
// recording of some hours, and the order in which a busy host records.
const roughSlackNS = 1e9

// judge fits the clocks and decides on what is left over.
func (c *comparison) judge(ctx context.Context) (err error) {
	for i := range c.cases {
		if err := ctx.Err(); err != nil {
			return err
		}
		c.cases[i].Close()
	}
	c.separateUnlike()
	c.clock = c.bounds.Fit()
	for _, sv := range c.surveys {
		c.clock.NoteSetBack(sv.SetBack())
	}
	c.fillServices()
	in := judge.Input{
		Clock: &c.clock, Witnesses: c.witnesses, Cases: c.cases, Services: c.services, Trips: &c.trips, TickNS: tick(c.surveys),
		Own: c.ownAddresses(), Stated: c.options.Stated, ShowPayload: c.options.ShowPayload,
	}
	for end, sv := range c.surveys {
		in.Resets[end] = sv.ResetList
		in.Witnesses[end].Peers = peers(sv, in.Own[end])
	}
	if c.judgement, err = judge.Judge(ctx, &in); err != nil {
		return err
	}
	for _, stated := range c.options.Stated {
		err := cmp.Or(stated.Contradiction(&c.judgement.Witnesses[stated.End]), filterContradicted(stated, c.surveys[stated.End]))
		if err != nil {
			return fmt.Errorf("%w: %w", ErrContradicted, err)
		}
	}
	return nil
}

// report puts everything into the form that is shown.
func (c *comparison) report(ctx context.Context) (*report.Report, error) {
	return report.New(ctx, &report.Input{
		Files: c.files, Seams: c.seams, Surveys: c.surveys, Placement: c.placement, FixedEnds: c.options.FixedEnds,
		Pairs: c.pairs, CaseOf: c.caseOf, Cases: c.cases, Clock: &c.clock, Judgement: &c.judgement, Stated: c.options.Stated, Endings: c.endings.Endings, Effects: c.endings.Effects, Outcome: c.outcome(),
	})
}
