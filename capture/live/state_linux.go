package live

import (
	"errors"

	"golang.org/x/sys/unix"
)

// state looks an interface up by the name and number under which it was
// opened. Asking is the only way to learn of it: libpcap waits in silence for an
// interface to come back. The package net would ask for all interfaces and their
// addresses, and each quiet interface is asked for ten times a second.
func state(name string, index int) State {
	if index == 0 { // "any" has no state of its own
		return Up
	}
	socket, err := unix.Socket(unix.AF_UNIX, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return Up // nothing was learned
	}
	defer unix.Close(socket)
	request, err := unix.NewIfreq(name)
	if err != nil {
		return Gone
	}
	if err := unix.IoctlIfreq(socket, unix.SIOCGIFINDEX, request); err != nil {
		if errors.Is(err, unix.ENODEV) {
			return Gone
		}
		return Up
	}
	if int(request.Uint32()) != index {
		return Gone
	}
	switch err := unix.IoctlIfreq(socket, unix.SIOCGIFFLAGS, request); {
	case errors.Is(err, unix.ENODEV):
		return Gone
	case err == nil && request.Uint16()&unix.IFF_UP == 0, err == nil && request.Uint16()&unix.IFF_RUNNING == 0:
		return Down
	}
	return Up
}
