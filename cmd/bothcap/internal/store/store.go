// Package store keeps a recording's files: made for their owner only, never
// through a link, never over something that was there, and never more of them
// than were asked for.
package store

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// Options say how files are made.
type Options struct {
	Force  bool // replace a regular file of that name
	Rotate bool // several files, with a number and the time in their names
	Keep   int  // how many of them; 0 is all
	// Owner of the files, if the process may give files away.
	UID, GID int
	Chown    bool
	Now      func() time.Time
	// Replace runs what removes a file of that name that was there, with the rights
	// of whoever may say so. Nil is anybody's.
	Replace func(remove func() error) error
}

// Files are the files of one recording. They are for one goroutine at a time.
type Files struct {
	dir      *os.Root // opened before privileges are dropped, so no one can exchange it
	path     string   // as the user gave it
	options  Options
	current  *piece
	count    int      // of files made
	pieces   []*piece // those that are still there
	finisher *finisher
	through  func(func()) // runs what makes and removes files
}

// A Sum is the fingerprint of one file.
type Sum struct {
	Path   string
	Size   int64
	SHA256 string // in hexadecimal; empty if it could not be read back
}

// ErrExists says that there is something of that name already.
var ErrExists = errors.New("exists already")

// Create makes the first file.
func Create(path string, o Options) (*Files, error) {
	dir, err := os.OpenRoot(filepath.Dir(path))
	if err != nil {
		return nil, fmt.Errorf("%q: %w", path, err)
	}
	f := &Files{dir: dir, path: path, options: o, finisher: newFinisher(), through: func(f func()) { f() }}
	if err := f.open(); err != nil {
		f.finisher.wait()
		dir.Close()
		return nil, err
	}
	return f, nil
}

func (f *Files) Write(b []byte) (int, error) { return f.current.file.Write(b) }

// Truncate shortens the current file to its first size bytes.
func (f *Files) Truncate(size int64) error { return f.current.file.Truncate(size) }

// Rotate makes the next file, and leaves it to another goroutine to put the
// present one on the disk: that may take longer than the kernel has room for
// packets. Before that it removes as many of the oldest as are one too many. Its
// error may be that of a file before.
func (f *Files) Rotate() error {
	f.finish()
	if err := f.finisher.failure(); err != nil {
		return err
	}
	for f.options.Keep > 0 && len(f.pieces) >= f.options.Keep {
		oldest := f.pieces[0]
		if err := f.remove(oldest); err != nil {
			return err
		}
		f.pieces = f.pieces[1:]
	}
	return f.open()
}

// Close completes the current file and waits until all are on the disk.
func (f *Files) Close() error {
	f.finish()
	f.finisher.wait()
	return f.finisher.failure()
}

// Through has files made and removed by a thread that may, from now on.
func (f *Files) Through(do func(func())) { f.through = do }

// finish has the current file completed.
func (f *Files) finish() {
	if f.current != nil {
		f.finisher.add(f.current)
		f.current = nil
	}
}

// Paths are those of the files that are there, the oldest first.
func (f *Files) Paths() []string {
	var paths []string
	for _, p := range f.pieces {
		paths = append(paths, f.beside(p.name))
	}
	return paths
}

// Discard removes all files: nothing was recorded.
func (f *Files) Discard() {
	for _, p := range f.pieces {
		_ = f.remove(p) // there is an error already, which is told
	}
	f.pieces = nil
	f.finish()
	f.finisher.wait()
}

func (f *Files) remove(p *piece) error {
	p.removed.Store(true)
	if err := f.removeName(p.name); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return f.wrap(p.name, err)
	}
	return nil
}

func (f *Files) removeName(name string) (err error) {
	f.through(func() { err = f.dir.Remove(name) })
	return bare(err)
}

// make makes a file that was not there. O_EXCL follows no symbolic link (open(2)).
func (f *Files) make(name string) (file *os.File, err error) {
	f.through(func() { file, err = f.dir.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_RDWR, fileMode) })
	return file, err
}

// Probe finds out whether another file could be made. After privileges are
// dropped it tells early what would otherwise end a recording in the middle.
func (f *Files) Probe() error {
	name := ".bothcap-" + filepath.Base(f.path)
	probe, err := f.make(name)
	if errors.Is(err, fs.ErrExist) {
		return nil // left behind by a recorder that was killed just here
	}
	if err != nil {
		return f.wrap(name, err)
	}
	probe.Close()
	return f.removeName(name)
}

