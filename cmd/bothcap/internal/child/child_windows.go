package child

import (
	"os"
	"os/exec"

	"bothends/cmd/bothcap/internal/privilege"
)

func become(*exec.Cmd, privilege.User) {}

func exitStatus(state *os.ProcessState) int { return state.ExitCode() }

// FromKeyboard is true: Windows has no other way to interrupt.
func FromKeyboard() bool { return true }
