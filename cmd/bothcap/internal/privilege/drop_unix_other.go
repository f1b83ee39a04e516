//go:build unix && !linux

package privilege

import "syscall"

func setGroup(id int) error { return syscall.Setgid(id) }
func setUser(id int) error  { return syscall.Setuid(id) }

// forbidGaining has nothing to do: no_new_privs is Linux's.
func forbidGaining() error { return nil }
