package replay

import (
	"bytes"
	"testing"
)

// A lost segment is held for seconds, and what shares a block with it as long.
func TestAHeldPayloadPinsLittleBesideItself(t *testing.T) {
	var arena, first, second []byte
	large, small := bytes.Repeat([]byte("x"), aloneLen), []byte("small")
	arena, first = stow(arena, large)
	if len(arena) > 0 || !bytes.Equal(first, large) || cap(first) > 2*aloneLen {
		t.Errorf("a payload of %d bytes takes %d of the arena and a block of %d", aloneLen, len(arena), cap(first))
	}
	arena, first = stow(arena, small)
	arena, second = stow(arena, small)
	if cap(arena) > 8<<10 || len(arena) != 2*len(small) || cap(first) != len(small) || !bytes.Equal(second, small) {
		t.Errorf("small payloads share a block of %d bytes, filled to %d", cap(arena), len(arena))
	}
	if _, none := stow(arena, nil); none != nil {
		t.Error("no payload is something")
	}
}
