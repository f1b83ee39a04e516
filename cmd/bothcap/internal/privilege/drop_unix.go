//go:build unix

package privilege

import (
	"errors"
	"fmt"
	"os"
	"syscall"
)

// Root reports whether there is anything to drop.
func Root() bool { return os.Geteuid() == 0 }

// Drop becomes u in every thread and for good, and forbids itself to gain
// anything by running another program. It is an error if any of that did not
// work; the caller must not go on then.
//
// The kernel clears all capabilities of a thread whose user ids all cease to be
// root's (capabilities(7)), but those of a [Thread] that asked to keep one.
func Drop(u User) error {
	if !Root() {
		return ForbidGaining()
	}
	if u.UID == 0 {
		return fmt.Errorf("user %q %w", u.Name, ErrRoot)
	}
	// The package syscall reaches all threads: with cgo through the C library,
	// which has to be asked, as it keeps a list of its own.
	if err := syscall.Setgroups(u.Groups); err != nil {
		return fmt.Errorf("giving up groups: %w", err)
	}
	if err := setGroup(u.GID); err != nil {
		return fmt.Errorf("becoming group %d: %w", u.GID, err)
	}
	if err := setUser(u.UID); err != nil {
		return fmt.Errorf("becoming user %q: %w", u.Name, err)
	}
	if err := setUser(0); err == nil {
		return errors.New("root came back for the asking")
	}
	return ForbidGaining()
}
