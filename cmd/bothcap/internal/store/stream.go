package store

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"time"

	"bothends/capture/pcapng"
	"bothends/capture/testimony"
)

// A Stream is a recording that goes to another program, with its fingerprint.
type Stream struct {
	out     io.Writer
	options Options // those of sealing
	digest  hash.Hash
	size    int64
	failed  bool // not all of it arrived
	chain   chain
}

// NewStream writes to out. Of the options those of sealing count.
func NewStream(out io.Writer, o Options) *Stream {
	return &Stream{out: out, options: o, digest: sha256.New()}
}

func (s *Stream) Write(b []byte) (int, error) {
	n, err := s.out.Write(b)
	s.digest.Write(b[:n])
	s.size += int64(n)
	s.failed = s.failed || err != nil
	return n, err
}

// Truncate cannot take back what was sent.
func (s *Stream) Truncate(int64) error { return nil }

// Rotate is an error: a stream is one.
func (s *Stream) Rotate() error { return errors.New("a stream has no next file") }

// Seal is one of all that was sent.
func (s *Stream) Seal(bool) (testimony.Seal, bool) {
	if !s.options.Seal || s.failed {
		return testimony.Seal{}, false
	}
	seal := s.chain.place(testimony.Seal{Bytes: s.size, SHA256: s.sum()}, 1)
	s.chain.begin(seal.Value())
	return seal, true
}

// Sealed reports whether the stream is.
func (s *Stream) Sealed() bool { return s.options.Seal }

// Head is the value of the first seal, once there is one.
func (s *Stream) Head() string { return s.chain.head }

// Value is that of the last seal, once Close has returned.
func (s *Stream) Value() string { return s.chain.previous }

// Close sends the last seal, and its signature. What did not arrive is not sealed.
func (s *Stream) Close() error {
	seal, ok := s.Seal(true)
	if !ok || s.size == 0 {
		return nil
	}
	seal.Ends, seal.Last = true, true
	if err := s.note(testimony.Record{Event: testimony.Sealing, Seal: &seal}); err != nil {
		return err
	}
	s.chain.ended(seal)
	if s.options.Sign == nil {
		return nil
	}
	signed, err := s.options.Sign(seal.Statement())
	if err != nil {
		return fmt.Errorf("the stream is sealed, and not signed: %w", err)
	}
	return s.note(testimony.Record{Event: testimony.Signature, Signed: signed})
}

func (s *Stream) note(r testimony.Record) error {
	now := time.Now().UTC()
	r.Time = now
	_, err := s.Write(pcapng.AppendNote(nil, 0, now.UnixNano(), r.Line()))
	return err
}

// Sums is the stream's.
func (s *Stream) Sums() ([]Sum, error) {
	return []Sum{{Path: "-", Size: s.size, SHA256: s.sum()}}, nil
}

func (s *Stream) sum() string { return hex.EncodeToString(s.digest.Sum(nil)) }
