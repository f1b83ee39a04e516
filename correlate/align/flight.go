package align

import "sort"

// flight holds segments by position; copies of one range in the order in which
// they passed the tap.
type flight struct {
	list    []*held
	head    int
	longest int64 // the longest segment so far: how far before a position to look
	tidyAt  int   // length at which to look for what can go
}

const (
	// minTidy is the number of held segments below which none is looked for
	// behind an older one.
	minTidy = 64
	// maxHeld bounds what one tap's view of one stream may hold: 47 MB in
	// segments of an Ethernet's size, far above the windows in use.
	maxHeld = 1 << 15
	// maxLook and maxLookBytes bound the search for what overlaps a segment, of
	// which there may be very much only if a capture was made to be slow: a
	// super-segment of 64 KiB overlaps 122 segments of the smallest usual size
	// (536 bytes, RFC 9293 section 3.7.1), and a few copies of them.
	maxLook      = 1024
	maxLookBytes = 1 << 20
)

func (f *flight) insert(h *held) {
	f.longest = max(f.longest, h.end-h.start)
	n := len(f.list)
	if n == f.head || f.list[n-1].start <= h.start {
		f.list = append(f.list, h)
		return
	}
	i := f.head + sort.Search(n-f.head, func(i int) bool { return f.list[f.head+i].start > h.start })
	f.list = append(f.list, nil)
	copy(f.list[i+1:], f.list[i:])
	f.list[i] = h
}

// held lists what is in flight, by position.
func (f *flight) held() []*held { return f.list[f.head:] }

// overlapping visits what overlaps [start, end), the latest copies first.
func (f *flight) overlapping(start, end int64, visit func(*held)) {
	live := f.held()
	if len(live) == 0 {
		return
	}
	if first := live[0]; first.start == start && first.end == end && (len(live) == 1 || live[1].start >= end) {
		visit(first)
		return
	}
	to := sort.Search(len(live), func(i int) bool { return live[i].start >= end })
	looked := int64(0)
	for i := to - 1; i >= max(0, to-maxLook) && live[i].start+f.longest > start && looked < maxLookBytes; i-- {
		if h := live[i]; h.end > start {
			looked += min(h.end, end) - max(h.start, start)
			visit(h)
		}
	}
}

// expire takes out what is done and gives it to settle. What is done behind
// something that is not may stay for a while: the list is at most twice as long
// as it must be. Beyond maxHeld the lowest goes whether it is done or not.
func (f *flight) expire(done func(*held) bool, settle func(h *held, early bool)) {
	for f.head < len(f.list) {
		early := len(f.list)-f.head > maxHeld
		h := f.list[f.head]
		if !done(h) {
			if !early {
				break
			}
			settle(h, true)
		} else {
			settle(h, false)
		}
		f.list[f.head] = nil
		f.head++
	}
	live := len(f.list) - f.head
	switch {
	case live == 0:
		f.list, f.head = f.list[:0], 0
	case live >= max(f.tidyAt, minTidy):
		kept := f.list[:0]
		for _, h := range f.held() {
			if done(h) {
				settle(h, false)
			} else {
				kept = append(kept, h)
			}
		}
		clear(f.list[len(kept):])
		f.list, f.head = kept, 0
		f.tidyAt = 2 * len(kept)
	case f.head > minTidy && f.head > live:
		n := copy(f.list, f.held())
		clear(f.list[n:])
		f.list, f.head = f.list[:n], 0
	}
}
