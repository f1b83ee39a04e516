package file

import "io"

// Content is the capture in one file of the set, unpacked, from its start: what
// the reader of its format reads. It is valid until the set is closed.
func (s *Set) Content(i int) (*io.SectionReader, Format) {
	m := s.members[i]
	return io.NewSectionReader(m.content, m.base, m.length), m.format
}
