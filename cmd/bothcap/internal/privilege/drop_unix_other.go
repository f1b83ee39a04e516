//go:build unix && !linux

package privilege

import (
	"errors"
	"os"
	"syscall"
)

func setGroup(id int) error { return syscall.Setgid(id) }
func setUser(id int) error  { return syscall.Setuid(id) }

// ForbidGaining has nothing to do: no_new_privs is Linux's.
func ForbidGaining() error { return nil }

// As runs f with the rights that a user has to files, and none of root's. It is
// for a process that is root and does nothing else meanwhile: these systems know
// users of processes only.
func As(u User, f func() error) error {
	groups, err := os.Getgroups()
	if err != nil {
		return err
	}
	gid := os.Getegid()
	err = errors.Join(syscall.Setgroups(u.Groups), syscall.Setegid(u.GID), syscall.Seteuid(u.UID))
	if err == nil {
		err = f()
	}
	return errors.Join(err, syscall.Seteuid(0), syscall.Setegid(gid), syscall.Setgroups(groups))
}
