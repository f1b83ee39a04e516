package child

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"

	"bothends/cmd/bothcap/internal/privilege"
)

// A Filter is a program that waits for one text on its standard input and then
// answers on its standard output. It has no terminal, so that neither a question nor
// a Ctrl-C reaches it.
type Filter struct {
	cmd            *exec.Cmd
	in             io.WriteCloser
	answer, excuse bytes.Buffer
}

// StartFilter starts one as [Start] does. It may be started with privilege that is
// gone when it gets to work.
func StartFilter(arguments []string, u *privilege.User) (*Filter, error) {
	f := &Filter{cmd: exec.Command(arguments[0], arguments[1:]...)}
	f.cmd.Env = os.Environ()
	if u != nil {
		become(f.cmd, *u)
		f.cmd.Env = append(f.cmd.Env, "USER="+u.Name, "LOGNAME="+u.Name, "HOME="+u.Home)
	}
	detach(f.cmd)
	f.cmd.Stdout, f.cmd.Stderr = &f.answer, &f.excuse
	var err error
	if f.in, err = f.cmd.StdinPipe(); err != nil {
		return nil, &Error{Command: arguments[0], Err: err}
	}
	if err := KeepDescriptors(); err != nil {
		return nil, &Error{Command: arguments[0], Err: err}
	}
	if err := f.cmd.Start(); err != nil {
		return nil, &Error{Command: arguments[0], Err: err}
	}
	return f, nil
}

// Feed gives it its text and returns its answer. It is called once.
func (f *Filter) Feed(text string) (string, error) {
	_, fed := io.WriteString(f.in, text)
	f.in.Close()
	if err := f.cmd.Wait(); err != nil {
		said, _, _ := strings.Cut(strings.TrimSpace(f.excuse.String()), "\n")
		return "", fmt.Errorf("%s: %w: %q", f.cmd.Args[0], err, said)
	}
	if fed != nil {
		return "", fmt.Errorf("%s: %w", f.cmd.Args[0], fed)
	}
	return f.answer.String(), nil
}

// Dismiss ends it without a text.
func (f *Filter) Dismiss() {
	f.in.Close()
	_ = f.cmd.Process.Kill()
	_ = f.cmd.Wait()
}
