package file

import (
	"context"
	"crypto/sha256"
	"errors"
	"hash"
	"io"
	"os"
)

// A Digest is the SHA-256 of one file of a set, of its bytes as given: what
// `sha256sum` prints of it. Not known of a compressed stream that came through a
// pipe, or if the file was replaced since it was opened.
type Digest struct {
	Sum   [sha256.Size]byte
	Known bool
}

// Digests reads the files of the set through, in the set's order. Of a file that
// grew since it was opened, only what the set's readers see is summed. The error
// is the operating system's, that a set was closed meanwhile among them, or that of ctx.
func (s *Set) Digests(ctx context.Context) ([]Digest, error) {
	digests := make([]Digest, len(s.members))
	for i, m := range s.members {
		err := m.asGiven(func(given io.Reader) error {
			sum := sha256.New()
			if err := copyUntil(ctx, sum, given); err != nil {
				return err
			}
			digests[i].Known = true
			sum.Sum(digests[i].Sum[:0])
			return nil
		})
		switch {
		case ctx.Err() != nil:
			return nil, ctx.Err()
		case err != nil:
			return nil, osError(m.path, err)
		}
	}
	return digests, nil
}

// asGiven calls use with the bytes that the path stood for when the set was
// opened, or not at all if they cannot be had again.
func (m *member) asGiven(use func(io.Reader) error) error {
	switch {
	case m.spool == nil, m.compression == Plain:
		return use(io.NewSectionReader(m.content, m.base, m.length))
	case m.path == Stdin:
		return nil
	}
	packed, err := os.Open(m.path)
	if err != nil {
		return nil // gone since; there is nothing left to sum
	}
	defer packed.Close()
	now, err := packed.Stat()
	if err != nil || !now.Mode().IsRegular() || !os.SameFile(now, m.identity) || now.Size() != m.size {
		return nil
	}
	return use(packed)
}

// copyUntil copies until the end of from or of ctx.
func copyUntil(ctx context.Context, to hash.Hash, from io.Reader) error {
	buffer := make([]byte, copyBuffer)
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		n, err := from.Read(buffer)
		to.Write(buffer[:n]) // a hash does not fail
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}
