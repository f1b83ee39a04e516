// Package replay reads both captures again, in the order of one clock, and leads each
// segment to the connection it belongs to.
package replay

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"

	"golang.org/x/sync/errgroup"

	"bothends/capture/file"
	"bothends/correlate/align"
	"bothends/correlate/segment"
	"bothends/correlate/survey"
	"bothends/correlate/tap"
)

// A Route says where the segments of one connection of one capture go.
type Route struct {
	Number     int32       // of its case; if Alike, of its passages; or Nowhere
	ClientSide survey.Side // the side that is the host at the client end
	Alike      bool        // at both taps: only the times of some segments are wanted
	Late       [2]uint8    // by side: if Alike, so many of its first segments the other tap did not see
}

// Nowhere is the number of a route that leads to nothing: the connection is in one
// capture only.
const Nowhere int32 = -1

// NoRoutes are the routes of a capture of which no connection is wanted.
func NoRoutes(sv *survey.Survey) []Route {
	routes := make([]Route, len(sv.Connections))
	for i := range routes {
		routes[i].Number = Nowhere
	}
	return routes
}

// samplers are those of alike connections, by number and side.
func samplers(routes []Route) [][2]align.Sampler {
	n := int32(0)
	for i := range routes {
		if r := &routes[i]; r.Alike {
			n = max(n, r.Number+1)
		}
	}
	list := make([][2]align.Sampler, n)
	for i := range routes {
		if r := &routes[i]; r.Alike {
			for side, late := range r.Late {
				list[r.Number][side].PassOver(late)
			}
		}
	}
	return list
}

// An item is one segment, or only its time, on its way to where the two captures
// meet.
type item struct {
	timeNS  int64 // by this end's clock
	number  int32 // the route's
	sender  tap.End
	segment int16 // its place in the batch, or timeOnly
}

const timeOnly = -1

// A batch of items changes hands at a time, so that the hand-over costs little
// for each.
type batch struct {
	items    []item
	segments []segment.Segment // one more than are in use: the next is decoded in place
	bytes    []byte            // of the segments' headers and payloads, one after the other
}

const (
	batchLen = 256
	// batchesAhead is how far a reader may run ahead of the alignment.
	batchesAhead = 8
	// batchBytes of headers and payload end a batch early: of super-segments it has a few.
	batchBytes = 128 << 10
)

func newBatch() *batch {
	return &batch{items: make([]item, 0, batchLen), segments: make([]segment.Segment, 1, batchLen+1)}
}

// A lane reads one capture again, in its own goroutine, and yields the routed
// segments of it in file order.
type lane struct {
	batches chan *batch
	free    chan *batch // that have been used up
	lead    int64       // this end's clock less the client's

	filling  *batch             // of the reading goroutine
	samplers [][2]align.Sampler // by number and side, of alike connections

	batch *batch // of the consumer
	at    int
}

func newLane(lead int64) *lane {
	return &lane{batches: make(chan *batch, batchesAhead), free: make(chan *batch, batchesAhead+2), lead: lead, filling: newBatch()}
}

// fill reads the capture and closes the lane's channel at its end. progress is
// told how far in the capture's bytes it has come.
func (l *lane) fill(ctx context.Context, set *file.Set, sv *survey.Survey, routes []Route, progress func(int64)) error {
	defer close(l.batches)
	reader := set.Reader()
	source := survey.NewSource(reader, sv.Doubles, func() error {
		progress(reader.Position())
		return ctx.Err()
	})
	wanted := survey.NewWanted(sv, func(i int) bool { return routes[i].Number != Nowhere })
	if wanted.Len() == 0 {
		return nil
	}
	source.Only(wanted)
	table := survey.NewTable()
	table.Limit(wanted.Len()) // one more was left out, or the file has changed since
	l.samplers = samplers(routes)
	for {
		s := &l.filling.segments[len(l.filling.segments)-1]
		if err := source.Next(s); err != nil {
			if errors.Is(err, io.EOF) {
				return l.handOver(ctx)
			}
			return fmt.Errorf("read capture again: %w", err)
		}
		if !wanted.Has(s) {
			continue
		}
		id, side := table.Assign(s)
		if id == survey.LeftOut {
			continue
		}
		id = wanted.Original(id)
		switch r := &routes[id]; {
		case r.Number == Nowhere: // it is in one capture only
			continue
		case !r.Alike:
			l.take(r, side, s)
		case l.samplers[r.Number][side].Pick(s):
			l.filling.add(r, side, s, timeOnly)
		}
		if l.filling.full() {
			if err := l.handOver(ctx); err != nil {
				return err
			}
		}
	}
}

