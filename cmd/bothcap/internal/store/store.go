// Package store keeps a recording's files: made for their owner only, never
// through a link, never over something that was there, and never more of them
// than were asked for.
package store

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
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
	Seal    bool // hash what is written, for Seal, and end each file with its last seal
	// Sign returns the signature of the last seal's statement; nil is none. It is
	// called by Close.
	Sign func(statement string) (string, error)
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
	hasher   *hasher      // nil if there are no seals
	chain    chain
	closing  sync.Once
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
	f := &Files{dir: dir, path: path, options: o, through: func(f func()) { f() }}
	var seal func(*piece) error
	if o.Seal {
		f.hasher = newHasher()
		seal = func(p *piece) error { return p.seal(&f.chain, o.Sign) }
	}
	f.finisher = newFinisher(seal)
	if err := f.open(); err != nil {
		f.wait()
		dir.Close()
		return nil, err
	}
	return f, nil
}

// Open opens the current file for reading, from its beginning. It is for later, when
// the process may no longer enter the directory.
func (f *Files) Open() (*os.File, error) {
	file, err := f.dir.Open(f.current.name)
	if err != nil {
		return nil, f.wrap(f.current.name, err)
	}
	there, err := file.Stat()
	made, failed := f.current.file.Stat()
	if err := errors.Join(err, failed); err != nil || !os.SameFile(there, made) {
		file.Close()
		return nil, fmt.Errorf("%q: somebody has exchanged it", f.current.path)
	}
	return file, nil
}

func (f *Files) Write(b []byte) (int, error) {
	n, err := f.current.file.Write(b)
	f.wrote(n)
	return n, err
}

// wrote notes that the current file has grown.
func (f *Files) wrote(n int) {
	f.current.hash.written.Add(int64(n))
	if f.hasher != nil {
		f.hasher.grown(f.current)
	}
}

// Truncate shortens the current file to its first size bytes.
func (f *Files) Truncate(size int64) error {
	f.current.hash.written.Store(size)
	return f.current.file.Truncate(size)
}

// Rotate makes the next file, and leaves it to another goroutine to put the
// present one on the disk: that may take longer than the kernel has room for
// packets. Before that it removes as many of the oldest as are one too many. Its
// error may be that of a file before.
func (f *Files) Rotate() error {
	f.finish(false)
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
	f.finish(true)
	f.wait()
	return f.finisher.failure()
}

// wait returns when nothing is left to do.
func (f *Files) wait() {
	f.finisher.wait()
	if f.hasher != nil {
		f.closing.Do(f.hasher.close)
	}
}

// Through has files made and removed by a thread that may, from now on.
func (f *Files) Through(do func(func())) { f.through = do }

// finish has the current file completed, which may be the last.
func (f *Files) finish(last bool) {
	if f.current != nil {
		f.current.last = last
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
	f.finish(false)
	f.wait()
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
	f.current = &piece{name: name, path: f.beside(name), file: file, number: f.count}
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
