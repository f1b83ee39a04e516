package file

import "io"

// Length is how many bytes a pass over the set reads: the files unpacked.
func (s *Set) Length() (bytes int64) {
	for _, m := range s.members {
		bytes += m.length
	}
	return bytes
}

// Position is how many of them this pass has read. It runs ahead of the packets
// by what a reader keeps in its buffer.
func (r *Reader) Position() (bytes int64) {
	for _, pass := range r.passes {
		at, _ := pass.input.Seek(0, io.SeekCurrent) // asking a section for its place cannot fail
		bytes += at
	}
	return bytes
}
