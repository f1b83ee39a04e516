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
	*c = Connection{}
	for end := range c.Streams {
		c.Streams[end].live = pop(&p.lives)
		c.Streams[end].buffers = &p.buffers
	}
	c.open(shift, rough, roughErr, coverage, bounds)
	return c
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

// TakeBack takes a finished connection that nobody refers to any more.
func (p *Pool) TakeBack(c *Connection) {
	if len(p.connections) < maxPooled {
		p.connections = append(p.connections, c)
	}
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
