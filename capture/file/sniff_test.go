package file

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"bothends/capture/internal/readertest"
)

// FuzzOpen holds that any file is either a capture or one line of what is wrong.
func FuzzOpen(f *testing.F) {
	f.Add(classic(1, "abc", 1, 2))
	f.Add([]byte("\x0a\x0d\x0d\x0a"))
	f.Add([]byte("\x1f\x8b\x08\x00"))
	f.Add([]byte("\x28\xb5\x2f\xfd\x04\x58\x21\x00\x00abcd"))
	f.Add([]byte("\x04\x22\x4d\x18\x64\x40\xa7\x00\x00\x00\x00"))
	f.Add([]byte("\x50\x2a\x4d\x18\x00\x00\x00\x00"))
	f.Add([]byte("PK\x03\x04"))
	path := filepath.Join(f.TempDir(), "any")
	f.Fuzz(func(t *testing.T, content []byte) {
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		s, err := Open(context.Background(), []string{path})
		var problem *Error
		if err != nil {
			if !errors.As(err, &problem) || problem.Path != path {
				t.Fatalf("Open: %v, want an *Error on %s", err, path)
			}
			return
		}
		defer s.Close()
		if s.Files()[0].Compression == Plain {
			readertest.Hostile(t, s.Reader(), content)
		} else if _, err := readertest.All(s.Reader()); err != nil {
			t.Fatal(err)
		}
	})
}
