package store

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"sync"
	"sync/atomic"
	"time"

	"bothends/capture/pcapng"
	"bothends/capture/testimony"
)

// What a file holds is hashed while it grows, by a thread of its own that reads it
// back: the recorder's goroutine neither hashes nor waits, and so a seal comes some
// way behind what it fixes. Nothing is read twice: the same hash is the file's
// fingerprint in the end.

const (
	// hashChunk is how much is read back at a time.
	hashChunk = 256 << 10
	// hashPause is how long blocks gather before the thread looks again: each waking
	// costs more than hashing a few of them.
	hashPause = 50 * time.Millisecond
)

// A hashing is how far a file is hashed.
type hashing struct {
	written atomic.Int64 // bytes in the file, whole blocks

	mu     sync.Mutex // guards what follows; held while bytes are read back
	digest hash.Hash
	hashed int64
	buffer []byte // of hashChunk

	point atomic.Pointer[testimony.Seal] // the newest that is known, without its place in the chain
}

// catchUp hashes what was written so far and returns what that comes to.
func (h *hashing) catchUp(file io.ReaderAt) (testimony.Seal, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	until := h.written.Load()
	if h.digest == nil || h.hashed > until { // it was cut short: see Truncate
		h.digest, h.hashed = sha256.New(), 0
	}
	if h.buffer == nil {
		h.buffer = make([]byte, hashChunk)
	}
	if h.hashed < until {
		n, err := io.CopyBuffer(h.digest, struct{ io.Reader }{io.NewSectionReader(file, h.hashed, until-h.hashed)}, h.buffer)
		h.hashed += n
		if err == nil && h.hashed < until {
			err = io.ErrUnexpectedEOF
		}
		if err != nil {
			return testimony.Seal{}, err
		}
	}
	point := testimony.Seal{Bytes: h.hashed, SHA256: hex.EncodeToString(h.digest.Sum(nil))}
	h.point.Store(&point)
	return point, nil
}

// A hasher keeps up with the file that grows.
type hasher struct {
	current atomic.Pointer[piece]
	kick    chan struct{}
	done    chan struct{}
}

func newHasher() *hasher {
	h := &hasher{kick: make(chan struct{}, 1), done: make(chan struct{})}
	go func() {
		defer close(h.done)
		yieldToOthers()
		for range h.kick {
			// What cannot be read back now is asked for again when the file is completed.
			if p := h.current.Load(); p != nil {
				_, _ = p.hash.catchUp(p.file)
			}
			time.Sleep(hashPause)
		}
	}()
	return h
}

// grown says that the current file has.
func (h *hasher) grown(p *piece) {
	h.current.Store(p)
	select {
	case h.kick <- struct{}{}:
	default:
	}
}

func (h *hasher) close() {
	close(h.kick)
	<-h.done
}

// A chain links the seals of a recording's files.
type chain struct {
	mu       sync.Mutex
	head     string
	previous string // the value of the last seal of the file before
	known    int    // of which file that is
}

// place completes a seal of a file by what went before.
func (c *chain) place(s testimony.Seal, file int) testimony.Seal {
	c.mu.Lock()
	defer c.mu.Unlock()
	s.File, s.Head = file, c.head
	if c.known == file-1 {
		s.Previous = c.previous
	}
	return s
}

func (c *chain) begin(head string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.head == "" {
		c.head = head
	}
}

func (c *chain) ended(s testimony.Seal) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.previous, c.known = s.Value(), s.File
}

// Seal is the newest seal of the current file that is known. With now it is of all
// that was written, which is waited for.
func (f *Files) Seal(now bool) (testimony.Seal, bool) {
	p := f.current
	if f.hasher == nil || p == nil {
		return testimony.Seal{}, false
	}
	if now {
		if _, err := p.hash.catchUp(p.file); err != nil {
			return testimony.Seal{}, false
		}
	}
	point := p.hash.point.Load()
	if point == nil {
		return testimony.Seal{}, false
	}
	s := f.chain.place(*point, p.number)
	f.chain.begin(s.Value())
	return s, true
}

// Sealed reports whether the files are.
func (f *Files) Sealed() bool { return f.hasher != nil }

// Head is the value of the recording's first seal, once there is one.
func (f *Files) Head() string {
	f.chain.mu.Lock()
	defer f.chain.mu.Unlock()
	return f.chain.head
}

// Value is that of the last seal of the last file, once Close has returned; empty if
// it has none.
func (f *Files) Value() string {
	f.chain.mu.Lock()
	defer f.chain.mu.Unlock()
	if f.chain.known != f.count {
		return ""
	}
	return f.chain.previous
}

// seal completes a file with its last seal, and with the signature of the last of
// all. Of a file that was removed only the value is needed, for the next.
func (p *piece) seal(c *chain, sign func(statement string) (string, error)) error {
	point, err := p.hash.catchUp(p.file)
	if err != nil {
		return fmt.Errorf("%q: sealing it: %w", p.path, bare(err))
	}
	s := c.place(point, p.number)
	s.Ends, s.Last = true, p.last
	defer c.ended(s)
	if p.removed.Load() {
		return nil
	}
	if err := p.note(testimony.Record{Event: testimony.Sealing, Seal: &s}); err != nil || !p.last || sign == nil {
		return err
	}
	signed, err := sign(s.Statement())
	if err != nil {
		return fmt.Errorf("%q is sealed, and not signed: %w", p.path, err)
	}
	return p.note(testimony.Record{Event: testimony.Signature, Signed: signed})
}

// note adds a record to a file in which nothing else is written any more. What does
// not fit on the disk leaves nothing behind.
func (p *piece) note(r testimony.Record) error {
	now := time.Now().UTC()
	r.Time = now
	at := p.hash.written.Load()
	n, err := p.file.WriteAt(pcapng.AppendNote(nil, 0, now.UnixNano(), r.Line()), at)
	if err != nil {
		return errors.Join(fmt.Errorf("%q: sealing it: %w", p.path, bare(err)), p.file.Truncate(at))
	}
	p.hash.written.Add(int64(n))
	return nil
}
