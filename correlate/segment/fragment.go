package segment

import (
	"bytes"
	"slices"
)

// Fragments counts what a Decoder met of fragmented packets.
type Fragments struct {
	Received    int64 // fragments
	Packets     int64 // put together
	Repeated    int64 // fragments recorded twice
	Overlapping int64 // packets given up because their fragments claim the same bytes (RFC 5722, RFC 8200; Linux for IPv4, too)
	Incomplete  int64 // packets of which a fragment is missing
	Unread      int64 // of these and the overlapping ones, those that carry TCP
}

// Bounds on what is held, Linux's (net.ipv4.ipfrag_high_thresh, ipfrag_time).
const (
	maxHeld    = 4 << 20 // bytes
	maxHeldNS  = 30e9
	heldCost   = 200    // bytes for a fragment besides what it carries
	maxPacket4 = 0xffff // bytes in an IPv4 packet
)

// doubledNS is how long a packet that was put together is remembered, so that its
// fragments recorded a second time (on another interface) are not taken for another's.
// It is longer than a packet takes through a host (survey's repeatWindowNS).
const doubledNS = 50e6

// A reassembly holds the fragments of packets that are not complete yet.
type reassembly struct {
	counts Fragments
	nowNS  int64
	on     int // the interface of the present frame
	held   map[fragmentKey]*fragmented
	oldest []*fragmented // in the order of their first fragments; some are held no more
	size   int

	// Of the present frame: where its first IP header stands, how many IP headers were
	// read, and the packet that it completed.
	at, layer int
	whole     []byte
	length    int
	inTunnel  bool // the fragments of whole
}

// enter notes that an IP header begins at b.
func (r *reassembly) enter(frame, b []byte) {
	if r.layer++; r.layer == 1 {
		r.at = cap(frame) - cap(b) // b is a part of it
	}
}

// joined notes the packet that the present frame completed.
func (r *reassembly) joined(whole []byte, length int) {
	r.whole, r.length, r.inTunnel = whole, length, r.layer > 1
}

// fragmentKey is what the fragments of one packet have in common (RFC 791 section
// 3.2, RFC 8200 section 4.5).
type fragmentKey struct {
	src, dst [16]byte
	id       uint32
	protocol uint8
	six      bool
	on       int
}

// fragmented is a packet in parts.
type fragmented struct {
	key      fragmentKey
	firstNS  int64
	header   []byte // of IP, from the fragment at 0
	parts    []part // ascending, apart from each other
	have     int    // bytes that they claim
	total    int    // bytes behind the header, or -1
	size     int
	tcp      bool // what is in it
	overlaps bool // it is given up, and what else comes of it
	doneNS   int64
	done     bool
}

// part is one fragment: what it claims, and what was captured of it.
type part struct {
	start, end int
	data       []byte
}

// add takes a fragment: the header before it, the protocol that this names, what was
// captured of its n bytes, and where in the packet it belongs. If it completes the packet, add returns that, the
// length that it had, and true. The bytes are valid until the next call.
func (r *reassembly) add(key fragmentKey, header []byte, protocol uint8, b []byte, n, offset int, more bool) (whole []byte, length int, ok bool) {
	r.counts.Received++
	r.expire()
	key.on = r.on
	p := part{offset, offset + n, b}
	if n <= 0 || more && n%8 != 0 || p.end+len(header) > maxPacket4 {
		return nil, 0, false // no host takes it
	}
	f := r.held[key]
	if f != nil && f.done {
		if r.nowNS-f.doneNS < doubledNS && f.has(p) {
			r.counts.Repeated++
			return nil, 0, false
		}
		r.forget(f)
		f = nil
	}
	if f == nil {
		f = r.begin(key)
	}
	f.tcp = f.tcp || protocol == protoTCP
	switch {
	case f.overlaps:
		return nil, 0, false
	case f.has(p):
		r.counts.Repeated++
		return nil, 0, false
	case f.collides(p, more):
		r.counts.Overlapping++
		r.counts.unread(f)
		f.overlaps = true
		r.shed(f)
		return nil, 0, false
	}
	f.put(p, more, header)
	f.size += len(b) + len(header) + heldCost
	r.size += len(b) + len(header) + heldCost
	r.limit(f)
	if !f.complete() {
		return nil, 0, false
	}
	r.counts.Packets++
	f.done, f.doneNS = true, r.nowNS
	return f.joined(), len(f.header) + f.total, true
}

