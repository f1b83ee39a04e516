package agent

import (
	"errors"
	"fmt"
	"io"
	"time"

	"bothends/capture"
	"bothends/capture/live"
	"bothends/capture/testimony"
)

// A tap is one interface that is recorded.
type tap struct {
	name     string
	source   Source
	about    capture.Interface // its description block
	offloads map[string]bool
	number   int // of that block in the present file
	openedAt time.Time
	totals   totals
	gap      *testimony.Gap // while it is down
	lost     bool           // it came back and could not be opened
}

// openTap opens an interface and sets its filter.
func (a *Agent) openTap(name string) (*tap, error) {
	source, err := a.open(name, a.config.Live)
	if err != nil {
		return nil, err
	}
	t := &tap{name: name, source: source, openedAt: time.Now()}
	filter := a.config.Target.Filter(source.LinkType())
	if filter != "" {
		if err := source.Filter(filter); err != nil {
			source.Close()
			return nil, err
		}
	}
	t.about, t.offloads = a.config.Host.Describe(name)
	t.about.Name = name
	t.about.LinkType = source.LinkType()
	t.about.SnapLen = a.config.Live.SnapLen
	t.about.Filter = filter
	// Whatever libpcap granted, nanoseconds hold it.
	t.about.Resolution = 1e9
	return t, nil
}

// reopenInterval is how often it is tried to open an interface again that was
// unplugged.
const reopenInterval = 500 * time.Millisecond

// drainLimit bounds how long packets are read that were in the kernel when the
// recording was stopped.
const drainLimit = 2 * time.Second

// read moves a tap's packets into the file until the recording ends.
func (a *Agent) read(t *tap) error {
	more := true
	take := func(packets []capture.Packet) bool {
		more = a.packets(t, packets)
		return more
	}
	for {
		err := t.source.Read(take)
		switch {
		case !more:
			return nil
		case err == nil:
			continue
		case errors.Is(err, io.EOF):
			return nil
		case errors.Is(err, live.ErrTimeout):
			a.watch(t, t.source.State())
		case errors.Is(err, live.ErrDown):
			a.watch(t, live.Down)
			time.Sleep(a.config.Live.Timeout)
		case errors.Is(err, live.ErrGone):
			a.watch(t, live.Gone)
		default:
			return err
		}
		if t.lost || a.over(time.Now()) {
			return nil
		}
		if t.gap != nil && t.source.State() == live.Gone {
			if err := a.replace(t, take); err != nil {
				return err
			}
		}
	}
}

// over reports whether a stopped recording has all that it waited for: with
// nothing left to read, that is once the kernel has had time to hand over.
func (a *Agent) over(now time.Time) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.ended || !a.stopAt.IsZero() && now.Sub(a.stopAt) >= a.config.Live.Timeout
}

// watch notes when a tap begins and ceases to be blind.
func (a *Agent) watch(t *tap, state live.State) {
	a.mu.Lock()
	defer a.mu.Unlock()
	now := time.Now()
	switch {
	case state == live.Up && t.gap != nil:
		t.gap.Until = now.UTC()
		a.config.Say("%s is back after %s", t.name, now.Sub(t.gap.From).Round(time.Millisecond))
		a.noteGap(t, now, testimony.GapEnds)
		t.gap = nil
	case state != live.Up && t.gap == nil:
		reason := "went down"
		if state == live.Gone {
			reason = "disappeared"
		}
		t.gap = &testimony.Gap{From: now.UTC(), Reason: t.name + " " + reason}
		a.config.Say("%s %s: nothing is recorded there until it is back", t.name, reason)
		a.noteGap(t, now, testimony.GapBegins)
	}
}

// noteGap writes a statistics block that tells people and programs of a gap.
func (a *Agent) noteGap(t *tap, now time.Time, event testimony.Event) {
	if !a.room(0) {
		return
	}
	text := fmt.Sprintf("%s: nothing was recorded from here on", t.gap.Reason)
	if event == testimony.GapEnds {
		text = fmt.Sprintf("%s: nothing was recorded from %s to %s", t.gap.Reason,
			t.gap.From.Format(time.RFC3339Nano), t.gap.Until.Format(time.RFC3339Nano))
	}
	r := testimony.Record{Event: event, Time: now.UTC(), Interface: t.name, Gap: t.gap}
	a.write(a.writer.WriteStatistics(t.number, now.UnixNano(), a.countersOf(t, now), text, r.Line()))
	if !a.ended {
		a.write(a.writer.Flush())
	}
}

// replace opens a tap's interface again once there is one of that name, which
// takes the privilege that opening took the first time.
func (a *Agent) replace(t *tap, take func([]capture.Packet) bool) error {
	select {
	case <-a.stopped:
	case <-time.After(reopenInterval):
	}
	// What came before it went may be in the ring still; the kernel holds packets
	// back for a while, and tells of the end at once.
	for t.source.Read(take) == nil {
	}
	if a.over(time.Now()) {
		return nil
	}
	again, err := a.openTap(t.name)
	switch {
	case errors.Is(err, live.ErrNoInterface), errors.Is(err, live.ErrNotUp):
		return nil
	case err != nil && a.config.Everywhere:
		// The others go on; the file says that this one is not recorded.
		a.config.Say("%s is back, and is not recorded: %v", t.name, err)
		t.lost = true
		return nil
	case err != nil:
		return fmt.Errorf("opening it again: %w", err)
	}
	a.mu.Lock()
	t.source.Close()
	t.totals.rebase()
	t.source, t.about, t.offloads, t.openedAt = again.source, again.about, again.offloads, again.openedAt
	if a.room(describedSize) {
		a.write(a.describe(t))
	}
	a.mu.Unlock()
	a.watch(t, t.source.State())
	return nil
}

// Interfaces are the names of those that are recorded, or were.
func (a *Agent) Interfaces() []string {
	a.mu.Lock()
	defer a.mu.Unlock()
	var names []string
	for _, t := range a.taps {
		names = append(names, t.name)
	}
	return names
}
