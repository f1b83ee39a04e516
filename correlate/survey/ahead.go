package survey

import (
	"bytes"

	"bothends/correlate/segment"
)

// ahead are the next segments of a capture, read before the first of them is dealt with.
//
// With thousands of connections at a time, what is known of a segment's is not in the
// processor's caches, and a pass that asks for one after the other mostly waits: for the
// place in the lookup, then for the entry, then for the flows. The lines of memory that
// many segments need are fetched at once.
type ahead struct {
	segments [atOnce]segment.Segment
	hashes   [atOnce]uint32 // of their endpoints
	found    [atOnce]int32  // the connection that they seem to be of, plus one; or 0
	n        int
	payloads []byte // of all of them, and headers of those that were cut, as a reader's are valid until it reads on
	err      error  // why there are no more
	touched  int64  // so that what is read for nothing is read
}

const (
	// atOnce is more than a processor fetches at a time, and few enough to stay near it:
	// 8 KiB.
	atOnce = 32
	// aheadBytes of payload are enough at once: of super-segments it has a few.
	aheadBytes = 64 << 10
)

// read takes as many segments from source as there is room for.
func (a *ahead) read(source *Source) {
	a.payloads = a.payloads[:0]
	for a.n = 0; a.n < atOnce && len(a.payloads) < aheadBytes; a.n++ {
		s := &a.segments[a.n]
		if a.err = source.Next(s); a.err != nil {
			return
		}
		s.Payload, s.Digest = a.keep(s.Payload), bytes.Clone(s.Digest)
		if !s.Cut {
			s.Header = nil // of a whole segment nobody asks the first pass for its bytes
		}
		s.Header = a.keep(s.Header)
	}
}

// keep copies bytes that the reader will write over.
func (a *ahead) keep(b []byte) []byte {
	n := len(b)
	if n == 0 {
		return b[:0:0]
	}
	// Where payloads moves as it grows, those before stay where they are.
	a.payloads = append(a.payloads, b...)
	return a.payloads[len(a.payloads)-n : len(a.payloads) : len(a.payloads)]
}

// fetch asks for all that the segments will ask for. It changes nothing.
func (a *ahead) fetch(table *Table, sv *Survey) {
	sum, list := int64(0), a.segments[:a.n]
	for i := range list {
		a.hashes[i] = table.newest.hash(&list[i].Src, &list[i].Dst)
		a.found[i] = table.newest.guess(a.hashes[i])
	}
	for i := range list {
		if id := a.found[i] - 1; id != none {
			sum += int64(table.entries.at(id).older) + sv.connection(id).LastNS
		}
	}
	for i := range list {
		if id := a.found[i] - 1; id != none {
			flows := sv.flows[id]
			sum += flows[Initiator].Hi + flows[Responder].Hi
		}
	}
	a.touched += sum
}
