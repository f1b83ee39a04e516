//go:build !linux

package live

import "net"

// state looks an interface up by the name and number under which it was
// opened. Asking is the only way to learn of it everywhere: libpcap on Linux
// waits in silence for an interface to come back.
func state(name string, index int) State {
	if index == 0 { // "any" has no state of its own
		return Up
	}
	i, err := net.InterfaceByName(name)
	switch {
	case err != nil || i.Index != index:
		return Gone
	case i.Flags&net.FlagUp == 0 || i.Flags&net.FlagRunning == 0:
		return Down
	}
	return Up
}
