package survey

import "bothends/correlate/segment"

// Side names the two endpoints of one connection as one tap saw it.
type Side uint8

const (
	Initiator Side = iota // sent the SYN, or is taken to have sent it
	Responder
)

// Other is the opposite side.
func (s Side) Other() Side { return 1 - s }

// A Table tells which connection a segment belongs to. Connections are split by
// their initial sequence numbers, not by addresses and ports alone: a port that
// is used again is another connection.
//
// Feeding the same segments to a new Table gives the same numbers again, which
// is how a second pass over a capture finds the connections of the first.
type Table struct {
	entries entries
	limit   int     // of connections; 0 is none
	newest  *lookup // of each pair of endpoints
}

type entry struct {
	ends    [2]segment.Endpoint
	isn     [2]uint32
	next    [2]uint32 // where each side's stream had got to when last seen
	knowISN [2]bool
	seen    [2]bool // next is valid
	guessed bool    // no handshake: who is the initiator is inferred from the ports
	older   int32   // the connection that used these endpoints before, or none
}

// entries are all of them, in blocks: one list would be copied, and leave its copies
// behind, each time that it grew.
type entries struct {
	blocks [][]entry
	n      int
}

// entriesAtOnce is how many are in a block: each fills a line of the processor's memory.
const entriesAtOnce = 256

func (es *entries) at(id int32) *entry {
	return &es.blocks[uint32(id)/entriesAtOnce][uint32(id)%entriesAtOnce]
}

func (es *entries) add(e entry) (id int32) {
	if es.n%entriesAtOnce == 0 {
		es.blocks = append(es.blocks, make([]entry, entriesAtOnce))
	}
	id = int32(es.n)
	es.n++
	*es.at(id) = e
	return id
}

const none int32 = -1

// NewTable returns an empty table.
func NewTable() *Table { return &Table{newest: newLookup()} }

// Len is the number of connections so far. Their numbers run from 0.
func (t *Table) Len() int { return t.entries.n }

// Limit makes the table keep so many connections and no more, the first; 0 is no
// limit. It is told before the first segment.
func (t *Table) Limit(connections int) { t.limit = connections }

// LeftOut is what Assign returns for a segment that would open a connection beyond
// the limit.
const LeftOut int32 = -1

// Assign returns the number of the connection that s belongs to, and which side
// sent it. A number equal to the previous Len is a new connection.
func (t *Table) Assign(s *segment.Segment) (int32, Side) {
	return t.assign(s, t.newest.hash(&s.Src, &s.Dst))
}

// assign is Assign for a segment whose endpoints have this hash.
func (t *Table) assign(s *segment.Segment, hash uint32) (int32, Side) {
	id := t.newest.find(&t.entries, hash, s)
	opened := id == none || t.begins(t.entries.at(id), s) && !t.began(id, s)
	if opened && t.limit > 0 && t.entries.n >= t.limit {
		return LeftOut, Initiator
	}
	if opened {
		id = t.open(s, id)
		t.newest.put(&t.entries, hash, s, id)
	} else if t.entries.at(id).older != none {
		id = t.nearest(id, s)
	}
	e := t.entries.at(id)
	side := e.side(s)
	e.note(s, side)
	return id, side
}

// begins reports whether s opens a connection of its own although its endpoints
// are known: a SYN with another number than the SYN before it.
func (t *Table) begins(e *entry, s *segment.Segment) bool {
	if s.Flags&(segment.SYN|segment.RST) != segment.SYN {
		return false
	}
	side := e.side(s)
	if s.Flags&segment.ACK != 0 {
		return e.answersAnother(s, side)
	}
	if e.knowISN[side] {
		return e.isn[side] != s.Seq
	}
	simultaneous := side == Responder && e.knowISN[Initiator] && !e.seen[Responder]
	return !simultaneous
}

// answersAnother reports whether s, a SYN and ACK, answers a SYN that this tap did
// not see, after other traffic. A second, different answer to the SYN that it
// did see is none: of the two, one may be forged.
func (e *entry) answersAnother(s *segment.Segment, side Side) bool {
	other := side.Other()
	if e.knowISN[other] {
		withSYN := s.Ack - e.isn[other] // 1, or more if the SYN carried data (RFC 7413)
		isAnother := withSYN == 0 || withSYN > maxWithSYN
		if e.knowISN[side] {
			return isAnother && e.isn[side] != s.Seq
		}
		// The answer to the SYN that it did see was missed: what followed it tells.
		return isAnother && e.seen[side] && distance(s.Seq, e.next[side]) > maxWithSYN
	}
	return e.guessed && e.seen[side] && distance(s.Seq, e.next[side]) > nearby
}

