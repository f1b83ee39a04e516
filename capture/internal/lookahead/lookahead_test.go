package lookahead

import (
	"bytes"
	"errors"
	"io"
	"testing"
	"testing/iotest"
)

// pattern has no period that a buffer's size could hide.
func pattern(n int) []byte {
	b := make([]byte, n)
	state := uint32(1)
	for i := range b {
		state = state*1664525 + 1013904223
		b[i] = byte(state >> 24)
	}
	return b
}

func TestFillAndAdvanceYieldTheStreamInOrderWhateverTheSourceReturns(t *testing.T) {
	want := pattern(3*bufferSize + 17)
	sources := map[string]func(io.Reader) io.Reader{
		"whole":           func(r io.Reader) io.Reader { return r },
		"halves":          iotest.HalfReader,
		"error with data": iotest.DataErrReader,
	}
	for name, wrap := range sources {
		t.Run(name, func(t *testing.T) {
			r := NewReader(wrap(bytes.NewReader(want)))
			var got []byte
			for step := 1; ; step = step*7%70001 + 1 {
				if r.Offset != int64(len(got)) {
					t.Fatalf("offset %d after %d bytes", r.Offset, len(got))
				}
				err := r.Fill(step)
				n := min(step, len(r.Rest))
				got = append(got, r.Rest[:n]...)
				r.Advance(n)
				if err == io.EOF && len(r.Rest) == 0 {
					break
				}
			}
			if !bytes.Equal(got, want) {
				t.Fatalf("read %d bytes that differ from the %d written", len(got), len(want))
			}
		})
	}
}

func TestSkipEndsWhereTheStreamDoes(t *testing.T) {
	r := NewReader(bytes.NewReader(pattern(2*bufferSize + 5)))
	if err := r.Skip(2 * bufferSize); err != nil || r.Offset != 2*bufferSize {
		t.Fatalf("Skip: %v, offset %d", err, r.Offset)
	}
	if err := r.Skip(6); err != io.EOF || r.Offset != 2*bufferSize+5 {
		t.Fatalf("Skip over the end: %v, offset %d", err, r.Offset)
	}
}

func TestFillForMoreThanTheStreamHoldsAllocatesOnlyForWhatItHolds(t *testing.T) {
	const claimed = 1 << 30
	r := NewReader(bytes.NewReader(pattern(bufferSize + 1)))
	if err := r.Fill(claimed); err != io.EOF {
		t.Fatalf("Fill: %v, want io.EOF", err)
	}
	if len(r.Rest) != bufferSize+1 {
		t.Fatalf("%d bytes are left, want %d", len(r.Rest), bufferSize+1)
	}
	if len(r.buffer) > 2*bufferSize {
		t.Fatalf("the buffer grew to %d for a stream of %d bytes", len(r.buffer), bufferSize+1)
	}
}

func TestAnErrorOfTheSourceComesAfterItsBytesAndStays(t *testing.T) {
	broken := errors.New("disk on fire")
	r := NewReader(io.MultiReader(bytes.NewReader([]byte("abc")), iotest.ErrReader(broken)))
	for range 2 {
		if err := r.Fill(4); err != broken {
			t.Fatalf("Fill: %v, want %v", err, broken)
		}
		if string(r.Rest) != "abc" {
			t.Fatalf("%q is left, want abc", r.Rest)
		}
	}
}

type silent struct{}

func (silent) Read([]byte) (int, error) { return 0, nil }

func TestASourceThatReturnsNothingForEverIsAnError(t *testing.T) {
	if err := NewReader(silent{}).Fill(1); err != io.ErrNoProgress {
		t.Fatalf("Fill: %v, want %v", err, io.ErrNoProgress)
	}
}
