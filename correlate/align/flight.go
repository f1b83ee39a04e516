package align

import "sort"

// flight holds what was sent, by position; copies of one range in the order in
// which they were sent.
type flight struct {
	list    []*held
	head    int
	longest int64 // the longest segment so far: how far before a position to look
	tidyAt  int   // length at which to look for what can go
}

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

// overlapping visits what overlaps [start, end), the latest copies first.
func (f *flight) overlapping(start, end int64, visit func(*held)) {
	live := f.list[f.head:]
	if len(live) == 0 {
		return
	}
	if first := live[0]; first.start == start && first.end == end && (len(live) == 1 || live[1].start >= end) {
		visit(first)
		return
	}
	to := sort.Search(len(live), func(i int) bool { return live[i].start >= end })
	for i := to - 1; i >= 0 && live[i].start+f.longest > start; i-- {
		if live[i].end > start {
			visit(live[i])
		}
	}
}
