package file

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
	"github.com/pierrec/lz4/v4"

	"bothends/capture"
)

const hintTemporary = "set TMPDIR to a directory with room for the unpacked capture"

// Buffers for looking at a file's beginning and for copying a stream.
const (
	readBuffer = 64 << 10
	copyBuffer = 1 << 20
)

// A compressed file may unpack to freeExpansion bytes in any case, and to
// maxExpansion times its size beyond that. Captures shrink to between a half and
// a fiftieth; a gzip bomb reaches 1032, zstd and lz4 bombs more and less. What is
// refused can still be unpacked by hand.
const (
	freeExpansion = 1 << 30
	maxExpansion  = 200
)

// maxZstdWindow is what the zstd program accepts without being told otherwise
// (ZSTD_WINDOWLOG_LIMIT_DEFAULT, 27).
const maxZstdWindow = 128 << 20

// A source counts what is read from a file and remembers what the operating
// system said, so that its errors can be told from those of the decompressor.
type source struct {
	input io.Reader
	read  int64
	err   error
}

func (s *source) Read(p []byte) (int, error) {
	n, err := s.input.Read(p)
	s.read += int64(n)
	if err != nil && err != io.EOF {
		s.err = err
	}
	return n, err
}

// decompress returns the unpacked stream and what to call when it is done with.
func decompress(c Compression, packed io.Reader) (io.Reader, func(), error) {
	nothing := func() {}
	switch c {
	case Gzip:
		r, err := gzip.NewReader(packed)
		return r, nothing, err
	case Zstd:
		// One goroutine: with more, what precedes an error can be lost.
		r, err := zstd.NewReader(packed, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(maxZstdWindow))
		if err != nil {
			return nil, nothing, err
		}
		return r, r.Close, nil
	case LZ4:
		return lz4.NewReader(packed), nothing, nil
	}
	return packed, nothing, nil
}

// streamEnd says what the end of a broken compressed stream means for the
// capture in it, of which size bytes came out.
func streamEnd(c Compression, size int64, err error) capture.End {
	kind := capture.Damaged
	if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) {
		kind = capture.Truncated
	}
	return capture.End{Kind: kind, Offset: size, Reason: fmt.Sprintf("the %s stream breaks off there: %v", c, err)}
}

// A spool is a temporary file.
type spool struct {
	file *os.File
	size int64
	free int64  // how much of it needs no proportion to its source
	name string // if it could not be removed yet
}

// A naming is held while a spool has a name. The program may end at any moment once
// it has given up on an input, and would leave a spool behind that has one.
type naming struct{ sync.Mutex }

// newSpool makes a spool, unless ctx has ended.
func (n *naming) newSpool(ctx context.Context) (*spool, error) {
	n.Lock()
	defer n.Unlock()
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	f, err := os.CreateTemp("", "bothends-*.spool")
	if err != nil {
		return nil, err
	}
	s := &spool{file: f, free: freeExpansion}
	if os.Remove(f.Name()) != nil { // Windows keeps the name of an open file
		s.name = f.Name()
	}
	return s, nil
}

func (s *spool) close() error {
	err := s.file.Close()
	if s.name != "" {
		err = errors.Join(err, os.Remove(s.name))
	}
	return err
}

// A piece of an unpacked stream, and what was known after it.
type piece struct {
	bytes     []byte
	err       error // of the stream
	sourceErr error // of what it comes from
	read      int64 // of the source
}

// piecesAhead is how many pieces a stream is unpacked ahead of what is written.
const piecesAhead = 2

// unpackAhead reads a stream in a goroutine of its own, so that unpacking does not wait
// for the disk, until it ends or done is closed. It gives used pieces back.
func unpackAhead(from *source, stream io.Reader, done <-chan struct{}) (pieces <-chan *piece, used chan<- *piece) {
	ready, free := make(chan *piece, piecesAhead), make(chan *piece, piecesAhead+1)
	for range cap(free) {
		free <- &piece{bytes: make([]byte, 0, copyBuffer)}
	}
	go func() {
		defer close(ready)
		for {
			var p *piece
			select {
			case p = <-free:
			case <-done:
				return
			}
			n, err := 0, error(nil)
			for n < copyBuffer/2 && err == nil { // decompressors give less at a time
				var more int
				more, err = stream.Read(p.bytes[n:copyBuffer])
				n += more
			}
			p.bytes, p.err, p.sourceErr, p.read = p.bytes[:n], err, from.err, from.read
			select {
			case ready <- p:
			case <-done:
				return
			}
			if err != nil || p.sourceErr != nil {
				return
			}
		}
	}()
	return ready, free
}

// fill copies a stream into the spool. An error of the stream itself, which
// leaves a usable beginning, is the first result; all else is the second.
func (s *spool) fill(ctx context.Context, from *source, stream io.Reader, packed bool) (streamErr, err error) {
	done := make(chan struct{})
	pieces, used := unpackAhead(from, stream, done)
	defer func() { // nothing reads the stream any more once this has returned
		close(done)
		for range pieces {
		}
	}()
	for {
		var p *piece
		select {
		case p = <-pieces:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
		if _, err := s.file.Write(p.bytes); err != nil {
			return nil, fmt.Errorf("%w: %w", ErrNoSpace, withoutPath(err))
		}
		s.size += int64(len(p.bytes))
		if packed && s.size > s.free && s.size/maxExpansion > p.read {
			return nil, fmt.Errorf("%w: %d bytes from %d", ErrExpansion, s.size, p.read)
		}
		switch {
		case p.sourceErr != nil:
			return nil, p.sourceErr
		case p.err == io.EOF:
			return nil, nil
		case p.err != nil:
			return p.err, nil
		}
		used <- p
	}
}

func withoutPath(err error) error {
	var cause *os.PathError
	if errors.As(err, &cause) {
		return cause.Err
	}
	return err
}
