package file

import (
	"context"
	"errors"
	"io"
	"os"
	"testing"

	"bothends/capture"
)

func TestStandardInputAndPipesAreReadOnce(t *testing.T) {
	plain := classic(1, "abc", 1, 2)
	gz := packers[Gzip](t, plain)
	for name, content := range map[string][]byte{"plain": plain, "gzip": gz} {
		t.Run("a pipe to standard input, "+name, func(t *testing.T) {
			r, w, err := os.Pipe()
			if err != nil {
				t.Fatal(err)
			}
			swapStdin(t, r)
			go func() { w.Write(content); w.Close() }()
			s := open(t, Stdin)
			for range 2 {
				packets, reader := readThrough(t, s)
				if about := reader.Files()[0]; len(packets) != 2 || about.Size != int64(len(content)) || about.End.Kind != capture.Complete {
					t.Errorf("%d packets, %+v; want 2 of %d bytes, complete", len(packets), about, len(content))
				}
			}
		})
	}
	t.Run("a file as standard input, from where it stands", func(t *testing.T) {
		f, err := os.Open(write(t, "f", append([]byte("skipped"), plain...)))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.Seek(7, io.SeekStart); err != nil {
			t.Fatal(err)
		}
		swapStdin(t, f)
		if packets, r := readThrough(t, open(t, Stdin)); len(packets) != 2 || packets[0].Offset != 24 || r.Files()[0].Growing {
			t.Errorf("%d packets, %+v", len(packets), r.Files()[0])
		}
	})
	t.Run("nothing on standard input", func(t *testing.T) {
		r, w, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		w.Close()
		swapStdin(t, r)
		_, err = Open(context.Background(), []string{Stdin})
		if want := "standard input: is empty"; err == nil || err.Error() != want {
			t.Errorf("Open: %v, want %s", err, want)
		}
	})
	t.Run("standard input twice", func(t *testing.T) {
		r, w, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		go func() { w.Write(plain); w.Close() }()
		swapStdin(t, r)
		if _, err := Open(context.Background(), []string{Stdin, Stdin}); !errors.Is(err, ErrTwice) {
			t.Errorf("Open: %v, want %v", err, ErrTwice)
		}
	})
}

func swapStdin(t *testing.T, f *os.File) {
	t.Helper()
	old := os.Stdin
	os.Stdin = f
	t.Cleanup(func() { os.Stdin = old; f.Close() })
}

func TestInterruptingAPipeThatSaysNothing(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	swapStdin(t, r)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		if _, err := Open(ctx, []string{Stdin}); !errors.Is(err, context.Canceled) {
			t.Errorf("Open: %v, want %v", err, context.Canceled)
		}
	}()
	cancel()
	waitFor(t, "Open to return", done)
}
