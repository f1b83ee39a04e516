// Package outside starts other programs. It is the only one in bothends that may:
// nothing is started but what the user names, on text that bothends has made.
package outside

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
)

// What sh returns of a command that it could not start (POSIX, Shell Command
// Language 2.8.2).
const (
	notExecutable = 126
	notFound      = 127
)

// Page gives text to a pager on the terminal, which is a command with its options,
// and waits for it. It reports whether there is such a command: one that is left
// before the end of the text is no failure.
func Page(pager string, text []byte, environment ...string) bool {
	command := exec.Command("sh", "-c", pager)
	command.Stdin, command.Stdout, command.Stderr = bytes.NewReader(text), os.Stdout, os.Stderr
	command.Env = append(os.Environ(), environment...)
	err := command.Run()
	var failed *exec.ExitError
	if errors.As(err, &failed) {
		return failed.ExitCode() != notFound && failed.ExitCode() != notExecutable
	}
	return err == nil
}