func (r *reassembly) begin(key fragmentKey) *fragmented {
	f := &fragmented{key: key, firstNS: r.nowNS, total: -1}
	if r.held == nil {
		r.held = map[fragmentKey]*fragmented{}
	}
	r.held[key] = f
	r.oldest = append(r.oldest, f)
	f.size = heldCost
	r.size += heldCost
	return f
}

// expire forgets what has been held for too long.
func (r *reassembly) expire() {
	for len(r.oldest) > 0 {
		f := r.oldest[0]
		if r.held[f.key] == f && r.nowNS-f.firstNS < maxHeldNS {
			return
		}
		r.giveUp(f)
	}
}

// limit makes room, but not by giving up the newest.
func (r *reassembly) limit(newest *fragmented) {
	for r.size > maxHeld && len(r.oldest) > 0 && r.oldest[0] != newest {
		r.giveUp(r.oldest[0])
	}
}

// giveUp forgets the packet that has been held for longest.
func (r *reassembly) giveUp(f *fragmented) {
	r.oldest = r.oldest[1:]
	if r.held[f.key] != f {
		return
	}
	r.counts.incomplete(f)
	r.forget(f)
}

func (r *reassembly) forget(f *fragmented) {
	delete(r.held, f.key)
	r.shed(f)
	r.size -= f.size
	f.size = 0
}

// shed lets the bytes of a packet go, but not the knowledge of it.
func (r *reassembly) shed(f *fragmented) {
	r.size -= f.size - heldCost
	f.parts, f.header, f.size = nil, nil, heldCost
}

// total counts also what is still incomplete.
func (r *reassembly) total() Fragments {
	counts := r.counts
	for _, f := range r.held {
		counts.incomplete(f)
	}
	return counts
}

// incomplete counts a packet of which nothing more comes.
func (c *Fragments) incomplete(f *fragmented) {
	if !f.done && !f.overlaps {
		c.Incomplete++
		c.unread(f)
	}
}

func (c *Fragments) unread(f *fragmented) {
	if f.tcp {
		c.Unread++
	}
}

// place is where a fragment belongs among the others.
func (f *fragmented) place(p part) int {
	at, _ := slices.BinarySearchFunc(f.parts, p, func(a, b part) int { return a.start - b.start })
	return at
}

// has reports whether the very same fragment was there before.
func (f *fragmented) has(p part) bool {
	at := f.place(p)
	return at < len(f.parts) && f.parts[at].start == p.start && f.parts[at].end == p.end && bytes.Equal(f.parts[at].data, p.data)
}

// collides reports whether a fragment claims bytes that another one does, or an end of
// the packet that cannot be.
func (f *fragmented) collides(p part, more bool) bool {
	if f.total >= 0 && (p.end > f.total || !more && p.end != f.total) {
		return true
	}
	at, last := f.place(p), len(f.parts)-1
	return at <= last && f.parts[at].start < p.end || at > 0 && f.parts[at-1].end > p.start || !more && last >= 0 && f.parts[last].end > p.end
}

func (f *fragmented) put(p part, more bool, header []byte) {
	p.data = bytes.Clone(p.data)
	f.parts = slices.Insert(f.parts, f.place(p), p)
	f.have += p.end - p.start
	if !more {
		f.total = p.end
	}
	if p.start == 0 {
		f.header = bytes.Clone(header)
	}
}

func (f *fragmented) complete() bool {
	return f.have == f.total
}

// joined is the packet, as far as the capture kept it without a hole.
func (f *fragmented) joined() []byte {
	whole := bytes.Clone(f.header)
	for _, p := range f.parts {
		whole = append(whole, p.data...)
		if len(p.data) < p.end-p.start {
			break
		}
	}
	return whole
}
