package child

import (
	"io"
	"os/exec"

	"bothends/cmd/bothcap/internal/privilege"
)

// A Held command is one that has its user and its streams, and waits to begin: who
// starts it may give up its privilege meanwhile.
type Held struct {
	*Command
	gate io.Closer
	open func() error
}

// Hold prepares a command as [Start] does. One that is not found is an error at once;
// of one that cannot be executed its status tells.
func Hold(arguments []string, u *privilege.User) (*Held, error) {
	if err := Find(arguments[0]); err != nil {
		return nil, err
	}
	return hold(arguments, u)
}

// Begin lets the command run.
func (h *Held) Begin() error { return h.open() }

// Cancel has a command that has not begun end without having run. Once it has begun
// nothing happens.
func (h *Held) Cancel() { h.gate.Close() }

// Find says of a command that is not there so, as an [*Error].
func Find(command string) error {
	if _, err := exec.LookPath(command); err != nil {
		return &Error{Command: command, Err: err}
	}
	return nil
}
