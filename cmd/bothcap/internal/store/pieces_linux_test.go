package store

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"bothends/capture/pcapng"
)

var _ pcapng.Gatherer = (*Files)(nil)

func TestPiecesAreWrittenAsOne(t *testing.T) {
	path := filepath.Join(t.TempDir(), "client.pcapng")
	f, err := Create(path, Options{})
	check(t, err)
	n, err := f.WritePieces([][]byte{[]byte("one, "), nil, []byte("two, "), []byte("three")})
	if n != len("one, two, three") || err != nil {
		t.Errorf("%d bytes, %v", n, err)
	}
	check(t, f.Close())
	if text, _ := os.ReadFile(path); string(text) != "one, two, three" {
		t.Errorf("got %q", text)
	}
}

// A disk that fills up in the middle of them is a test of bothcap itself.
func TestPiecesForWhichThereIsNoRoom(t *testing.T) {
	f, err := Create(filepath.Join(t.TempDir(), "client.pcapng"), Options{})
	check(t, err)
	f.current.file.Close()
	if f.current.file, err = os.OpenFile("/dev/full", os.O_WRONLY, 0); err != nil {
		t.Skip(err)
	}
	if n, err := f.WritePieces([][]byte{[]byte("one"), []byte("two")}); n != 0 || !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("%d bytes, %v", n, err)
	}
}
