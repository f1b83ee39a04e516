package survey

// A Span is a half-open range of stream positions, in bytes.
type Span struct{ Start, End int64 }

// Len is the number of bytes in the span.
func (s Span) Len() int64 { return s.End - s.Start }

// A Cover records which bytes of one stream a tap has seen: all from the first
// position on up to Next, but for the holes.
type Cover struct {
	First   int64  // the position at which the tap began to see the stream
	Next    int64  // the highest position seen
	Holes   []Span // below Next, ascending, apart from each other
	Dropped int64  // bytes of holes that were given up, being more than maxHoles
	begun   bool
}

// maxHoles bounds what one stream may cost. A stream with this many holes at a
// time was recorded so badly that their places no longer matter, only their sum.
const maxHoles = 64

// Add notes that the bytes from start to end were seen. It returns how many of
// them are new: not seen before.
func (c *Cover) Add(start, end int64) int64 {
	if !c.begun {
		c.begun, c.First, c.Next = true, start, end
		return end - start
	}
	if start == c.Next { // the common case
		c.Next = end
		return end - start
	}
	if start > c.Next {
		c.punch(Span{c.Next, start})
		c.Next = end
		return end - start
	}
	fresh := c.fill(Span{start, min(end, c.Next)})
	if end > c.Next {
		fresh += end - c.Next
		c.Next = end
	}
	return fresh
}

func (c *Cover) punch(hole Span) {
	if len(c.Holes) == maxHoles {
		c.Dropped += c.Holes[0].Len()
		c.Holes = append(c.Holes[:0], c.Holes[1:]...)
	}
	c.Holes = append(c.Holes, hole)
}

// fill takes s out of the holes.
func (c *Cover) fill(s Span) (fresh int64) {
	if len(c.Holes) == 0 || s.Start >= s.End {
		return 0
	}
	kept := make([]Span, 0, len(c.Holes)+1)
	for _, h := range c.Holes {
		lo, hi := max(h.Start, s.Start), min(h.End, s.End)
		if lo >= hi {
			kept = append(kept, h)
			continue
		}
		fresh += hi - lo
		if h.Start < lo {
			kept = append(kept, Span{h.Start, lo})
		}
		if hi < h.End {
			kept = append(kept, Span{hi, h.End})
		}
	}
	c.Holes = kept
	return fresh
}

// Has tells whether all bytes from start to end were seen.
func (c *Cover) Has(start, end int64) bool {
	if !c.begun || start < c.First || end > c.Next {
		return false
	}
	for _, h := range c.Holes {
		if h.Start < end && start < h.End {
			return false
		}
	}
	return true
}

// Missing is how many bytes below position acked were not seen, though the
// other host must have had them in order to acknowledge them.
func (c *Cover) Missing(acked int64) int64 {
	missing := c.Dropped
	for _, h := range c.Holes {
		if h.Start < acked {
			missing += min(h.End, acked) - h.Start
		}
	}
	if c.begun && acked > c.Next {
		missing += acked - c.Next
	}
	return missing
}

// MissingSpans are the ranges that Missing adds up, but for those given up.
func (c *Cover) MissingSpans(acked int64) []Span {
	var spans []Span
	for _, h := range c.Holes {
		if h.Start < acked {
			spans = append(spans, Span{h.Start, min(h.End, acked)})
		}
	}
	if c.begun && acked > c.Next {
		spans = append(spans, Span{c.Next, acked})
	}
	return spans
}
