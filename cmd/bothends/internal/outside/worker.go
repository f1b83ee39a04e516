package outside

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
)

// Itself is the path of this program, to start it again.
func Itself() (string, error) {
	path, err := os.Executable()
	if err != nil { // without /proc
		path, err = exec.LookPath(os.Args[0])
	}
	return path, err
}

// A Worker is this program once more, which takes orders and hands back work.
type Worker struct {
	Orders  io.WriteCloser
	Work    io.Reader
	command *exec.Cmd
	stderr  tail
}

// StartWorker starts it. It is ended when ctx is.
func StartWorker(ctx context.Context, words []string) (*Worker, error) {
	w := &Worker{command: exec.CommandContext(ctx, words[0], words[1:]...)}
	w.command.Args[0] = os.Args[0]
	w.command.Stderr = &w.stderr
	var err error
	if w.Work, err = w.command.StdoutPipe(); err != nil {
		return nil, err
	}
	if w.Orders, err = w.command.StdinPipe(); err != nil {
		return nil, err
	}
	return w, w.command.Start()
}

// Stop lets it end, and says if it ended badly, with the last line of what it
// complained of.
func (w *Worker) Stop() error {
	w.Orders.Close()
	io.Copy(io.Discard, w.Work)
	if err := w.command.Wait(); err != nil {
		return fmt.Errorf("%w%s", err, w.stderr.lastLine())
	}
	return nil
}
