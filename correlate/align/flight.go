package align

import (
	"slices"
	"sort"
)

// flight holds segments by position; copies of one range in the order in which
// they passed the tap.
//
// Hardly any stream has more than a block of them under way. Where one has, the others
// stand in further blocks, so that one which comes out of order moves no more than a
// block.
type flight struct {
	list    []*held // the lowest, those from head on; none only if there are none behind
	head    int
	behind  [][]*held // the others; none is empty
	further int       // how many those are
	longest int64     // the longest segment so far: how far before a position to look
	tidyAt  int       // length at which to look for what can go
}

const (
	// mostInBlock is how many are in a block: 4 KiB.
	mostInBlock = 512
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

// front is the block of the lowest.
func (f *flight) front() []*held { return f.list[f.head:] }

// count is how many are in flight.
func (f *flight) count() int { return len(f.list) - f.head + f.further }

// held lists what is in flight, by position.
func (f *flight) held() []*held {
	if f.further == 0 {
		return f.front()
	}
	return slices.Concat(append([][]*held{f.front()}, f.behind...)...)
}

func (f *flight) insert(h *held) {
	f.longest = max(f.longest, h.end-h.start)
	k := sort.Search(len(f.behind), func(k int) bool { return f.behind[k][0].start > h.start })
	if k == 0 {
		f.list = inserted(f.list, f.head, h)
		if len(f.list)-f.head > mostInBlock {
			rest := f.split(0, f.front(), h)
			f.list = f.list[:f.head+rest]
		}
		return
	}
	block := inserted(f.behind[k-1], 0, h)
	f.behind[k-1] = block
	if f.further++; len(block) > mostInBlock {
		f.further -= len(block)
		rest := f.split(k, block, h)
		f.behind[k-1] = block[:rest]
		f.further += rest
	}
}

// inserted is a list, sorted from its head on, with h behind those that begin where it does.
func inserted(list []*held, head int, h *held) []*held {
	n := len(list)
	if n == head || list[n-1].start <= h.start {
		return append(list, h)
	}
	i := head + sort.Search(n-head, func(i int) bool { return list[head+i].start > h.start })
	list = append(list, nil)
	copy(list[i+1:], list[i:])
	list[i] = h
	return list
}

// split puts the upper half of a block that is too long into one of its own, the k-th
// behind. If its last has just come, as in a stream that is in order, only that. It
// returns how many stay.
func (f *flight) split(k int, block []*held, last *held) (rest int) {
	if rest = len(block) / 2; block[len(block)-1] == last {
		rest = len(block) - 1
	}
	upper := make([]*held, len(block)-rest, mostInBlock+1)
	copy(upper, block[rest:])
	clear(block[rest:])
	f.behind = slices.Insert(f.behind, k, upper)
	f.further += len(upper)
	return rest
}

// overlapping visits what overlaps [start, end), the latest copies first.
func (f *flight) overlapping(start, end int64, visit func(*held)) {
	live := f.front()
	if len(live) == 0 {
		return
	}
	if first := live[0]; first.start == start && first.end == end && f.begins(1, end) {
		visit(first)
		return
	}
	k := sort.Search(len(f.behind), func(k int) bool { return f.behind[k][0].start >= end })
	looks, looked := 0, int64(0)
	for k--; ; k-- {
		block := live
		if k >= 0 {
			block = f.behind[k]
		}
		for i := sort.Search(len(block), func(i int) bool { return block[i].start >= end }) - 1; i >= 0; i-- {
			h := block[i]
			if looks == maxLook || h.start+f.longest <= start || looked >= maxLookBytes {
				return
			}
			if looks++; h.end > start {
				looked += min(h.end, end) - max(h.start, start)
				visit(h)
			}
		}
		if k < 0 {
			return
		}
	}
}

// begins reports whether all but the first n, which are of the front, begin at a position or
// behind it.
func (f *flight) begins(n int, position int64) bool {
	if live := f.front(); n < len(live) {
		return live[n].start >= position
	}
	return len(f.behind) == 0 || f.behind[0][0].start >= position
}

// expire takes out what is done and gives it to settle. What is done behind
// something that is not may stay for a while: the list is at most twice as long
// as it must be. Beyond maxHeld the lowest goes whether it is done or not.
func (f *flight) expire(done func(*held) bool, settle func(h *held, early bool)) {
	for f.count() > 0 {
		f.moveUp()
		early := f.count() > maxHeld
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
	switch live := f.count(); {
	case live == 0:
		f.list, f.head = f.list[:0], 0
	case live >= max(f.tidyAt, minTidy):
		f.tidy(done, settle)
		f.tidyAt = 2 * f.count()
	case f.head > minTidy && f.head > len(f.front()):
		n := copy(f.list, f.front())
		clear(f.list[n:])
		f.list, f.head = f.list[:n], 0
	}
}

// moveUp moves the next block up if nothing is left in the front.
func (f *flight) moveUp() {
	if f.head == len(f.list) && len(f.behind) > 0 {
		f.list, f.head = f.behind[0], 0
		f.further -= len(f.list)
		f.behind = slices.Delete(f.behind, 0, 1)
	}
}

// tidy takes out all that is done.
func (f *flight) tidy(done func(*held) bool, settle func(h *held, early bool)) {
	sift := func(kept, block []*held) []*held {
		for _, h := range block {
			if done(h) {
				settle(h, false)
			} else {
				kept = append(kept, h)
			}
		}
		return kept
	}
	kept := sift(f.list[:0], f.front())
	clear(f.list[len(kept):])
	f.list, f.head, f.further = kept, 0, 0
	blocks := f.behind[:0]
	for _, block := range f.behind {
		kept := sift(block[:0], block)
		clear(block[len(kept):])
		if len(kept) == 0 {
			continue
		}
		f.further += len(kept)
		if n := len(blocks); n > 0 && len(blocks[n-1])+len(kept) <= mostInBlock {
			blocks[n-1] = append(blocks[n-1], kept...)
		} else {
			blocks = append(blocks, kept)
		}
	}
	clear(f.behind[len(blocks):])
	f.behind = blocks
	f.moveUp()
}
