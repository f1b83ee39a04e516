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
	begun bool
	Next  int64 // the highest position seen
	First int64 // the lowest position of which it is known whether it was seen
	gaps  *gaps // nil while there were none: most streams are seen from their first byte on, in order
}

// gaps are what is to be known of a stream that was not seen whole, or not in order.
type gaps struct {
	began   int64  // see Began
	dropped int64  // bytes of holes above began that were given up, being more than maxHoles
	holes   []Span // between First and Next, ascending, apart from each other
}

// Began is the position at which the tap began to see the stream: what lies below may
// have passed before.
func (c *Cover) Began() int64 {
	if c.gaps == nil {
		return c.First
	}
	return c.gaps.began
}

func (c *Cover) holes() []Span {
	if c.gaps == nil {
		return nil
	}
	return c.gaps.holes
}

func (c *Cover) dropped() int64 {
	if c.gaps == nil {
		return 0
	}
	return c.gaps.dropped
}

// open makes room for gaps.
func (c *Cover) open() *gaps {
	if c.gaps == nil {
		c.gaps = &gaps{began: c.First}
	}
	return c.gaps
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
		c.begun, c.First, c.Next = true, start, end
		return end - start
	}
	if start == c.Next { // the common case: nothing behind Next is looked at
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
		c.First = start
		if c.gaps != nil {
			c.gaps.began = start
		}
	} else {
		g := c.open()
		g.holes = append(g.holes, Span{c.Next, start})
		c.giveUp()
	}
	c.Next = end
}

// lower notes bytes below First: sent before the tap began, and repeated.
func (c *Cover) lower(start, end int64) (fresh int64) {
	if c.dropped() > 0 || start == end {
		return 0
	}
	g := c.open()
	if end < c.First {
		g.holes = slices.Insert(g.holes, 0, Span{end, c.First})
	}
	c.First = start
	c.giveUp()
	return end - start
}

// fill takes s out of the holes.
func (c *Cover) fill(s Span) (fresh int64) {
	holes := c.holes()
	if len(holes) == 0 || s.Start >= s.End {
		return 0
	}
	from := sort.Search(len(holes), func(i int) bool { return holes[i].End > s.Start })
	to := from
	rest := make([]Span, 0, 2) // before s and behind it
	for ; to < len(holes) && holes[to].Start < s.End; to++ {
		h := holes[to]
		fresh += min(h.End, s.End) - max(h.Start, s.Start)
		if h.Start < s.Start {
			rest = append(rest, Span{h.Start, s.Start})
		}
		if s.End < h.End {
			rest = append(rest, Span{s.End, h.End})
		}
	}
	c.gaps.holes = slices.Replace(holes, from, to, rest...)
	c.giveUp()
	return fresh
}

// giveUp forgets the lowest hole if there are too many, and with it what lies
// below.
func (c *Cover) giveUp() {
	g := c.gaps
	if len(g.holes) <= maxHoles {
		return
	}
	lowest := g.holes[0]
	g.dropped += max(0, lowest.End-max(lowest.Start, g.began))
	c.First = lowest.End
	g.holes = g.holes[1:] // to move all others up would cost more than all else of a hostile stream
}

// Has reports whether all bytes from start to end are known to have been seen.
func (c *Cover) Has(start, end int64) bool {
	if !c.begun || start < c.First || end > c.Next {
		return false
	}
	holes := c.holes()
	i := sort.Search(len(holes), func(i int) bool { return holes[i].End > start })
	return i == len(holes) || holes[i].Start >= end
}

// Lacks reports whether the tap missed any of the bytes from start to end: it saw
// some behind them, and has not seen them so far.
func (c *Cover) Lacks(start, end int64) bool {
	if c.dropped() > 0 && start < c.First {
		return true // which of them is not known any more
	}
	start = max(start, c.Began())
	holes := c.holes()
	i := sort.Search(len(holes), func(i int) bool { return holes[i].End > start })
	return i < len(holes) && holes[i].Start < end
}

// Missing is how many bytes below position acked were not seen, though the
// other host must have had them in order to acknowledge them. Bytes below Began
// are not among them.
func (c *Cover) Missing(acked int64) int64 {
	missing := c.dropped()
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
	for _, h := range c.holes() {
		if s := (Span{max(h.Start, c.Began()), min(h.End, acked)}); s.Len() > 0 {
			spans = append(spans, s)
		}
	}
	if acked > c.Next {
		spans = append(spans, Span{c.Next, acked})
	}
	return spans
}