// maxWithSYN is more than a SYN carries.
const maxWithSYN = 1 << 16

// maxOlder is how many earlier connections between the same endpoints are looked
// through: two minutes of TIME-WAIT (RFC 9293 section 3.4.2) leave room for few.
const maxOlder = 8

// began reports whether s is a copy of the SYN of an earlier connection.
func (t *Table) began(id int32, s *segment.Segment) bool {
	for steps := 0; steps < maxOlder && t.entries.at(id).older != none; steps++ {
		id = t.entries.at(id).older
		e := t.entries.at(id)
		if side := e.side(s); e.knowISN[side] && e.isn[side] == s.Seq {
			return true
		}
	}
	return false
}

// nearby is how far from a stream's last position a segment is still taken to
// belong to it: the largest window that window scaling allows (RFC 7323
// section 2.3: 2^30 bytes) is more than any real one; 16 MiB covers those.
const nearby = 1 << 24

func distance(a, b uint32) uint32 {
	if d := int32(a - b); d < 0 {
		return uint32(-d)
	} else {
		return uint32(d)
	}
}

func (t *Table) open(s *segment.Segment, older int32) int32 {
	e := entry{ends: [2]segment.Endpoint{s.Src, s.Dst}, older: older}
	switch {
	case s.Flags&(segment.SYN|segment.ACK) == segment.SYN|segment.ACK:
		e.ends = [2]segment.Endpoint{s.Dst, s.Src}
	case s.Flags&segment.SYN == 0:
		e.guessed = true
		if s.Src.Port < s.Dst.Port { // services listen on the lower port
			e.ends = [2]segment.Endpoint{s.Dst, s.Src}
		}
	}
	return t.entries.add(e)
}

// nearest picks, among the connections that used the same endpoints one after
// the other, the one whose streams s continues, or the newest if it continues
// none. A SYN belongs where it has the initial number.
func (t *Table) nearest(newest int32, s *segment.Segment) int32 {
	best, bestDistance := newest, t.entries.at(newest).distance(s)
	id := newest
	for steps := 0; steps < maxOlder && t.entries.at(id).older != none; steps++ {
		id = t.entries.at(id).older
		if d := t.entries.at(id).distance(s); d < bestDistance {
			best, bestDistance = id, d
		}
	}
	if bestDistance > nearby {
		return newest
	}
	return best
}

// distance says how far s is from where the connection had got to, by its
// sequence number, or by its acknowledgment where the sender was not seen yet.
func (e *entry) distance(s *segment.Segment) uint32 {
	side := e.side(s)
	d := ^uint32(0)
	if s.Flags&(segment.SYN|segment.ACK) == segment.SYN {
		if e.knowISN[side] && e.isn[side] == s.Seq {
			return 0
		}
		return d
	}
	if e.seen[side] {
		d = distance(s.Seq, e.next[side])
	}
	if s.Flags&segment.ACK != 0 && e.seen[side.Other()] {
		d = min(d, distance(s.Ack, e.next[side.Other()]))
	}
	return d
}

func (e *entry) side(s *segment.Segment) Side {
	if s.Src == e.ends[Initiator] {
		return Initiator
	}
	return Responder
}

// note remembers what s says of the connection. Resets say nothing: a forged
// one may carry any number.
func (e *entry) note(s *segment.Segment, side Side) {
	if s.Flags&segment.RST != 0 {
		return
	}
	if s.Flags&segment.SYN != 0 && !e.knowISN[side] {
		e.isn[side], e.knowISN[side] = s.Seq, true
		if s.Flags&segment.ACK != 0 && !e.knowISN[side.Other()] {
			e.isn[side.Other()], e.knowISN[side.Other()] = s.Ack-1, true
		}
	}
	e.next[side], e.seen[side] = s.Seq+s.SeqLen(), true
	if other := side.Other(); s.Flags&segment.ACK != 0 && !e.seen[other] {
		e.next[other], e.seen[other] = s.Ack, true
	}
}
