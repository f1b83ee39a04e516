package align

import (
	"hash/maphash"
	"slices"

	"bothends/correlate/tap"
)

// departed are the segments of one stream that were given up waiting for: they
// stand in the ledger as lost or not captured until the receiver's capture shows
// them after all. That happens where a clock was set while recording, and where
// one capture is read far ahead of the other as nothing tells how their clocks
// stand. They are kept without their bytes, so that many of them cost little.
type departed struct {
	ring   []departure     // in the order in which they were given up
	next   int             // where the next one goes, once ring is full
	blocks map[int64]chain // by block of positions
	count  int             // of ring, those that are still away
	seed   maphash.Seed
	room   *Room
}

// A chain has the first and the last one of a block, plus one; 0 if there is none.
type chain struct{ first, last int32 }

// A departure is one segment that was sent, and has not been seen to arrive.
type departure struct {
	start, end int64 // positions; of an acknowledgment, both are what it acknowledges
	at         int64 // client's clock, roughly
	digest     uint64
	frame      tap.Frame
	tsval      uint32
	kept       uint32 // captured payload bytes, which the digest is of
	lostBytes  uint32 // that it adds to the ledger
	// before and after are its neighbours in its block, plus one; 0 at the ends.
	before, after int32
	ipid          uint16
	ipv6          bool
	lost          bool // it stands in the ledger as lost, and otherwise as not captured
	repeat        bool // not all of it was new when it left
	came          bool // some of its bytes arrived, though not it as it was
	away          bool // it has not arrived
}

// Room is how many departures all connections of a comparison may still keep.
type Room struct{ Left int }

// NewRoom returns the most room there is.
func NewRoom() *Room { return &Room{maxDeparted} }

const (
	// maxDeparted bounds what all streams of a comparison may cost: 100 MB.
	maxDeparted = 1 << 20
	// blockBits of a position are left out to find its block. A block is small
	// enough to be searched, and no smaller than a half of the largest segment.
	blockBits = 15
	// blocksBefore a position can still hold a segment that reaches it.
	blocksBefore = 2
)

// note remembers one that has just been given up. forget is told of one that has
// to go for it, as there is no more room.
func (d *departed) note(g departure, forget func(*departure)) {
	if d.room != nil && d.room.Left == 0 && len(d.ring) == 0 {
		forget(&g)
		return
	}
	if d.blocks == nil {
		d.blocks = map[int64]chain{}
	}
	g.away = true
	at := len(d.ring)
	if at < maxDeparted && (d.room == nil || d.room.Left > 0) {
		d.ring = append(d.ring, departure{})
		if d.room != nil {
			d.room.Left--
		}
	} else {
		at = d.next
		d.next = (d.next + 1) % len(d.ring)
		if old := &d.ring[at]; old.away {
			forget(old)
			d.unlink(at)
		}
	}
	block := g.start >> blockBits
	c := d.blocks[block]
	if g.before = c.last; g.before != 0 {
		d.ring[g.before-1].after = int32(at + 1)
	} else {
		c.first = int32(at + 1)
	}
	c.last = int32(at + 1)
	d.blocks[block] = c
	d.ring[at] = g
	d.count++
}

// unlink takes one that is away out of its block.
func (d *departed) unlink(at int) {
	g := &d.ring[at]
	block := g.start >> blockBits
	c := d.blocks[block]
	if g.before != 0 {
		d.ring[g.before-1].after = g.after
	} else {
		c.first = g.after
	}
	if g.after != 0 {
		d.ring[g.after-1].before = g.before
	} else {
		c.last = g.before
	}
	if c == (chain{}) {
		delete(d.blocks, block)
	} else {
		d.blocks[block] = c
	}
	g.away = false
	d.count--
}

// take removes the departure that fits, of those that begin at start, and returns
// it. Of several it is the one with the IP-ID, else the one that left first.
func (d *departed) take(start int64, ipid uint16, fits func(*departure) bool) (g departure, ok bool) {
	found := -1
	d.block(start>>blockBits, func(i int) {
		if found >= 0 && d.ring[found].ipid == ipid {
			return
		}
		if c := &d.ring[i]; c.start == start && (found < 0 || c.ipid == ipid) && fits(c) {
			found = i
		}
	})
	if found < 0 {
		return g, false
	}
	g = d.ring[found]
	d.unlink(found)
	if d.count == 0 {
		d.clear()
	}
	return g, true
}

// block visits the departures in a block in the order in which they were given up.
func (d *departed) block(block int64, visit func(i int)) {
	next := d.blocks[block].first
	for range maxLook {
		if next == 0 {
			return
		}
		i := int(next - 1)
		next = d.ring[i].after
		visit(i)
	}
}

// clear forgets all.
func (d *departed) clear() {
	if d.room != nil {
		d.room.Left += len(d.ring)
	}
	d.ring, d.next, d.blocks, d.count = d.ring[:0], 0, nil, 0
}

// sum is the digest of a payload.
func (d *departed) sum(payload []byte) uint64 {
	if d.seed == (maphash.Seed{}) {
		d.seed = maphash.MakeSeed()
	}
	return maphash.Bytes(d.seed, payload)
}

