package outside

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
)

// A Printing is a command that prints a file, which is read from its Output.
type Printing struct {
	Output  *os.File
	command *exec.Cmd
	stderr  tail
}

// Print starts a command, without a shell. It is ended when ctx is.
func Print(ctx context.Context, words []string) (*Printing, error) {
	r, w, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer w.Close() // the command has it
	p := &Printing{Output: r, command: exec.CommandContext(ctx, words[0], words[1:]...)}
	p.command.Stdout, p.command.Stderr = w, &p.stderr
	if err := p.command.Start(); err != nil {
		r.Close()
		return nil, err
	}
	return p, nil
}

// ErrStopped is wrapped if a command ended because nobody read on, or because it
// was to.
var ErrStopped = errors.New("stopped")

// Wait waits for the command and says how it failed, with the last line of what it
// complained of.
func (p *Printing) Wait() error {
	err := p.command.Wait()
	var exit *exec.ExitError
	switch {
	case err == nil:
		return nil
	case errors.Is(err, context.Canceled), errors.As(err, &exit) && exit.ExitCode() < 0: // by us, or by the pipe
		return fmt.Errorf("%w: %w", ErrStopped, err)
	}
	return fmt.Errorf("%w%s", err, p.stderr.lastLine())
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
