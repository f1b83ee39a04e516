//go:build unix

package campaign

import (
	"os"

	"golang.org/x/sys/unix"
)

// lock keeps two campaigns from writing to one file, as happens when a machine
// that was given up for lost goes on. It ends with the process.
func lock(f *os.File) error { return unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB) }
