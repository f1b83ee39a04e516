package main

import (
	"bytes"
	"strings"
	"testing"
	"time"
)

// newBar is a progress bar with a clock that the test turns.
func newBar(columns int, total int64) (p *progress, screen *bytes.Buffer, turn func(time.Duration)) {
	screen = &bytes.Buffer{}
	now := time.Unix(1e9, 0)
	p = &progress{terminal: screen, columns: func() int { return columns }, now: func() time.Time { return now }, begun: now, doing: "comparing", total: total}
	return p, screen, func(d time.Duration) { now = now.Add(d) }
}

func TestShortWorkShowsNoBar(t *testing.T) {
	p, screen, turn := newBar(80, 1000)
	turn(999 * time.Millisecond)
	p.advance(900)
	p.erase()
	if screen.Len() > 0 {
		t.Errorf("%q was written", screen)
	}
}

func TestABarShowsThePartDoneAndIsErased(t *testing.T) {
	p, screen, turn := newBar(80, 1000)
	turn(time.Second)
	p.advance(250)
	if want := "\rcomparing  25 % [##########..............................]\x1b[K"; screen.String() != want {
		t.Errorf("%q, want %q", screen, want)
	}
	screen.Reset()
	p.advance(250) // too soon to be drawn
	if screen.Len() > 0 {
		t.Errorf("%q was written within %v", screen, progressEvery)
	}
	turn(progressEvery)
	p.advance(9000) // more than was expected
	if !strings.Contains(screen.String(), "100 % ["+strings.Repeat("#", barColumns)+"]") {
		t.Errorf("%q, want a full bar", screen)
	}
	screen.Reset()
	p.erase()
	if want := "\r\x1b[K"; screen.String() != want {
		t.Errorf("%q, want %q", screen, want)
	}
	screen.Reset()
	turn(time.Hour)
	p.advance(1)
	p.erase()
	if screen.Len() > 0 {
		t.Errorf("%q was written after it was erased", screen)
	}
}

func TestABarFitsItsTerminal(t *testing.T) {
	for columns := range 100 {
		p, _, _ := newBar(columns, 2)
		p.done = 1
		if n := len(p.bar(columns)); n > max(0, columns-1) {
			t.Errorf("%d columns on a terminal of %d", n, columns)
		}
	}
}

func TestNoBarIsNoProblem(t *testing.T) {
	var p *progress
	p.advance(1)
	p.erase()
}