// take puts a whole segment into the batch, in whose next place it is.
func (l *lane) take(r *Route, side survey.Side, s *segment.Segment) {
	b := l.filling
	// What it aliases is valid until the reader goes on, which it does before the consumer
	// comes to the segment.
	s.Header, s.Payload, s.Digest = b.keep(s.Header), b.keep(s.Payload), bytes.Clone(s.Digest)
	b.add(r, side, s, int16(len(b.segments)-1))
	b.segments = b.segments[:len(b.segments)+1]
}

// keep returns a copy that is valid as long as the batch is filled or read.
func (b *batch) keep(from []byte) []byte {
	if len(from) == 0 {
		return nil
	}
	// Where the bytes move as they grow, those before stay where they are.
	n := len(b.bytes)
	b.bytes = append(b.bytes, from...)
	return b.bytes[n:len(b.bytes):len(b.bytes)]
}

func (b *batch) full() bool { return len(b.items) == batchLen || len(b.bytes) >= batchBytes }

func (b *batch) add(r *Route, side survey.Side, s *segment.Segment, place int16) {
	sender := tap.Client
	if side != r.ClientSide {
		sender = tap.Server
	}
	b.items = append(b.items, item{s.TimeNS, r.Number, sender, place})
}

// handOver gives the filled batch to the consumer and begins another.
func (l *lane) handOver(ctx context.Context) error {
	select {
	case l.batches <- l.filling:
	case <-ctx.Done():
		return ctx.Err()
	}
	select {
	case b := <-l.free:
		b.items, b.segments, b.bytes = b.items[:0], b.segments[:1], b.bytes[:0]
		l.filling = b
	default:
		l.filling = newBatch()
	}
	return nil
}

// peek returns the lane's next item, or nil at its end.
func (l *lane) peek() *item {
	for l.batch == nil || l.at == len(l.batch.items) {
		if l.batch != nil {
			select {
			case l.free <- l.batch:
			default:
			}
		}
		b, ok := <-l.batches
		l.batch, l.at = b, 0
		if !ok {
			return nil
		}
	}
	return &l.batch.items[l.at]
}

// time is the client's time of an item of this lane.
func (l *lane) time(i *item) int64 { return i.timeNS - l.lead }

// An Observer takes what Run yields: Passed a segment of an alike connection
// of which only the time is wanted, Observe a segment of a case. The segment and its
// payload are the Observer's until Observe returns.
type Observer interface {
	Passed(end, sender tap.End, passages int32, timeNS int64)
	Observe(end, sender tap.End, caseIndex int32, s *segment.Segment)
}

// Run reads both captures again and gives their segments, in the order of one
// clock, to an Observer.
func Run(ctx context.Context, sets [2]*file.Set, surveys [2]*survey.Survey, routes [2][]Route, lead int64, progress func(tap.End, int64), to Observer) error {
	lanes := [2]*lane{newLane(0), newLane(lead)}
	group, ctx := errgroup.WithContext(ctx)
	for end, l := range lanes {
		group.Go(func() error {
			return l.fill(ctx, sets[end], surveys[end], routes[end], func(position int64) { progress(tap.End(end), position) })
		})
	}
	group.Go(func() error {
		client, server := lanes[tap.Client], lanes[tap.Server]
		for {
			c, s := client.peek(), server.peek()
			switch {
			case c == nil && s == nil:
				return nil
			case s == nil || c != nil && client.time(c) <= server.time(s):
				client.yield(tap.Client, c, to)
			default:
				server.yield(tap.Server, s, to)
			}
		}
	})
	return group.Wait()
}

func (l *lane) yield(end tap.End, i *item, to Observer) {
	if i.segment == timeOnly {
		to.Passed(end, i.sender, i.number, i.timeNS)
	} else {
		to.Observe(end, i.sender, i.number, &l.batch.segments[i.segment])
	}
	l.at++
}
