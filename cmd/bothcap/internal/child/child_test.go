//go:build unix

package child

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"bothends/cmd/bothcap/internal/privilege"
)

func TestTheStatusIsTheCommands(t *testing.T) {
	for _, test := range []struct {
		name, script string
		signal       os.Signal
		want         int
	}{
		{"success", "exit 0", nil, 0},
		{"failure", "exit 3", nil, 3},
		{"killed by itself", "kill -KILL $$", nil, 128 + 9},
		{"terminated by us", "exec sleep 60", syscall.SIGTERM, 128 + 15},
		{"a signal that it handles", "trap 'exit 7' TERM; kill -TERM $$; sleep 1", nil, 7},
	} {
		t.Run(test.name, func(t *testing.T) {
			c, err := Start([]string{"sh", "-c", test.script}, nil)
			if err != nil {
				t.Fatal(err)
			}
			if test.signal != nil {
				if err := c.Signal(test.signal); err != nil {
					t.Fatal(err)
				}
			}
			<-c.Done()
			if got := c.Status(); got != test.want {
				t.Errorf("got %d, want %d", got, test.want)
			}
			if err := c.Signal(syscall.SIGTERM); err != nil {
				t.Errorf("signalling a command that has ended: %v", err)
			}
		})
	}
}

func TestACommandThatCannotRunHasTheStatusOfEnv(t *testing.T) {
	plain := filepath.Join(t.TempDir(), "plain")
	if err := os.WriteFile(plain, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for command, want := range map[string]int{
		"bothends-no-such-command": 127, plain + ".missing": 127, plain: 126, filepath.Dir(plain): 126,
	} {
		_, err := Start([]string{command}, nil)
		var failed *Error
		if !errors.As(err, &failed) || failed.Status() != want {
			t.Errorf("%s: got %v, want status %d", command, err, want)
		}
	}
}

func TestTheCommandRunsAsTheUser(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("needs root")
	}
	dir := t.TempDir()
	out := filepath.Join(dir, "out")
	// The user must be able to write there.
	for d := dir; d != "/tmp" && d != "/"; d = filepath.Dir(d) {
		os.Chmod(d, 0o777)
	}
	u := privilege.User{Name: "someone", UID: 12345, GID: 54321, Groups: []int{777}, Home: "/nowhere"}
	c, err := Start([]string{"sh", "-c", `echo $(id -u) $(id -G) $HOME $USER > "$0"`, out}, &u)
	if err != nil {
		t.Fatal(err)
	}
	<-c.Done()
	text, err := os.ReadFile(out)
	if err != nil || strings.TrimSpace(string(text)) != "12345 54321 777 /nowhere someone" {
		t.Errorf("got %q, %v", text, err)
	}
}
