// Package watch is a flight recorder's judgement and its shelf: which connections
// ended badly, and what is kept of them.
//
// A [Tracker] follows all connections, as their packets pass. A [Shelf] takes what
// surrounds those that ended badly out of a ring of files, and keeps it within its
// room on the disk.
package watch

import (
	"bytes"
	"time"

	"bothends/capture"
	"bothends/correlate/segment"
)

// Why a connection is kept.
const (
	Reset      = "reset"
	Unanswered = "unanswered" // a SYN, or the answer to it
	Stuck      = "stuck"      // bytes that were sent again and not acknowledged
)

// An Ending is a connection that ended badly.
type Ending struct {
	Why                  string
	Client, Server       segment.Endpoint // who sent the SYN; if that was not seen, who has the higher port
	ClientISN, ServerISN *uint32          // as far as they were seen
	Began                time.Time        // the first packet that was seen
	At                   time.Time        // the reset, or the first sending of what got no answer
	Found                time.Time        // when that was clear
	First                []capture.Packet // its first packets, as a copy; Interface is a name's number, see Tracker
}

// Limits of a Tracker.
const (
	// firstPackets are kept of each connection: the handshake, and the first words.
	firstPackets = 6
	// maxConnections bounds the memory: about a KiB for each, most of it their first
	// packets. Beyond it the quietest of some are forgotten, which is counted.
	maxConnections = 1 << 15
	// repeatsToStick is how often something must have been sent again: a single
	// retransmission is one lost packet, and then silence is a program's.
	repeatsToStick = 2
	// closedFor is how long a connection that both ends have closed is remembered, for
	// the reset that may follow and means nothing.
	closedFor = time.Minute
)

// A Tracker follows connections. It is for one goroutine at a time.
type Tracker struct {
	// StuckFor is how long nothing may be acknowledged that is sent again.
	StuckFor  time.Duration
	Forgotten int64 // connections given up for lack of room

	connections map[pair]*connection
	endings     []Ending
	swept       time.Time
}

// pair has its endpoints in one order for both directions.
type pair struct{ low, high segment.Endpoint }

type connection struct {
	sides  [2]side // low, high
	client int     // which side sent the SYN; -1 is not known
	began  time.Time
	last   time.Time
	told   string // why it ended badly, if that was said
	closed bool   // both ends have
	first  []capture.Packet
}

// NewTracker returns one that has seen nothing.
func NewTracker(stuckFor time.Duration) *Tracker {
	return &Tracker{StuckFor: stuckFor, connections: map[pair]*connection{}}
}

// Add takes a packet and what it was decoded to.
func (t *Tracker) Add(p *capture.Packet, s *segment.Segment) {
	now := time.Unix(0, s.TimeNS)
	key, from := order(s.Src, s.Dst)
	c := t.connections[key]
	opens := s.Flags&(segment.SYN|segment.ACK|segment.RST) == segment.SYN
	if c != nil && opens && (c.closed || c.told != "" || c.sides[from].isn != nil && *c.sides[from].isn != s.Seq) {
		c = nil // the ports are used again
	}
	if c == nil {
		c = t.open(key, now)
	}
	c.last = now
	if len(c.first) < firstPackets {
		kept := *p
		kept.Data = bytes.Clone(p.Data)
		c.first = append(c.first, kept)
	}
	if opens {
		c.client = from
	}
	if c.client < 0 && s.Flags&(segment.SYN|segment.ACK) == segment.SYN|segment.ACK {
		c.client = 1 - from
	}
	me, other := &c.sides[from], &c.sides[1-from]
	other.probes = 0
	if s.Flags&segment.RST != 0 {
		t.reset(key, c, now)
		return
	}
	if s.Flags&segment.ACK != 0 {
		me.window = s.Window
		other.acknowledged(s.Ack, now)
	}
	me.sent(s, now)
	c.closed = c.closed || me.fin && other.fin
}

func (t *Tracker) open(key pair, now time.Time) *connection {
	if len(t.connections) >= maxConnections {
		t.forget()
	}
	c := &connection{client: -1, began: now}
	t.connections[key] = c
	return c
}

// forget gives up the quietest of some connections.
func (t *Tracker) forget() {
	const look = 16
	var quietest pair
	var last time.Time
	n := 0
	for key, c := range t.connections {
		if n == 0 || c.last.Before(last) {
			quietest, last = key, c.last
		}
		if n++; n == look {
			break
		}
	}
	delete(t.connections, quietest)
	t.Forgotten++
}

// reset notes that one passed. After both ends have closed it means nothing.
func (t *Tracker) reset(key pair, c *connection, now time.Time) {
	if !c.closed && c.told != Reset {
		t.tell(key, c, Reset, now, now)
	}
}

func (t *Tracker) tell(key pair, c *connection, why string, at, found time.Time) {
	c.told = why
	low, high := key.low, key.high
	client := c.client
	if client < 0 {
		client = 0
		if high.Port > low.Port {
			client = 1
		}
	}
	e := Ending{Why: why, Client: low, Server: high, ClientISN: c.sides[0].isn, ServerISN: c.sides[1].isn, Began: c.began, At: at, Found: found, First: c.first}
	if client == 1 {
		e.Client, e.Server, e.ClientISN, e.ServerISN = high, low, c.sides[1].isn, c.sides[0].isn
	}
	t.endings = append(t.endings, e)
}

// sweepInterval is how often all connections are looked at.
const sweepInterval = time.Second

// Endings returns the connections of which it has become clear, up to a time, that
// they ended badly.
func (t *Tracker) Endings(now time.Time) []Ending {
	if now.Sub(t.swept) >= sweepInterval {
		t.swept = now
		for key, c := range t.connections {
			t.look(key, c, now)
		}
	}
	found := t.endings
	t.endings = nil
	return found
}

func (t *Tracker) look(key pair, c *connection, now time.Time) {
	if (c.closed || c.told != "") && now.Sub(c.last) > closedFor {
		delete(t.connections, key)
		return
	}
	if c.told != "" || c.closed {
		return
	}
	for from := range c.sides {
		s, peer := &c.sides[from], &c.sides[1-from]
		waits := s.seen && s.ackedKnown && after(s.next, s.acked)
		onlySYN := waits && s.isn != nil && s.acked == *s.isn
		switch {
		case onlySYN && now.Sub(s.since) >= t.StuckFor:
			t.tell(key, c, Unanswered, s.since, now)
		case waits && !onlySYN && s.repeats >= repeatsToStick && now.Sub(s.since) >= t.StuckFor && !(peer.seen && peer.window == 0):
			t.tell(key, c, Stuck, s.since, now)
		case s.deafRepeats >= repeatsToStick && now.Sub(s.deafSince) >= t.StuckFor && s.deafLast.Sub(s.deafSince) >= t.StuckFor/2:
			t.tell(key, c, Stuck, s.deafSince, now)
		case s.probes > repeatsToStick && now.Sub(s.probedSince) >= t.StuckFor:
			t.tell(key, c, Stuck, s.probedSince, now)
		default:
			continue
		}
		return
	}
}

// Open is how many connections are followed.
func (t *Tracker) Open() int { return len(t.connections) }

// order puts two endpoints in one order, and says which of them came first: 0 is low.
func order(src, dst segment.Endpoint) (pair, int) {
	if c := bytes.Compare(src.IP[:], dst.IP[:]); c < 0 || c == 0 && src.Port <= dst.Port {
		return pair{src, dst}, 0
	}
	return pair{dst, src}, 1
}
