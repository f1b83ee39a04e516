package survey

import (
	"slices"
	"sort"
)

// A Span is a half-open range of stream positions, in bytes.
type Span struct{ Start, End int64 }

// Len is the number of bytes in the span.
func (s Span) Len() int64 { return s.End - s.Start }

// A Cover records which bytes of one stream a tap has seen: all from First up to
// Next, but for the holes.
type Cover struct {
	begun   bool
	Next    int64  // the highest position seen
	First   int64  // the lowest position of which it is known whether it was seen
	Began   int64  // the position at which the tap began to see the stream: what lies below may have passed before
	Dropped int64  // bytes of holes above Began that were given up, being more than maxHoles
	Holes   []Span // between First and Next, ascending, apart from each other
}

// maxHoles bounds what one stream may cost. It allows for every second segment
// of a window of 3 MB to be under way again at one time; a stream with more was
// recorded so badly that their places no longer matter, only their sum.
const maxHoles = 1024

// Add notes that the bytes from start to end were seen. It returns how many of
// them are new: not seen before. Bytes below a hole that was given up are not
// counted any more.
func (c *Cover) Add(start, end int64) (fresh int64) {
	if !c.begun {
		c.begun, c.First, c.Began, c.Next = true, start, start, end
		return end - start
	}
	if start == c.Next { // the common case
		c.Next = end
		return end - start
	}
	if start > c.Next {
		c.advance(start, end)
		return end - start
	}
	if start < c.First {
		fresh = c.lower(start, min(end, c.First))
	}
	fresh += c.fill(Span{max(start, c.First), min(end, c.Next)})
	if end > c.Next {
		fresh += end - c.Next
		c.Next = end
	}
	return fresh
}

// advance passes over the bytes from Next to start.
func (c *Cover) advance(start, end int64) {
	if c.First == c.Next && start == c.Next+1 {
		// What seemed an acknowledgment was a keep-alive: it repeats the number
		// before the next one (RFC 9293 section 3.8.4).
		c.First, c.Began = start, start
	} else {
		c.Holes = append(c.Holes, Span{c.Next, start})
		c.giveUp()
	}
	c.Next = end
}

// lower notes bytes below First: sent before the tap began, and repeated.
func (c *Cover) lower(start, end int64) (fresh int64) {
	if c.Dropped > 0 || start == end {
		return 0
	}
	if end < c.First {
		c.Holes = slices.Insert(c.Holes, 0, Span{end, c.First})
	}
	c.First = start
	c.giveUp()
	return end - start
}

// fill takes s out of the holes.
func (c *Cover) fill(s Span) (fresh int64) {
	if len(c.Holes) == 0 || s.Start >= s.End {
		return 0
	}
	from := sort.Search(len(c.Holes), func(i int) bool { return c.Holes[i].End > s.Start })
	to := from
	var rest []Span
	for ; to < len(c.Holes) && c.Holes[to].Start < s.End; to++ {
		h := c.Holes[to]
		fresh += min(h.End, s.End) - max(h.Start, s.Start)
		if h.Start < s.Start {
			rest = append(rest, Span{h.Start, s.Start})
		}
		if s.End < h.End {
			rest = append(rest, Span{s.End, h.End})
		}
	}
	c.Holes = slices.Replace(c.Holes, from, to, rest...)
	c.giveUp()
	return fresh
}

// giveUp forgets the lowest hole if there are too many, and with it what lies
// below.
func (c *Cover) giveUp() {
	if len(c.Holes) <= maxHoles {
		return
	}
	lowest := c.Holes[0]
	c.Dropped += max(0, lowest.End-max(lowest.Start, c.Began))
	c.First = lowest.End
	c.Holes = slices.Delete(c.Holes, 0, 1)
}

// Has reports whether all bytes from start to end are known to have been seen.
func (c *Cover) Has(start, end int64) bool {
	if !c.begun || start < c.First || end > c.Next {
		return false
	}
	i := sort.Search(len(c.Holes), func(i int) bool { return c.Holes[i].End > start })
	return i == len(c.Holes) || c.Holes[i].Start >= end
}

// Lacks reports whether the tap missed any of the bytes from start to end: it saw
// some behind them, and has not seen them so far.
func (c *Cover) Lacks(start, end int64) bool {
	if c.Dropped > 0 && start < c.First {
		return true // which of them is not known any more
	}
	start = max(start, c.Began)
	i := sort.Search(len(c.Holes), func(i int) bool { return c.Holes[i].End > start })
	return i < len(c.Holes) && c.Holes[i].Start < end
}

// Missing is how many bytes below position acked were not seen, though the
// other host must have had them in order to acknowledge them. Bytes below Began
// are not among them.
func (c *Cover) Missing(acked int64) int64 {
	missing := c.Dropped
	for _, s := range c.MissingSpans(acked) {
		missing += s.Len()
	}
	return missing
}

// MissingSpans are the ranges that Missing adds up, but for those given up.
func (c *Cover) MissingSpans(acked int64) []Span {
	if !c.begun {
		return nil
	}
	var spans []Span
	for _, h := range c.Holes {
		if s := (Span{max(h.Start, c.Began), min(h.End, acked)}); s.Len() > 0 {
			spans = append(spans, s)
		}
	}
	if acked > c.Next {
		spans = append(spans, Span{c.Next, acked})
	}
	return spans
}