// Sums are those of the files that are there, once Close has returned. Each was
// read back through the descriptor by which it was written: the user as whom the
// recorder goes on need not be able to enter the directory.
func (f *Files) Sums() ([]Sum, error) {
	var sums []Sum
	var failed error
	for _, p := range f.pieces {
		if p.sumErr != nil {
			failed = errors.Join(failed, p.sumErr)
		}
		sums = append(sums, Sum{Path: f.beside(p.name), Size: p.size, SHA256: p.sum})
	}
	return sums, failed
}

// fileMode lets only the owner read what others said to each other.
const fileMode = 0o600

func (f *Files) open() error {
	f.count++
	name := f.name()
	if f.options.Force && f.count == 1 { // what has a later one's number and time is not meant
		if err := f.clear(name); err != nil {
			return err
		}
	}
	file, err := f.make(name)
	if errors.Is(err, fs.ErrExist) {
		return f.wrap(name, ErrExists)
	}
	if err != nil {
		return f.wrap(name, err)
	}
	f.current = &piece{name: name, path: f.beside(name), file: file}
	f.pieces = append(f.pieces, f.current)
	if f.options.Chown {
		if err := file.Chown(f.options.UID, f.options.GID); err != nil {
			f.Discard()
			return f.wrap(name, err)
		}
	}
	return nil
}

// clear removes a regular file. Removing and making anew, instead of emptying,
// leaves alone who still reads it, and what it may be linked to.
func (f *Files) clear(name string) error {
	there, err := f.dir.Lstat(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return f.wrap(name, err)
	case !there.Mode().IsRegular():
		return f.wrap(name, fmt.Errorf("%w and is no regular file", ErrExists))
	}
	remove := func() error { return f.removeName(name) }
	if f.options.Replace != nil {
		err = f.options.Replace(remove)
	} else {
		err = remove()
	}
	if err != nil {
		return fmt.Errorf("%q: %w", f.beside(name), err)
	}
	return nil
}

// name is the next file's: what the user said, or with dumpcap's number and
// time in it, so that sorting names sorts files.
func (f *Files) name() string {
	base := filepath.Base(f.path)
	if !f.options.Rotate {
		return base
	}
	extension := filepath.Ext(base)
	return fmt.Sprintf("%s_%05d_%s%s", strings.TrimSuffix(base, extension), f.count,
		f.options.Now().UTC().Format("20060102150405"), extension)
}

// Pattern matches the names of all files of a rotated recording.
func Pattern(path string) string {
	extension := filepath.Ext(path)
	return strings.TrimSuffix(path, extension) + "_*" + extension
}

func (f *Files) beside(name string) string {
	dir, _ := filepath.Split(f.path) // as the user wrote it, "./" and all
	return dir + name
}

// wrap names the file as the user would; os.Root names it within its directory.
func (f *Files) wrap(name string, err error) error {
	return fmt.Errorf("%q: %w", f.beside(name), bare(err))
}

// bare is an error without the name that the system knows the file by.
func bare(err error) error {
	var inner *fs.PathError
	if errors.As(err, &inner) {
		return inner.Err
	}
	return err
}

// A Stream is a recording that goes to another program, with its fingerprint.
type Stream struct {
	out    io.Writer
	digest hash.Hash
	size   int64
}

// NewStream writes to out.
func NewStream(out io.Writer) *Stream { return &Stream{out: out, digest: sha256.New()} }

func (s *Stream) Write(b []byte) (int, error) {
	n, err := s.out.Write(b)
	s.digest.Write(b[:n])
	s.size += int64(n)
	return n, err
}

// Truncate cannot take back what was sent.
func (s *Stream) Truncate(int64) error { return nil }

// Rotate is an error: a stream is one.
func (s *Stream) Rotate() error { return errors.New("a stream has no next file") }

// Close does nothing.
func (s *Stream) Close() error { return nil }

// Sums is the stream's.
func (s *Stream) Sums() ([]Sum, error) {
	return []Sum{{Path: "-", Size: s.size, SHA256: hex.EncodeToString(s.digest.Sum(nil))}}, nil
}
