package campaign

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"time"

	"bothends/capture/file"
)

// A Fetch is a command that prints a file, with {} where its name belongs.
type Fetch []string

const fetched = "{}"

// ParseFetch takes a command's words apart, at spaces. No shell reads it, so that
// no name in a manifest can be a command.
func ParseFetch(command string) (Fetch, error) {
	if !strings.Contains(command, fetched) {
		return nil, fmt.Errorf("%q has no %s for the name of the file", command, fetched)
	}
	words := strings.Fields(command)
	if strings.Contains(words[0], fetched) {
		return nil, errors.New("the name of a file cannot be the command")
	}
	return Fetch(words), nil
}

// open opens a capture, by the command if there is one. What is fetched goes
// through a pipe, and is gone once it has been compared. That the command failed
// outweighs what is wrong with what it had printed by then.
func (f Fetch) open(ctx context.Context, paths []string) (*file.Set, error) {
	if len(f) == 0 {
		return file.Open(ctx, paths)
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var running fetches
	set, err := file.OpenWith(ctx, paths, func(path string) (*os.File, error) { return running.start(ctx, f, path) })
	if err != nil {
		// Nobody reads on, which ends most commands; the others are ended.
		defer time.AfterFunc(grace, cancel).Stop()
	}
	if failed := running.wait(); failed != nil && (err == nil || !errors.Is(failed, errStopped)) {
		if set != nil {
			set.Close()
		}
		return nil, failed
	}
	return set, err
}

// grace is for how long a command may go on that nobody reads from, and say by its
// status what was wrong.
const grace = 2 * time.Second

// fetches are the commands that print the files of one capture.
type fetches struct {
	sync.Mutex
	commands []*fetching
}

type fetching struct {
	*exec.Cmd
	path   string
	stderr tail
}

// start returns the end of the pipe to read from.
func (all *fetches) start(ctx context.Context, f Fetch, path string) (*os.File, error) {
	if strings.HasPrefix(path, "-") {
		return nil, fmt.Errorf("%q looks like a flag to %s", path, f[0])
	}
	var words []string
	for _, word := range f {
		words = append(words, strings.ReplaceAll(word, fetched, path))
	}
	r, w, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer w.Close() // the command has it
	one := &fetching{Cmd: exec.CommandContext(ctx, words[0], words[1:]...), path: path}
	one.Stdout, one.Stderr = w, &one.stderr
	if err := one.Start(); err != nil {
		r.Close()
		return nil, fmt.Errorf("fetch: %w", err)
	}
	all.Lock()
	defer all.Unlock()
	all.commands = append(all.commands, one)
	return r, nil
}

// errStopped is wrapped if a command ended because nobody read on.
var errStopped = errors.New("stopped")

// wait waits for all commands and returns the first failure of one.
func (all *fetches) wait() error {
	all.Lock()
	defer all.Unlock()
	var stopped error
	for _, one := range all.commands {
		err := one.Wait()
		var exit *exec.ExitError
		switch {
		case err == nil:
		case errors.Is(err, context.Canceled), errors.As(err, &exit) && exit.ExitCode() < 0: // by us, or by the pipe
			stopped = fmt.Errorf("%s: fetch: %w: %w", one.path, errStopped, err)
		default:
			return fmt.Errorf("%s: fetch: %w%s", one.path, err, one.stderr.lastLine())
		}
	}
	return stopped
}

// A tail keeps the end of what a command complains of.
type tail struct{ kept []byte }

const tailBytes = 1 << 10

func (t *tail) Write(p []byte) (int, error) {
	t.kept = append(t.kept, p[max(0, len(p)-tailBytes):]...)
	t.kept = t.kept[max(0, len(t.kept)-tailBytes):]
	return len(p), nil
}

func (t *tail) lastLine() string {
	lines := bytes.Split(bytes.TrimSpace(t.kept), []byte("\n"))
	if last := lines[len(lines)-1]; len(last) > 0 {
		return ": " + string(last)
	}
	return ""
}
