//go:build unix

package file

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

func TestANamedPipeIsReadOnce(t *testing.T) {
	plain := classic(1, "abc", 1, 2)
	for name, content := range map[string][]byte{"plain": plain, "gzip": packers[Gzip](t, plain)} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "fifo")
			if err := syscall.Mkfifo(path, 0o600); err != nil {
				t.Skipf("mkfifo: %v", err)
			}
			go os.WriteFile(path, content, 0)
			s := open(t, path)
			for range 2 {
				if packets, _ := readThrough(t, s); len(packets) != 2 {
					t.Errorf("%d packets, want 2", len(packets))
				}
			}
		})
	}
}

func TestInterruptingANamedPipeThatNobodyWrites(t *testing.T) {
	path := filepath.Join(t.TempDir(), "fifo")
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Skipf("mkfifo: %v", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		if _, err := Open(ctx, []string{path}); !errors.Is(err, context.Canceled) {
			t.Errorf("Open: %v, want %v", err, context.Canceled)
		}
	}()
	cancel()
	waitFor(t, "Open to return", done)
	// Wakes what was left waiting; to open for both does not wait, and makes no file.
	if f, err := os.OpenFile(path, os.O_RDWR, 0); err == nil {
		f.Close()
	}
}

func TestACaptureThatMayNotBeReadSaysSo(t *testing.T) {
	if os.Geteuid() == 0 {
		t.Skip("root may read everything")
	}
	path := write(t, "secret", classic(1, "x", 1))
	if err := os.Chmod(path, 0); err != nil {
		t.Fatal(err)
	}
	_, err := Open(context.Background(), []string{path})
	var problem *Error
	if !errors.As(err, &problem) || err.Error() != path+": permission denied" || problem.Hint == "" {
		t.Errorf("Open: %v, want permission denied and a hint", err)
	}
}
