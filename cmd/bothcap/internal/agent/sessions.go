package agent

import (
	"context"
	"time"

	"bothends/correlate/segment"
)

// maxSessions bounds the memory for connections on a busy server. Beyond it
// Settle waits longer than it would have to, and no more.
const maxSessions = 1 << 14

// Sessions are the connections whose beginning was seen and whose end was not. The
// zero Sessions are none.
type Sessions struct {
	open map[connection]*closing
	last time.Time // when one ended
}

// connection has its endpoints in one order for both directions.
type connection struct{ low, high segment.Endpoint }

// closing says which ends have sent their FIN.
type closing struct{ low, high bool }

// Add takes account of a segment.
func (s *Sessions) Add(seg *segment.Segment) {
	if seg.Flags&(segment.SYN|segment.FIN|segment.RST) == 0 {
		return // nearly all segments are neither a beginning nor an end
	}
	key, fromLow := order(seg.Src, seg.Dst)
	state := s.open[key]
	switch {
	case seg.Flags&(segment.SYN|segment.RST) == segment.SYN:
		if state == nil && len(s.open) < maxSessions {
			if s.open == nil {
				s.open = map[connection]*closing{}
			}
			s.open[key] = &closing{}
		}
	case state == nil:
	case seg.Flags&segment.RST != 0:
		s.end(key)
	case seg.Flags&segment.FIN != 0:
		if fromLow {
			state.low = true
		} else {
			state.high = true
		}
		if state.low && state.high {
			s.end(key)
		}
	}
}

// Open is how many there are.
func (s *Sessions) Open() int { return len(s.open) }

func (s *Sessions) end(key connection) {
	delete(s.open, key)
	s.last = time.Now()
}

func order(src, dst segment.Endpoint) (connection, bool) {
	for i := range src.IP {
		if src.IP[i] != dst.IP[i] {
			return ordered(src, dst, src.IP[i] < dst.IP[i])
		}
	}
	return ordered(src, dst, src.Port <= dst.Port)
}

func ordered(src, dst segment.Endpoint, srcIsLow bool) (connection, bool) {
	if srcIsLow {
		return connection{low: src, high: dst}, true
	}
	return connection{low: dst, high: src}, false
}

// Settle waits until every connection whose beginning was seen has ended and
// its last acknowledgement had time to come, or until the limit.
func (a *Agent) Settle(ctx context.Context, limit time.Duration) {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	// What is on the wire now reaches the agent when the kernel hands it over.
	quiet := 2 * a.config.Live.Timeout
	begun := time.Now()
	ticker := time.NewTicker(tickInterval)
	defer ticker.Stop()
	for {
		a.mu.Lock()
		settled := a.sessions.Open() == 0 && time.Since(begun) >= quiet && time.Since(a.sessions.last) >= quiet
		a.mu.Unlock()
		if settled {
			return
		}
		select {
		case <-ctx.Done():
			return
		case <-a.stopped:
			return
		case <-ticker.C:
		}
	}
}
