//go:build cgo || windows

package main

import (
	"context"
	"net"
	"net/netip"
	"strconv"
	"sync"
	"time"

	"bothends/capture"
	"bothends/correlate/segment"
)

// Whether both taps see what passes is known by what each shows of the other end: the
// far one a SYN that left here, this one its answer. A connection to the session's own
// port takes the way that the session will take, through the same firewalls.

// sightings are the beginnings of connections that both taps have shown.
type sightings struct {
	mu       sync.Mutex
	begun    int             // connections of this end
	sent     []start         // by this end
	arrived  map[uint32]bool // initial numbers, at the far end
	ports    map[uint16]bool // and clients' ports
	answered map[segment.Endpoint]bool
}

// start is a SYN that left here.
type start struct {
	to, from segment.Endpoint
	number   uint32
}

// mostSightings bounds what is kept on a busy server.
const mostSightings = 1 << 14

// here takes a segment that this end's tap has shown.
func (s *sightings) here(seg *segment.Segment) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case seg.Flags&(segment.SYN|segment.ACK) == segment.SYN && seg.Direction == capture.Outbound:
		s.begun++
		if len(s.sent) < mostSightings {
			s.sent = append(s.sent, start{seg.Dst, seg.Src, seg.Seq})
		}
	case seg.Direction == capture.Inbound && len(s.answered) < mostSightings:
		if s.answered == nil {
			s.answered = map[segment.Endpoint]bool{}
		}
		s.answered[seg.Dst] = true
	}
}

// starts is how many connections this end has begun.
func (s *sightings) starts() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.begun
}

// there takes a segment that the far end's tap has shown.
func (s *sightings) there(seg *segment.Segment) {
	if seg.Flags&(segment.SYN|segment.ACK) != segment.SYN {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.arrived == nil {
		s.arrived, s.ports = map[uint32]bool{}, map[uint16]bool{}
	}
	if len(s.arrived) < mostSightings {
		s.arrived[seg.Seq], s.ports[seg.Src.Port] = true, true
	}
}

// What a probe has shown.
type shown int

const (
	nothing   shown = iota
	leaving         // this tap shows that it left
	arriving        // and the far one that it came
	answering       // and this one the answer
)

// of is what is shown of the probes to an address. On the way its numbers or its port
// may be changed, but seldom both.
func (s *sightings) of(to netip.AddrPort) (most shown) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, sent := range s.sent {
		if sent.to.AddrPort() != to {
			continue
		}
		now := leaving
		if s.arrived[sent.number] || s.ports[sent.from.Port] {
			if now = arriving; s.answered[sent.from] {
				now = answering
			}
		}
		most = max(most, now)
	}
	return most
}

// tryTaps makes sure that both taps see what passes, or says that they may not.
func (p *pair) tryTaps(ctx context.Context) {
	addresses := p.config.Target.Addresses()
	if len(addresses) == 0 || len(p.options.ports) == 0 {
		p.console.say("not checked whether both ends see what passes: --peer and --port say where to connect for that")
		return
	}
	ctx, cancel := context.WithTimeout(ctx, probeLimit)
	defer cancel()
	best := nothing
	for _, a := range addresses {
		to := netip.AddrPortFrom(a, p.options.ports[0])
		dialer := net.Dialer{Timeout: dialLimit}
		connection, err := dialer.DialContext(ctx, "tcp", to.String())
		if err == nil {
			connection.Close()
		}
		best = max(best, p.await(ctx, to, err == nil))
		if best == answering {
			p.console.say("both ends see what passes to %s", to)
			return
		}
	}
	if ctx.Err() == context.Canceled {
		return
	}
	where := net.JoinHostPort(addresses[0].String(), strconv.Itoa(int(p.options.ports[0])))
	const goesOn = "; recording goes on all the same"
	switch best {
	case nothing:
		p.console.say("warning: a connection to %s was not seen leaving by this end's own tap%s", where, goesOn)
	case leaving:
		p.console.say("warning: a connection to %s was not seen to arrive at %s: the address is another machine's, or something on the way stops it%s", where, p.o.host, goesOn)
	case arriving:
		p.console.say("warning: a connection to %s arrived at %s, and no answer came%s", where, p.o.host, goesOn)
	}
}

// await waits until the taps have shown all of a probe. Of one that came to nothing no
// more is waited for than recorders take to tell.
func (p *pair) await(ctx context.Context, to netip.AddrPort, connected bool) (got shown) {
	limit := probeLimit
	if !connected {
		limit = 2 * time.Second
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	ticker := time.NewTicker(probeLimit / 100)
	defer ticker.Stop()
	for {
		if got = p.far.seen.of(to); got == answering {
			return got
		}
		select {
		case <-ctx.Done():
			return got
		case <-p.far.done:
			return got
		case <-ticker.C:
		}
	}
}
