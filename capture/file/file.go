// Package file opens what a user gives as one capture: a file, or the files of
// a rotated set, compressed or not, in any format that the project reads, or
// standard input. Nothing is taken from the name: content decides.
//
// A set can be read several times. What cannot be read twice or not in place
// (compressed files, pipes, standard input) is unpacked once to a temporary file
// in os.TempDir that has no name from the start where the system allows that, so
// that nothing stays behind even after a kill.
package file

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"

	"bothends/capture"
	"bothends/capture/pcap"
	"bothends/capture/pcapng"
)

// Stdin is the path that means standard input.
const Stdin = "-"

// A Format is a capture file format.
type Format string

const (
	Pcap   Format = "pcap"
	Pcapng Format = "pcapng"
)

// A Compression is what a capture was packed with.
type Compression string

const (
	Plain Compression = ""
	Gzip  Compression = "gzip"
	Zstd  Compression = "zstd"
	LZ4   Compression = "lz4"
)

// A File is what is known of one file of a set: first what it is, then, once a
// [Reader] has passed over it, what it held.
type File struct {
	Path        string
	Format      Format
	Compression Compression
	Size        int64 // bytes as given: compressed, or read from the pipe

	Packets  int64
	FirstNS  int64 // the earliest time of a packet, Unix nanoseconds; if Timed
	LastNS   int64 // the latest
	Timed    bool  // at least one packet had a time
	Growing  bool  // it grew after it was opened; what was added is not read
	End      capture.End
	Sections []capture.Section // pcapng only
}

// A Set is the files of one capture, ordered by their first packet. Close it.
type Set struct {
	members []*member
}

// Open opens the files of one capture. Its errors are an [*Error] for what is
// wrong with a file, or that of ctx. A file that is damaged is no error: what
// can be read of it is used, and its End tells.
func Open(ctx context.Context, paths []string) (*Set, error) {
	stdin := os.Stdin
	return OpenWith(ctx, paths, func(path string) (*os.File, error) {
		if path == Stdin {
			return stdin, nil
		}
		return os.Open(path)
	})
}

// OpenWith is [Open] for files that open finds: by their path in the file system,
// or behind a pipe from where they are kept. They are closed when they have served,
// but for standard input.
func OpenWith(ctx context.Context, paths []string, open func(path string) (*os.File, error)) (*Set, error) {
	if len(paths) == 0 {
		return nil, errors.New("no capture file given")
	}
	s := &Set{}
	for i, path := range paths {
		if slices.Contains(paths[:i], path) { // before a pipe is opened again, which would block
			return nil, errors.Join(twice(path, path), s.Close())
		}
		m, err := openMember(ctx, path, open)
		if err == nil {
			s.members = append(s.members, m)
			err = s.checkTwice(m)
		}
		if err != nil {
			return nil, errors.Join(err, s.Close())
		}
	}
	slices.SortStableFunc(s.members, func(a, b *member) int {
		if a.timed != b.timed { // a file without packets says nothing about order
			return cmp.Compare(b.order(), a.order())
		}
		return cmp.Compare(a.firstNS, b.firstNS)
	})
	return s, nil
}

// checkTwice refuses the newest member if an earlier one is the same file.
func (s *Set) checkTwice(newest *member) error {
	for _, m := range s.members[:len(s.members)-1] {
		if os.SameFile(m.identity, newest.identity) {
			return twice(newest.path, m.path)
		}
	}
	return nil
}

func twice(path, before string) error {
	err := ErrTwice
	if path != before {
		err = fmt.Errorf("%w, before as %s", ErrTwice, printable(before))
	}
	return &Error{Path: path, Err: err, Hint: "name each file of a capture once"}
}

// Files returns what is known of the files without reading them through.
func (s *Set) Files() []File {
	files := make([]File, len(s.members))
	for i, m := range s.members {
		files[i] = m.about()
	}
	return files
}

// Common returns the paths of a file that is in both sets, if there is one, even
// if the two paths differ (hard links, symbolic links).
func (s *Set) Common(other *Set) (mine, theirs string, found bool) {
	for _, a := range s.members {
		for _, b := range other.members {
			if os.SameFile(a.identity, b.identity) {
				return a.path, b.path, true
			}
		}
	}
	return "", "", false
}

// Close removes the temporary files. It may be called while others still read the set,
// as work that an interrupt left behind does: their passes end with an error, and what
// is known of the files stays known.
func (s *Set) Close() error {
	var problems []error
	for _, m := range s.members {
		problems = append(problems, m.close())
	}
	return errors.Join(problems...)
}

// newReader starts a pass over one file.
func newReader(format Format, input io.Reader) (capture.Reader, error) {
	if format == Pcapng {
		return pcapng.NewReader(input)
	}
	return pcap.NewReader(input)
}
