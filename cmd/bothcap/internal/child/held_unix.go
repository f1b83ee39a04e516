//go:build unix

package child

import (
	"os"
	"os/exec"

	"bothends/cmd/bothcap/internal/privilege"
)

// waiting is a shell that becomes the command when a line comes through the pipe,
// and ends if none will.
const waiting = `read -r begin <&3 || exit 125; exec "$@" 3<&-`

func hold(arguments []string, u *privilege.User) (*Held, error) {
	behind, gate, err := os.Pipe()
	if err != nil {
		return nil, &Error{Command: arguments[0], Err: err}
	}
	defer behind.Close()
	cmd := exec.Command("/bin/sh", append([]string{"-c", waiting, "bothcap"}, arguments...)...)
	cmd.ExtraFiles = []*os.File{behind}
	c, err := start(arguments[0], cmd, u)
	if err != nil {
		gate.Close()
		return nil, err
	}
	return &Held{Command: c, gate: gate, open: func() error {
		_, err := gate.WriteString("begin\n")
		gate.Close()
		return err
	}}, nil
}
