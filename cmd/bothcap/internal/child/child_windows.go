package child

import (
	"os"
	"os/exec"

	"bothends/cmd/bothcap/internal/privilege"
)

func become(*exec.Cmd, privilege.User) {}

// detach has nothing to do: a program is only asked by what it is given.
func detach(*exec.Cmd) {}

func exitStatus(state *os.ProcessState) int { return state.ExitCode() }

// FromKeyboard is true: Windows has no other way to interrupt.
func FromKeyboard() bool { return true }

// KeepDescriptors has nothing to do: Windows passes on what it is told to, and
// Go tells it of the standard streams.
func KeepDescriptors() error { return nil }
