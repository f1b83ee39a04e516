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

// fill copies a stream into the spool. An error of the stream itself, which
// leaves a usable beginning, is the first result; all else is the second.
func (s *spool) fill(ctx context.Context, from *source, stream io.Reader, packed bool) (streamErr, err error) {
	buffer := make([]byte, copyBuffer)
	for {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		n, readErr := stream.Read(buffer)
		if _, err := s.file.Write(buffer[:n]); err != nil {
			return nil, fmt.Errorf("%w: %w", ErrNoSpace, withoutPath(err))
		}
		s.size += int64(n)
		if packed && s.size > s.free && s.size/maxExpansion > from.read {
			return nil, fmt.Errorf("%w: %d bytes from %d", ErrExpansion, s.size, from.read)
		}
		switch {
		case from.err != nil:
			return nil, from.err
		case readErr == io.EOF:
			return nil, nil
		case readErr != nil:
			return readErr, nil
		}
	}
}

func withoutPath(err error) error {
	var cause *os.PathError
	if errors.As(err, &cause) {
		return cause.Err
	}
	return err
}
