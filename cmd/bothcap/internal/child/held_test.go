//go:build unix

package child

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"
)

func TestAHeldCommandRunsOnlyOnceItMay(t *testing.T) {
	mark := filepath.Join(t.TempDir(), "it's a mark")
	for _, begin := range []bool{true, false} {
		h, err := Hold([]string{"sh", "-c", `: >"$0"; exit 7`, mark}, nil)
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(50 * time.Millisecond)
		if _, err := os.Stat(mark); err == nil {
			t.Fatal("it ran before it might")
		}
		want := 7
		if begin {
			if err := h.Begin(); err != nil {
				t.Fatal(err)
			}
		} else {
			h.Cancel()
			want = 125
		}
		<-h.Done()
		if h.Status() != want {
			t.Errorf("begun: %v: status %d, want %d", begin, h.Status(), want)
		}
		if _, err := os.Stat(mark); (err == nil) != begin {
			t.Errorf("begun: %v: %v", begin, err)
		}
		os.Remove(mark)
	}
	var missing *Error
	if _, err := Hold([]string{"bothends-no-such-command"}, nil); !errors.As(err, &missing) || missing.Status() != StatusNotFound {
		t.Errorf("a command that is not there: %v", err)
	}
}
