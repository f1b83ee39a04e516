// Package correlate compares two captures of the same TCP connections, one made
// at each end, and says which packets one end received that the other never
// sent.
package correlate

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"

	"golang.org/x/sync/errgroup"

	"bothends/capture/file"
	"bothends/correlate/align"
	"bothends/correlate/clock"
	"bothends/correlate/judge"
	"bothends/correlate/pair"
	"bothends/correlate/report"
	"bothends/correlate/survey"
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
}

// ErrNothingInCommon is returned, with the report of both captures, if no
// connection is in both.
var ErrNothingInCommon = errors.New("the two captures have no TCP connection in common")

// ErrNoTCP is returned if a capture holds no TCP segment.
var ErrNoTCP = errors.New("no TCP segment in it")

// Compare reads both captures twice: once to learn what connections they hold
// and how the two go together, once to lay their segments over each other.
func Compare(ctx context.Context, first, second *file.Set, o Options) (*report.Report, error) {
	c := comparison{options: o}
	if err := c.survey(ctx, [2]*file.Set{first, second}); err != nil {
		return nil, err
	}
	c.pair()
	if err := c.align(ctx); err != nil {
		return nil, err
	}
	c.judge()
	r := c.report()
	if r.Summary.Paired == 0 {
		return r, ErrNothingInCommon
	}
	return r, nil
}

// comparison holds what each stage leaves for the next. Arrays of two are
// indexed by align.End once the ends are known.
type comparison struct {
	options   Options
	sets      [2]*file.Set
	files     [2][]file.File
	seams     [2][]file.Seam
	surveys   [2]*survey.Survey
	placement pair.Placement
	pairs     []pair.Pair
	cases     []judge.Case
	caseOf    []int32 // by pair: index of its case, or noCase
	services  map[judge.Address]*judge.Service
	bounds    clock.Bounds
	trips     align.Trips
	clock     clock.Fit
	bench     judge.Bench
	findings  []judge.Finding
}

