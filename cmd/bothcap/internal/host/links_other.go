//go:build !linux

package host

import (
	"net"
	"time"
)

// Links are the interfaces of this host. How they depend on each other is only
// known on Linux.
func Links() ([]Link, error) {
	list, err := net.Interfaces()
	if err != nil {
		return nil, err
	}
	var links []Link
	for _, i := range list {
		addresses, _ := i.Addrs()
		links = append(links, Link{
			Name: i.Name, Index: i.Index, Loopback: i.Flags&net.FlagLoopback != 0, Addressed: len(addresses) > 0,
			Up: i.Flags&net.FlagUp != 0 && i.Flags&net.FlagRunning != 0,
		})
	}
	return links, nil
}

// A LinkWatch tells when it is time to look at the interfaces again.
type LinkWatch struct{ next time.Time }

// lookInterval is how often, where the system does not tell of changes.
const lookInterval = 2 * time.Second

// WatchLinks begins to watch.
func WatchLinks() (*LinkWatch, error) { return &LinkWatch{time.Now().Add(lookInterval)}, nil }

// Changed reports whether anything may have changed since it was last asked.
func (w *LinkWatch) Changed() bool {
	if time.Now().Before(w.next) {
		return false
	}
	w.next = time.Now().Add(lookInterval)
	return true
}
