package digest

import (
	"bytes"
	"math/rand/v2"
	"strings"
	"testing"
)

func of(t *testing.T, k *Key, at uint32, payload []byte) Digest {
	t.Helper()
	text, ok := strings.CutPrefix(k.Comment(at, payload), Prefix)
	d, parsed := Parse([]byte(text), len(payload))
	if !ok || !parsed {
		t.Fatalf("%q is not read back", text)
	}
	return d
}

// However two taps cut a stream, what did not change agrees; and a changed byte in
// a block that both have whole does not.
func TestStreamsCutDifferentlyAreCompared(t *testing.T) {
	chance := rand.New(rand.NewPCG(1, 2))
	key := &Key{1, 2, 3}
	stream := make([]byte, 3000)
	for i := range stream {
		stream[i] = byte(chance.Uint32())
	}
	missed, seen := 0, 0
	for range 3000 {
		cut := func() (from, to int) {
			from = chance.IntN(len(stream) - 1)
			return from, min(len(stream), from+1+chance.IntN(1500))
		}
		fromA, toA := cut()
		fromB, toB := cut()
		start, end := int64(max(fromA, fromB)), int64(min(toA, toB))
		if start >= end {
			continue
		}
		other := bytes.Clone(stream)
		a, b := of(t, key, uint32(fromA), stream[fromA:toA]), of(t, key, uint32(fromB), other[fromB:toB])
		if !Agree(a, b, int64(fromA), int64(fromB), toA-fromA, toB-fromB, start, end) {
			t.Fatalf("the same bytes %d to %d differ, cut at %d to %d and %d to %d", start, end, fromA, toA, fromB, toB)
		}
		changed := int(start) + chance.IntN(int(end-start))
		other[changed] ^= 1 + byte(chance.IntN(255))
		b = of(t, key, uint32(fromB), other[fromB:toB])
		block := int64(changed / Block * Block)
		whole := block >= start && block+Block <= end
		if agree := Agree(a, b, int64(fromA), int64(fromB), toA-fromA, toB-fromB, start, end); whole {
			seen++
			if agree {
				missed++
			}
		}
	}
	if seen < 500 || missed > 1 { // one in 65,536
		t.Errorf("of %d changes in whole blocks %d were missed", seen, missed)
	}
}

// Equal segments are compared to their last byte, though a short one by few bits.
func TestShortSegmentsAreComparedByFewBits(t *testing.T) {
	key := &Key{9}
	missed := 0
	for i := range 256 {
		a, b := of(t, key, 100, []byte("EHLO a")), of(t, key, 100, []byte{'E', 'H', 'L', 'O', ' ', byte(i)})
		if Agree(a, b, 0, 0, 6, 6, 0, 6) {
			missed++
		}
	}
	// Six bits: of 255 other bytes four pass on average.
	if missed < 2 || missed > 16 {
		t.Errorf("%d of 256 last bytes pass", missed)
	}
	if one, other := key.Comment(0, []byte("secret")), (&Key{8}).Comment(0, []byte("secret")); one == other {
		t.Error("another key gives the same tags")
	}
}

func TestWhatIsNoDigestIsNone(t *testing.T) {
	good := strings.TrimPrefix((&Key{}).Comment(0, make([]byte, 100)), Prefix)
	if _, ok := Parse([]byte(good), 100); !ok {
		t.Fatalf("%q is none", good)
	}
	for _, text := range []string{"", " ", "64", "0 AAAA", "65 AAAAAA", "x AAAAAA", good + "AAAA", good[:len(good)-2], strings.Replace(good, " ", "  ", 1)} {
		if _, ok := Parse([]byte(text), 100); ok {
			t.Errorf("%q is taken for a digest of 100 bytes", text)
		}
	}
	if _, ok := Parse([]byte(good), 200); ok {
		t.Error("the digest of 100 bytes is taken for one of 200")
	}
}
