package store

import (
	"errors"
	"fmt"
	"os"
	"sync"
	"sync/atomic"
)

// A piece is one file of a recording.
type piece struct {
	name    string // in the recording's directory
	path    string // as the user would name it
	file    *os.File
	number  int         // from 1
	last    bool        // of the recording's files
	removed atomic.Bool // it was one too many
	hash    hashing

	// Once the finisher is done with it:
	size   int64
	sum    string // SHA-256 in hexadecimal
	sumErr error
}

// maxUnfinished bounds the descriptors that wait for a slow disk. Beyond it
// Rotate waits, too.
const maxUnfinished = 256

// A finisher puts complete files on the disk: a recording that a power cut takes
// back is none. fsync(2) takes tens of milliseconds, in which a kernel's ring
// fills up, so it has a goroutine of its own.
type finisher struct {
	queue chan *piece
	done  chan struct{}
	close sync.Once
	sync  func([]*piece) error // syncAll, but in tests
	seal  func(*piece) error   // nil if files have no seals

	mu  sync.Mutex
	err error // of all files so far
}

func newFinisher(seal func(*piece) error) *finisher {
	f := &finisher{queue: make(chan *piece, maxUnfinished), done: make(chan struct{}), sync: syncAll, seal: seal}
	go f.run()
	return f
}

func (f *finisher) add(p *piece) { f.queue <- p }

// wait returns when all files are on the disk. None can be added after it.
func (f *finisher) wait() {
	f.close.Do(func() { close(f.queue) })
	<-f.done
}

// failure is what went wrong so far. It stays.
func (f *finisher) failure() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.err
}

func (f *finisher) run() {
	defer close(f.done)
	for p := range f.queue {
		batch := []*piece{p}
		for more := true; more; {
			select {
			case p, more = <-f.queue:
				if more {
					batch = append(batch, p)
				}
			default:
				more = false
			}
		}
		if err := f.finish(batch); err != nil {
			f.mu.Lock()
			f.err = errors.Join(f.err, err)
			f.mu.Unlock()
		}
	}
}

// finish completes some files. Those that were removed need not reach the disk.
func (f *finisher) finish(batch []*piece) error {
	var err error
	if f.seal != nil {
		for _, p := range batch {
			err = errors.Join(err, f.seal(p))
		}
	}
	err = errors.Join(err, f.sync(batch))
	for _, p := range batch {
		if !p.removed.Load() {
			p.fingerprint()
		}
		if closed := p.file.Close(); closed != nil {
			err = errors.Join(err, fmt.Errorf("%q: %w", p.path, bare(closed)))
		}
	}
	return err
}

// syncEach is the plain way to put files on the disk.
func syncEach(batch []*piece) (err error) {
	for _, p := range batch {
		if p.removed.Load() {
			continue
		}
		if failed := p.file.Sync(); failed != nil {
			err = errors.Join(err, fmt.Errorf("%q: %w", p.path, bare(failed)))
		}
	}
	return err
}

// fingerprint is of the whole file, of which hardly anything has not been hashed.
func (p *piece) fingerprint() {
	all, err := p.hash.catchUp(p.file)
	if err != nil {
		p.sumErr = fmt.Errorf("%q: %w", p.path, bare(err))
		return
	}
	p.size, p.sum = all.Bytes, all.SHA256
}
