package correlate

import (
	"context"
	"errors"
	"fmt"
	"io"

	"golang.org/x/sync/errgroup"

	"bothends/capture/file"
	"bothends/correlate/align"
	"bothends/correlate/segment"
	"bothends/correlate/survey"
)

// A route says where the segments of one connection of one capture go.
type route struct {
	caseIndex  int32       // index of its case, or noCase
	clientSide survey.Side // the side that is the host at the client end
}

const noCase int32 = -1

// A routed segment belongs to a case.
type routed struct {
	segment.Segment
	caseIndex int32
	sender    align.End
}

const (
	// batchLen is how many segments change hands at a time, so that the hand-over
	// costs little for each.
	batchLen = 256
	// batchesAhead is how far a reader may run ahead of the alignment.
	batchesAhead = 8
	// arenaLen is the size of the blocks that hold payloads until they have been
	// compared. A block lives for as long as one of its segments is in flight.
	arenaLen = 64 << 10
)

// A lane reads one capture again, in its own goroutine, and yields the routed
// segments of it in file order.
type lane struct {
	batches chan []routed
	free    chan []routed // batches that have been used up
	lead    int64         // this end's clock less the client's

	filling []routed // of the reading goroutine
	arena   []byte

	batch []routed // of the consumer
	at    int
}

func newLane(lead int64) *lane {
	return &lane{
		batches: make(chan []routed, batchesAhead), free: make(chan []routed, batchesAhead+2), lead: lead,
		filling: make([]routed, 0, batchLen),
	}
}

// fill reads the capture and closes the lane's channel at its end. progress is
// told how far in the capture's bytes it has come.
func (l *lane) fill(ctx context.Context, set *file.Set, routes []route, progress func(int64)) error {
	defer close(l.batches)
	reader := set.Reader()
	source := survey.NewSource(reader, func() error {
		progress(reader.Position())
		return ctx.Err()
	})
	table := survey.NewTable()
	for {
		l.filling = l.filling[:len(l.filling)+1]
		item := &l.filling[len(l.filling)-1]
		if err := source.Next(&item.Segment); err != nil {
			l.filling = l.filling[:len(l.filling)-1]
			if errors.Is(err, io.EOF) {
				return l.handOver(ctx)
			}
			return fmt.Errorf("read capture again: %w", err)
		}
		id, side := table.Assign(&item.Segment)
		if !item.take(routes, id, side) {
			l.filling = l.filling[:len(l.filling)-1]
			continue
		}
		l.arena, item.Payload = stow(l.arena, item.Payload)
		if len(l.filling) == batchLen {
			if err := l.handOver(ctx); err != nil {
				return err
			}
		}
	}
}

// take routes a segment of connection id. It is false if that goes nowhere, as
// it is in one capture only.
func (r *routed) take(routes []route, id int32, side survey.Side) bool {
	if int(id) >= len(routes) || routes[id].caseIndex == noCase {
		return false
	}
	r.caseIndex, r.sender = routes[id].caseIndex, align.Client
	if side != routes[id].clientSide {
		r.sender = align.Server
	}
	return true
}

// handOver gives the filled batch to the consumer and begins another.
func (l *lane) handOver(ctx context.Context) error {
	select {
	case l.batches <- l.filling:
	case <-ctx.Done():
		return ctx.Err()
	}
	select {
	case l.filling = <-l.free:
		l.filling = l.filling[:0]
	default:
		l.filling = make([]routed, 0, batchLen)
	}
	return nil
}

// stow copies payload to the end of the arena, or to a new one if it is full.
func stow(arena, payload []byte) (grown, copied []byte) {
	n := len(payload)
	if n == 0 {
		return arena, nil
	}
	if len(arena)+n > cap(arena) {
		arena = make([]byte, 0, max(arenaLen, n))
	}
	start := len(arena)
	arena = append(arena, payload...)
	return arena, arena[start : start+n : start+n]
}

// peek returns the lane's next segment, or nil at its end.
func (l *lane) peek() *routed {
	for l.at == len(l.batch) {
		if l.batch != nil {
			select {
			case l.free <- l.batch:
			default:
			}
		}
		batch, ok := <-l.batches
		if !ok {
			l.batch, l.at = nil, 0
			return nil
		}
		l.batch, l.at = batch, 0
	}
	return &l.batch[l.at]
}

// time is the client's time of a segment of this lane.
func (l *lane) time(r *routed) int64 { return r.TimeNS - l.lead }

// replay reads both captures again and gives their segments, in the order of one
// clock, to observe.
func replay(ctx context.Context, sets [2]*file.Set, routes [2][]route, lead int64, progress func(align.End, int64), observe func(align.End, *routed)) error {
	lanes := [2]*lane{newLane(0), newLane(lead)}
	group, ctx := errgroup.WithContext(ctx)
	for end, l := range lanes {
		group.Go(func() error {
			return l.fill(ctx, sets[end], routes[end], func(position int64) { progress(align.End(end), position) })
		})
	}
	group.Go(func() error {
		client, server := lanes[align.Client], lanes[align.Server]
		for {
			c, s := client.peek(), server.peek()
			switch {
			case c == nil && s == nil:
				return nil
			case s == nil || c != nil && client.time(c) <= server.time(s):
				observe(align.Client, c)
				client.at++
			default:
				observe(align.Server, s)
				server.at++
			}
		}
	})
	return group.Wait()
}
