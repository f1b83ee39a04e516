package agent

import (
	"time"

	"bothends/capture/testimony"
)

// How often things are done that no packet brings about.
const (
	tickInterval       = 100 * time.Millisecond
	flushInterval      = time.Second - tickInterval // so that a second is never exceeded
	statisticsInterval = 10 * time.Second
	// resetInterval is how soon after the last the host's state is noted again when a
	// reset has passed: its own count of resets then tells of little more than that.
	resetInterval = time.Second
)

// tickUntil does by the clock what packets do not bring about.
func (a *Agent) tickUntil(done <-chan struct{}) {
	ticker := time.NewTicker(tickInterval)
	defer ticker.Stop()
	for {
		select {
		case now := <-ticker.C:
			a.tick(now)
		case <-done:
			return
		}
	}
}

func (a *Agent) tick(now time.Time) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.ended {
		return
	}
	l := a.config.Limits
	switch {
	case l.Duration > 0 && now.Sub(a.begun) >= l.Duration:
		a.stop(now)
	case l.AfterReset > 0 && !a.counts.resetAt.IsZero() && now.Sub(a.counts.resetAt) >= l.AfterReset:
		a.stop(now)
	}
	if l.RotateInterval > 0 && now.Sub(a.fileAt) >= l.RotateInterval && a.stopAt.IsZero() {
		a.rotate(now)
	}
	if a.config.KernelLog != nil {
		a.config.KernelLog.Listen()
		a.kernelEvents(now)
	}
	due := statisticsInterval
	if a.counts.resetPassed {
		due = resetInterval
	}
	if now.Sub(a.statsAt) >= due && !a.ended {
		a.statsAt, a.counts.resetPassed = now, false
		for _, t := range a.taps {
			t.source.Refresh()
		}
		if a.room(0) {
			a.statistics(now, testimony.Statistics)
		}
	}
	if now.Sub(a.flushAt) >= flushInterval && !a.ended {
		a.flushAt = now
		if err := a.writer.Flush(); err != nil {
			a.fail(err)
		}
	}
}
