//go:build cgo || windows

package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"bothends/cmd/bothcap/internal/watch"
	"bothends/correlate/segment"
)

// pending is an ending that waits for what follows it.
type pending struct {
	watch.Ending
	until time.Time // up to when it is kept
	ready time.Time // when that is in the ring
	tried int
}

// keep looks every second for what has ended badly.
func (w *watching) keep(ctx context.Context) {
	ticker := time.NewTicker(lookEvery)
	defer ticker.Stop()
	told := time.Now()
	for {
		select {
		case <-ctx.Done():
			return
		case <-w.asked:
			w.tell()
		case now := <-ticker.C:
			w.look(now, false)
			w.trim(0)
			if now.Sub(told) >= tellEvery {
				told = now
				w.tell()
			}
		}
	}
}

// look takes what is new, and keeps what is complete.
func (w *watching) look(now time.Time, atEnd bool) {
	w.mu.Lock()
	endings := w.tracker.Endings(now)
	w.mu.Unlock()
	for _, e := range endings {
		w.wait(e, e.Found.Add(w.around))
	}
	w.shelve(now, atEnd)
}

// shelve keeps what is complete, or at the end all that waits.
func (w *watching) shelve(now time.Time, atEnd bool) {
	w.mu.Lock()
	w.shelf.Names = slices.Clone(w.names)
	w.mu.Unlock()
	var later []pending
	for _, p := range w.pending {
		if !atEnd && now.Before(p.ready) {
			later = append(later, p)
			continue
		}
		if !w.keepOne(&p) && !atEnd {
			p.ready = now.Add(retryAfter)
			later = append(later, p)
		}
	}
	w.pending = later
}

// wait puts an ending where it waits, unless its peer has had its share.
func (w *watching) wait(e watch.Ending, until time.Time) {
	now := time.Now()
	for _, end := range []segment.Endpoint{e.Client, e.Server} {
		a := end.AddrPort().Addr()
		if w.own(a.String()) {
			continue
		}
		spent := w.peers[a.String()]
		if spent == nil || now.Sub(spent.since) >= time.Hour {
			if len(w.peers) >= maxPending {
				clear(w.peers)
			}
			spent = &allowance{since: now}
			w.peers[a.String()] = spent
		}
		if spent.n++; spent.n > perPeer {
			spent.shed++
			w.shed++
			if spent.shed == 1 {
				w.console.say("%s: %d of its connections ended badly within an hour; further ones are counted and not kept", a, perPeer)
			}
			return
		}
	}
	if len(w.pending) >= maxPending {
		w.shed++
		return
	}
	w.pending = append(w.pending, pending{Ending: e, until: until, ready: until.Add(noteWait)})
}

// own reports whether an address is this host's, of which every connection is one.
func (w *watching) own(address string) bool {
	return slices.Contains(ownAddresses(), address)
}

// keepOne keeps one, and reports whether it is done with.
func (w *watching) keepOne(p *pending) bool {
	item, err := w.shelf.Keep(p.Ending, p.until)
	what := fmt.Sprintf("%s %s -> %s at %s", p.Why, p.Client.AddrPort(), p.Server.AddrPort(), p.At.UTC().Format("2006-01-02 15:04:05.000 UTC"))
	const tries = 30
	switch {
	case err == nil && item.Again:
	case err == nil:
		w.kept++
		sealed := ""
		if item.Seal != "" {
			sealed = ", seal " + item.Seal
		}
		w.console.say("kept %s: %s, %s%s", what, item.Path, count(item.Packets, "packet"), sealed)
	case errors.Is(err, watch.ErrNoRoom), p.tried >= tries:
		w.failed.Store(true)
		w.console.say("NOT KEPT: %s: %v", what, err)
	default:
		if p.tried == 0 {
			w.failed.Store(true)
			w.console.say("%s could not be kept yet, and will be tried again: %v", what, err)
		}
		p.tried++
		return false
	}
	return true
}

// trim removes the oldest of the ring until it is smaller than its share by less.
func (w *watching) trim(less int64) {
	most := w.config.Limits.RotateSize*ringFiles - less
	if err := watch.Trim(w.ring, most); err != nil {
		w.console.say("making room in the ring: %v", err)
	}
}

// tell says how it goes.
func (w *watching) tell() {
	w.mu.Lock()
	recorder := w.agent
	open, forgotten := w.tracker.Open(), w.tracker.Forgotten
	w.mu.Unlock()
	s := recorder.Status()
	w.console.say("%s; %s followed, %d forgotten for lack of room; kept %d, not kept %d", statusLine(s), count(open, "connection"), forgotten, w.kept, w.shed)
}
