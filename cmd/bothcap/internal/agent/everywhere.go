package agent

import (
	"errors"
	"slices"
	"time"

	"bothends/capture/live"
)

// MaxTaps is how many interfaces are recorded at a time, if all are. Each costs a
// ring in the kernel.
const MaxTaps = 16

// followInterval is how often it is asked whether interfaces have changed.
const followInterval = 50 * time.Millisecond

// openTaps opens the interfaces to begin with. Where all are meant, those of which
// libpcap or the filter cannot make anything are named and left out; that one
// cannot be opened at all for lack of permission is an error, as it would be for
// all.
func (a *Agent) openTaps() error {
	var failed error
	for _, name := range a.config.Interfaces {
		t, err := a.openTap(name)
		switch {
		case err == nil:
			a.taps = append(a.taps, t)
		case !a.config.Everywhere || errors.Is(err, live.ErrPermission):
			return err
		default:
			failed = err
			a.config.Say("not recorded: %v", err)
		}
	}
	if len(a.taps) == 0 {
		return failed
	}
	return nil
}

// follow opens the interfaces that appear until the recording is to end.
func (a *Agent) follow(begin func(*tap)) {
	ticker := time.NewTicker(followInterval)
	defer ticker.Stop()
	known := map[string]bool{} // those that could not be opened, too
	for _, name := range a.config.Interfaces {
		known[name] = true
	}
	for {
		select {
		case <-a.stopped:
			return
		case <-ticker.C:
		}
		if !a.config.Host.UplinksChanged() {
			continue
		}
		names, err := a.config.Host.Uplinks()
		if err != nil {
			continue
		}
		for _, name := range names {
			if !known[name] {
				known[name] = true
				a.appeared(name, begin)
			}
		}
		// One that has gone may come back as another; a tap waits for its own.
		for name := range known {
			if !slices.Contains(names, name) && !a.tapped(name) {
				delete(known, name)
			}
		}
	}
}

func (a *Agent) tapped(name string) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return slices.ContainsFunc(a.taps, func(t *tap) bool { return t.name == name })
}

// appeared begins to record an interface.
func (a *Agent) appeared(name string, begin func(*tap)) {
	a.mu.Lock()
	full := len(a.taps) >= MaxTaps
	a.mu.Unlock()
	if full {
		a.config.Say("%s appeared, and is not recorded: %d interfaces are", name, MaxTaps)
		return
	}
	t, err := a.openTap(name)
	if err != nil {
		a.config.Say("%s appeared, and is not recorded: %v", name, err)
		return
	}
	a.mu.Lock()
	fits := a.room(describedSize)
	if fits {
		a.taps = append(a.taps, t)
		a.write(a.describe(t))
	}
	a.mu.Unlock()
	if !fits {
		t.source.Close()
		return
	}
	a.config.Say("%s appeared: it is recorded from now on", name)
	begin(t)
}