// survey reads both captures at once.
func (c *comparison) survey(ctx context.Context, sets [2]*file.Set) error {
	c.sets = sets
	progress := c.progress()
	group, ctx := errgroup.WithContext(ctx)
	for i, set := range sets {
		group.Go(func() error {
			reader := set.Reader()
			sv, err := survey.Take(ctx, reader, func() { progress(i, reader.Position()) })
			if err != nil {
				return fmt.Errorf("%s: %w", set.Files()[0].Path, err)
			}
			c.surveys[i], c.files[i], c.seams[i] = sv, reader.Files(), reader.Seams()
			if len(sv.Connections) == 0 {
				return fmt.Errorf("%s: %w", set.Files()[0].Path, ErrNoTCP)
			}
			return nil
		})
	}
	return group.Wait()
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

// pair finds the connections that both captures hold, and which end is which.
func (c *comparison) pair() {
	c.pairs, c.placement = pair.Match(c.surveys[0], c.surveys[1], c.options.FixedEnds)
	if c.placement.Swapped {
		slices.Reverse(c.sets[:])
		slices.Reverse(c.files[:])
		slices.Reverse(c.seams[:])
		slices.Reverse(c.surveys[:])
	}
}

// align reads both captures again and fills the ledgers of all pairs.
func (c *comparison) align(ctx context.Context) error {
	routes := [2][]route{noRoutes(c.surveys[0]), noRoutes(c.surveys[1])}
	offset, uncertain := roughOffset(c.surveys, c.pairs)
	var coverage [2]align.Coverage
	for end, sv := range c.surveys {
		coverage[end] = align.Coverage{FirstNS: sv.FirstNS, LastNS: sv.LastNS}
	}
	c.services = c.findServices()
	var left []int64 // by case: segments still to come
	c.caseOf = make([]int32, len(c.pairs))
	for i := range c.pairs {
		p := &c.pairs[i]
		if !p.Paired() && !c.telling(p) {
			c.caseOf[i] = noCase
			continue
		}
		n := int32(len(c.cases))
		c.caseOf[i] = n
		c.cases = append(c.cases, judge.Case{Pair: *p, Translated: c.translated(p)})
		left = append(left, 0)
		if p.Client != pair.NoView {
			routes[align.Client][p.Client] = route{n, p.ClientSide}
			left[n] += total(&c.surveys[align.Client].Connections[p.Client])
		}
		if p.Server != pair.NoView {
			routes[align.Server][p.Server] = route{n, p.ServerSide}
			left[n] += total(&c.surveys[align.Server].Connections[p.Server])
		}
	}
	c.joinEscaped()
	progress := c.progress()
	return replay(ctx, c.sets, routes, offset, func(end align.End, n int64) { progress(int(end), n) },
		func(end align.End, r *routed) {
			tried := &c.cases[r.caseIndex]
			if tried.Connection == nil {
				tried.Connection = align.NewConnection(tried.Pair.Shift, offset, uncertain, coverage, c.boundsFor(&tried.Pair))
				if tried.Pair.Method != pair.Payload {
					tried.Connection.Sample(&c.trips)
				}
			}
			tried.Observe(end, r.sender, &r.Segment)
			if left[r.caseIndex]--; left[r.caseIndex] == 0 {
				tried.Close()
			}
		})
}

// boundsFor is where a pair's packets tell of the clocks. A proxy answers for
// the far end before it has asked it, so that the legs of one tell nothing.
func (c *comparison) boundsFor(p *pair.Pair) *clock.Bounds {
	if p.Method == pair.Payload {
		return new(clock.Bounds)
	}
	return &c.bounds
}

// translated tells, by End, which hosts the two captures know under different names.
func (c *comparison) translated(p *pair.Pair) (by [2]bool) {
	if !p.Paired() {
		return by
	}
	here, there := &c.surveys[align.Client].Connections[p.Client], &c.surveys[align.Server].Connections[p.Server]
	by[align.Client] = here.Ends[p.ClientSide] != there.Ends[p.ServerSide]
	by[align.Server] = here.Ends[p.ClientSide.Other()] != there.Ends[p.ServerSide.Other()]
	return by
}

func noRoutes(sv *survey.Survey) []route {
	routes := make([]route, len(sv.Connections))
	for i := range routes {
		routes[i].caseIndex = noCase
	}
	return routes
}

func total(c *survey.Connection) (segments int64) {
	for _, f := range c.Flows {
		segments += f.Segments + f.Resets
	}
	return segments
}

// roughOffset is the server's clock less the client's, from the handshakes: good
// enough to read both captures in one order. Without handshakes the clocks are
// taken as they stand, and nothing is said of how far they are off.
func roughOffset(surveys [2]*survey.Survey, pairs []pair.Pair) (offset, uncertain int64) {
	var offsets []int64
	for i := range pairs {
		p := &pairs[i]
		if !p.Paired() || p.Method == pair.Payload {
			continue
		}
		client, server := &surveys[align.Client].Connections[p.Client], &surveys[align.Server].Connections[p.Server]
		if client.SYNNS == 0 || server.SYNNS == 0 || client.AnswerNS == 0 || server.AnswerNS == 0 {
			continue
		}
		one, other := server.SYNNS-client.SYNNS, server.AnswerNS-client.AnswerNS
		offsets = append(offsets, one/2+other/2)
		uncertain = max(uncertain, max(one, other)-min(one, other))
	}
	if len(offsets) == 0 {
		return 0, math.MaxInt64
	}
	slices.Sort(offsets)
	// Handshakes far apart in time also differ by skew.
	drift := offsets[len(offsets)-1] - offsets[0]
	return offsets[len(offsets)/2], uncertain + drift + roughSlackNS
}

// roughSlackNS allows for what the handshakes cannot show: skew within a
// recording of some hours, and the order in which a busy host records.
const roughSlackNS = 1e9

// judge fits the clocks and decides on what is left over.
func (c *comparison) judge() {
	for i := range c.cases {
		c.cases[i].Close()
	}
	c.separateUnlike()
	c.clock = c.bounds.Fit()
	c.bench = judge.Bench{Clock: &c.clock, Cases: c.cases, Services: c.services, Trips: &c.trips, TickNS: tick(c.surveys)}
	c.fillServices()
	for end, sv := range c.surveys {
		c.bench.Witnesses[end] = witness(sv, c.files[end])
	}
	c.findings = c.bench.Findings()
}

// report puts everything into the form that is shown.
func (c *comparison) report() *report.Report {
	return report.New(&report.Input{
		Files: c.files, Seams: c.seams, Surveys: c.surveys, Placement: c.placement, FixedEnds: c.options.FixedEnds,
		Pairs: c.pairs, CaseOf: c.caseOf, Bench: &c.bench, Findings: c.findings,
	})
}