// keepDigest remembers what h carries before its bytes are let go.
func (s *Stream) keepDigest(h *held) {
	if h.payload != nil {
		h.digest, h.kept = s.gone.sum(h.payload), uint32(len(h.payload))
		if h.open == h.end-h.start {
			h.head = append([]byte(nil), h.payload[:min(len(h.payload), messageHead)]...)
		}
		s.dropPayload(h)
	}
}

// depart remembers a segment of which nothing arrived so far. It stands in its
// bucket already.
func (s *Stream) depart(h *held, lost bool, lostBytes int64) {
	s.keepDigest(h)
	s.gone.note(departure{start: h.start, end: h.end, at: h.at, digest: h.digest, kept: h.kept, frame: h.Frame, tsval: h.TSVal,
		ipid: h.IPID, ipv6: h.IPv6, lost: lost, lostBytes: uint32(min(lostBytes, 1<<32-1)), repeat: h.repeat}, s.forget)
}

// reclaim finds out whether w, for which no segment in flight is left, is one that
// was given up: then it has arrived after all. One that overlaps w, but was cut
// otherwise, is not called lost any more either.
func (s *Stream) reclaim(w *held) bool {
	d := &s.gone
	if d.count == 0 || w.open < w.end-w.start || w.outside {
		return false
	}
	strict := s.Path.IPIDKept()
	sum := uint64(0)
	if len(w.payload) > 0 {
		sum = d.sum(w.payload)
	}
	g, ok := d.take(w.start, w.IPID, func(g *departure) bool {
		if g.end != w.end || strict && !g.ipv6 && !w.IPv6 && g.ipid != w.IPID {
			return false
		}
		return int(g.kept) != len(w.payload) || g.kept == 0 || g.digest == sum
	})
	if !ok {
		s.noteOtherwiseCut(w)
		return false
	}
	s.unsettle(&g)
	s.Ledger.Matched += 2
	s.Passed++
	s.passed(g.frame.TimeNS)
	if !g.repeat && !w.repeat {
		s.date(g.frame.TimeNS, w.TimeNS)
	}
	return true
}

// noteOtherwiseCut marks those that w brought bytes of.
func (s *Stream) noteOtherwiseCut(w *held) {
	d := &s.gone
	last := w.end >> blockBits
	for b := max(w.start>>blockBits, last-blocksBefore) - blocksBefore; b <= last; b++ {
		d.block(b, func(i int) {
			if g := &d.ring[i]; g.start < w.end && w.start < g.end {
				g.came = true
			}
		})
	}
}

// unsettle takes a departure out of the bucket that it stands in.
func (s *Stream) unsettle(g *departure) {
	if !g.lost {
		s.Ledger.SentNotCaptured--
		return
	}
	s.Ledger.Lost--
	s.Ledger.LostBytes -= int64(g.lostBytes)
	if i := slices.IndexFunc(s.Astray, func(a Astray) bool { return a.SentNS == g.frame.TimeNS }); i >= 0 {
		s.Astray = slices.Delete(s.Astray, i, i+1)
	} else {
		s.MoreAstray--
	}
	s.Leftovers = slices.DeleteFunc(s.Leftovers, func(l Leftover) bool { return l.Bucket == Lost && l.Frame == g.frame })
}

// forget lets go of a departure. Unless it left so long ago that no clock would
// hide it, the receiver's capture may show it yet: it is not called lost.
func (s *Stream) forget(g *departure) {
	if g.lost && s.now-g.at <= maxClockWaitNS {
		s.unsettle(g)
		s.Ledger.SentNotCaptured++
	}
}

// finish is called when nothing can arrive any more.
func (d *departed) finish(s *Stream) {
	for i := range d.ring {
		if g := &d.ring[i]; g.away && g.came && g.lost {
			s.unsettle(g)
			s.Ledger.SentNotCaptured++
		}
	}
	d.clear()
	d.ring = nil
}

// KeepWithin lets the connection share the room for departures with others.
func (c *Connection) KeepWithin(room *Room) {
	for end := range c.Streams {
		c.Streams[end].gone.room, c.Streams[end].acks.gone.room = room, room
	}
}

// departAck and reclaimAck are depart and reclaim for acknowledgments. They look
// alike, so that one that comes late is taken for the first of its kind.
func (s *Stream) departAck(a *ack, lost bool) {
	s.acks.gone.note(departure{start: a.upTo, end: a.upTo, at: a.at, digest: a.numbers(), frame: a.Frame, tsval: a.TSVal, ipid: a.IPID, ipv6: a.IPv6, lost: lost}, s.forget)
}

func (s *Stream) reclaimAck(a *ack) bool {
	if s.acks.gone.count == 0 {
		return false
	}
	strict, stamped := s.Path.IPIDKept(), s.Path.TSSame >= minSamples && s.Path.TSOther == 0
	g, ok := s.acks.gone.take(a.upTo, a.IPID, func(g *departure) bool {
		return g.digest == a.numbers() && (!strict || g.ipv6 || a.IPv6 || g.ipid == a.IPID) && (!stamped || g.tsval == a.TSVal)
	})
	if !ok {
		return false
	}
	s.unsettle(&g)
	s.Ledger.Matched += 2
	s.Passed++
	s.passed(g.frame.TimeNS)
	return true
}

// numbers are all that tells one acknowledgment from another.
func (a *ack) numbers() uint64 { return uint64(a.seq)<<32 | uint64(a.ack) }
