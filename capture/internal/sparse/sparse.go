// Package sparse keeps a series of any length in a bounded room, as much of its
// beginning as of its end.
package sparse

// A Series of values, of which at most so many are kept. Once there are too many, every
// second one goes, and of what follows as many are passed over. The zero value is empty.
type Series[T any] struct {
	Kept  []T // in their order
	every int // of so many values one is kept; 0 is all
	since int // values since the last one that was kept
}

// Add takes the next value, and keeps at most so many, which must be even.
func (s *Series[T]) Add(value T, most int) {
	if s.since++; s.since >= s.every {
		s.Keep(value, most)
	}
}

// Keep is Add for a value that must not be passed over now.
func (s *Series[T]) Keep(value T, most int) {
	s.since = 0
	if len(s.Kept) == most {
		for i := range most / 2 {
			s.Kept[i] = s.Kept[2*i]
		}
		s.Kept = s.Kept[:most/2]
		s.every = max(2*s.every, 2)
	}
	s.Kept = append(s.Kept, value)
}
