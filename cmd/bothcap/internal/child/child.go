// Package child runs the command around which a recording is made.
package child

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"

	"bothends/cmd/bothcap/internal/privilege"
)

// Exit statuses of a command that could not be run, as env(1) and sudo(8) have
// them.
const (
	StatusNotExecutable = 126
	StatusNotFound      = 127
	signalled           = 128 // plus the signal's number, as shells have it
)

// A Command is one that runs.
type Command struct {
	cmd  *exec.Cmd
	done chan struct{}
	err  error
}

// Start runs a command with this process's standard streams and no other of its
// descriptors, as user u if that is given. The returned error is an *Error.
func Start(arguments []string, u *privilege.User) (*Command, error) {
	return start(arguments[0], exec.Command(arguments[0], arguments[1:]...), u)
}

func start(name string, cmd *exec.Cmd, u *privilege.User) (*Command, error) {
	c := &Command{cmd: cmd, done: make(chan struct{})}
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	if err := As(cmd, u); err != nil {
		return nil, &Error{Command: name, Err: err}
	}
	if err := cmd.Start(); err != nil {
		return nil, &Error{Command: name, Err: err}
	}
	go func() {
		c.err = cmd.Wait()
		close(c.done)
	}()
	return c, nil
}

// As has a command, which is not started yet, run as user u if that is given, and
// with no descriptors but those that it names.
func As(cmd *exec.Cmd, u *privilege.User) error {
	if u != nil {
		become(cmd, *u)
		cmd.Env = append(cmd.Environ(), "USER="+u.Name, "LOGNAME="+u.Name)
		if u.Home != "" {
			cmd.Env = append(cmd.Env, "HOME="+u.Home)
		}
	}
	// A capturing socket would let the command send forged frames, undo the filter
	// and read what others said.
	return KeepDescriptors()
}

// An Error is why a command did not start.
type Error struct {
	Command string
	Err     error
}

func (e *Error) Error() string {
	reason := e.Err
	var lookup *exec.Error
	var path *fs.PathError
	switch {
	case errors.As(e.Err, &lookup):
		reason = lookup.Err
	case errors.As(e.Err, &path):
		reason = path.Err
	}
	return fmt.Sprintf("cannot run %q: %v", e.Command, reason)
}

func (e *Error) Unwrap() error { return e.Err }

// Status is the exit status that says so.
func (e *Error) Status() int {
	if errors.Is(e.Err, exec.ErrNotFound) || errors.Is(e.Err, fs.ErrNotExist) {
		return StatusNotFound
	}
	return StatusNotExecutable
}

// Done is closed when the command has ended.
func (c *Command) Done() <-chan struct{} { return c.done }

// Status is the exit status of a command that has ended: its own, or 128 and
// the number of the signal that ended it.
func (c *Command) Status() int {
	var exit *exec.ExitError
	switch {
	case c.err == nil:
		return 0
	case errors.As(c.err, &exit):
		return exitStatus(exit.ProcessState)
	}
	return StatusNotExecutable
}

// Signal sends a signal to the command. One that has ended does not mind.
func (c *Command) Signal(s os.Signal) error {
	err := c.cmd.Process.Signal(s)
	if errors.Is(err, os.ErrProcessDone) {
		return nil
	}
	return err
}
