package align

import (
	"bothends/correlate/clock"
	"bothends/correlate/tap"
)

// A Pool has connections that are done with, and what streams need while they are under
// way, to be used again: of a million half-open connections each would leave 6 KB of
// garbage. It is for one goroutine.
type Pool struct {
	connections []*Connection
	lives       []*live
	buffers     buffers
	shared      shared
}

const (
	// maxPooled bounds what a Pool keeps: 3 MB.
	maxPooled = 1 << 8
	// maxKept is how long the lists may be that are kept for the next stream: it has no
	// more under way, as a rule.
	maxKept = 16
)

// NewConnection is NewConnection, of what is there.
func (p *Pool) NewConnection(shift [2]uint32, rough, roughErr int64, coverage [2]tap.Coverage, bounds *clock.Bounds) *Connection {
	c := pop(&p.connections)
	for end := range c.Streams {
		s := &c.Streams[end]
		s.empty()
		s.live = pop(&p.lives)
		s.buffers = &p.buffers
	}
	c.open(shift, rough, roughErr, coverage, bounds)
	return c
}

// empty makes s an empty stream, of the parts that it has or of new ones.
func (s *Stream) empty() {
	if s.Tally == nil {
		*s = *NewStream()
		return
	}
	*s.Tally, *s.Moments, *s.Traces = Tally{}, Moments{}, Traces{}
	*s = Stream{Tally: s.Tally, Moments: s.Moments, Traces: s.Traces}
}

// NewStream returns a stream of nothing.
func NewStream() *Stream {
	return &Stream{Tally: new(Tally), Moments: new(Moments), Traces: new(Traces)}
}

// Finish is c.Finish, and keeps what c needs no more.
func (p *Pool) Finish(c *Connection) {
	lives := [2]*live{c.Streams[tap.Client].live, c.Streams[tap.Server].live}
	c.Finish()
	for _, l := range lives {
		if l != nil && len(p.lives) < maxPooled {
			l.forget()
			p.lives = append(p.lives, l)
		}
	}
}

// TakeBack takes a finished connection that nobody refers to any more, and that was not kept.
func (p *Pool) TakeBack(c *Connection) {
	if len(p.connections) < maxPooled {
		p.connections = append(p.connections, c)
	}
}

// Keep takes a finished connection, and returns one that says the same in as little memory
// as it can: of a flood of refused ones, a twelfth. Nobody may change it.
func (p *Pool) Keep(c *Connection) *Connection {
	kept := new(Connection)
	for end := range c.Streams {
		s := &c.Streams[end]
		kept.Streams[end] = Stream{Tally: p.shared.tally(s.Tally), Moments: p.shared.moments(s.Moments), Traces: p.shared.traces(s.Traces), Resets: s.Resets, sender: s.sender}
	}
	p.TakeBack(c)
	return kept
}

// shared are parts of kept streams that others are the same as.
type shared struct {
	tallies map[Tally]*Tally
	still   *Moments // of a stream that had nothing but resets
	smooth  *Traces  // of one that went as it should
}

// mostTallies bounds what is remembered: some megabytes. See mostSummaries.
const mostTallies = 1 << 12

func (all *shared) tally(t *Tally) *Tally {
	if same := all.tallies[*t]; same != nil {
		return same
	}
	if all.tallies == nil {
		all.tallies = map[Tally]*Tally{}
	}
	fresh := new(*t)
	if len(all.tallies) < mostTallies {
		all.tallies[*t] = fresh
	}
	return fresh
}

func (all *shared) moments(m *Moments) *Moments {
	if *m != (Moments{}) {
		return new(*m)
	}
	if all.still == nil {
		all.still = new(Moments)
	}
	return all.still
}

func (all *shared) traces(t *Traces) *Traces {
	if !t.none() {
		return new(*t)
	}
	if all.smooth == nil {
		all.smooth = new(Traces)
	}
	return all.smooth
}

// forget leaves of l nothing but room.
func (l *live) forget() {
	var kept live
	kept.flying.list, kept.waiting.list = emptied(l.flying.list), emptied(l.waiting.list)
	kept.acks.sent.list, kept.acks.waiting.list = emptied(l.acks.sent.list), emptied(l.acks.waiting.list)
	*l = kept
}

// emptied is the room of a list, unless that is large.
func emptied[T any](list []T) []T {
	if cap(list) > maxKept {
		return nil
	}
	list = list[:cap(list)]
	clear(list)
	return list[:0]
}

// pop takes the last of a list, or a new one.
func pop[T any](list *[]*T) *T {
	n := len(*list)
	if n == 0 {
		return new(T)
	}
	last := (*list)[n-1]
	*list = (*list)[:n-1]
	return last
}
