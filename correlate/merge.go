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
	// reportEvery is how many packets are read between two looks at whether the
	// work is still wanted, and two reports of its progress.
	reportEvery = 4096
)

// A lane reads one capture again, in its own goroutine, and yields the routed
// segments of it in file order.
type lane struct {
	batches chan []routed
	free    chan []routed
	batch   []routed
	at      int
	lead    int64 // this end's clock less the client's
}

func newLane(lead int64) *lane {
	return &lane{batches: make(chan []routed, batchesAhead), free: make(chan []routed, batchesAhead+2), lead: lead}
}

// fill reads the capture and closes the lane's channel at its end.
func (l *lane) fill(ctx context.Context, set *file.Set, routes []route, progress func(int64)) error {
	defer close(l.batches)
	reader := set.Reader()
	source := survey.NewSource(reader)
	table := survey.NewTable()
	var arena []byte
	batch := make([]routed, 0, batchLen)
	send := func() error {
		select {
		case l.batches <- batch:
		case <-ctx.Done():
			return ctx.Err()
		}
		select {
		case batch = <-l.free:
			batch = batch[:0]
		default:
			batch = make([]routed, 0, batchLen)
		}
		return nil
	}
	reportAt := int64(0)
	for {
		// Segments of connections that are in this capture only are never sent.
		if source.Packets >= reportAt {
			if err := ctx.Err(); err != nil {
				return err
			}
			progress(reader.Position())
			reportAt = source.Packets + reportEvery
		}
		batch = append(batch, routed{})
		item := &batch[len(batch)-1]
		err := source.Next(&item.Segment)
		if err != nil {
			batch = batch[:len(batch)-1]
			if !errors.Is(err, io.EOF) {
				return fmt.Errorf("read capture again: %w", err)
			}
			if len(batch) > 0 {
				return send()
			}
			return nil
		}
		id, side := table.Assign(&item.Segment)
		if int(id) >= len(routes) || routes[id].caseIndex == noCase {
			batch = batch[:len(batch)-1]
			continue
		}
		item.caseIndex = routes[id].caseIndex
		item.sender = align.Client
		if side != routes[id].clientSide {
			item.sender = align.Server
		}
		arena, item.Payload = stow(arena, item.Payload)
		if len(batch) == batchLen {
			if err := send(); err != nil {
				return err
			}
		}
	}
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
