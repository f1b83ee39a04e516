package campaign

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"time"

	"bothends/capture/file"
	"bothends/cmd/bothends/internal/outside"
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
	if failed := running.wait(); failed != nil && (err == nil || !errors.Is(failed, outside.ErrStopped)) {
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
	running []fetching
}

type fetching struct {
	*outside.Printing
	path string
}

// start returns what to read from.
func (all *fetches) start(ctx context.Context, f Fetch, path string) (*os.File, error) {
	if strings.HasPrefix(path, "-") {
		return nil, fmt.Errorf("%q looks like a flag to %s", path, f[0])
	}
	var words []string
	for _, word := range f {
		words = append(words, strings.ReplaceAll(word, fetched, path))
	}
	p, err := outside.Print(ctx, words)
	if err != nil {
		return nil, fmt.Errorf("fetch: %w", err)
	}
	all.Lock()
	defer all.Unlock()
	all.running = append(all.running, fetching{p, path})
	return p.Output, nil
}

// wait waits for all commands and returns the first failure of one, or else that
// one was stopped.
func (all *fetches) wait() (stopped error) {
	all.Lock()
	defer all.Unlock()
	for _, one := range all.running {
		err := one.Wait()
		if err != nil {
			err = fmt.Errorf("%s: fetch: %w", one.path, err)
		}
		if err != nil && !errors.Is(err, outside.ErrStopped) {
			return err
		}
		stopped = errors.Join(stopped, err)
	}
	return stopped
}
