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
	p, screen, turn := newBar(120, 1000)
	turn(time.Second)
	p.advance(250)
	if want := "\rcomparing  25 % [##########..............................] 250 B of 1.0 kB, 250 B/s, 3s left\x1b[K"; screen.String() != want {
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

func TestABarTellsBothPasses(t *testing.T) {
	p, _, turn := newBar(120, 8e9) // 4 GB, twice
	p.passes = 2
	turn(10 * time.Second)
	for done, want := range map[int64]string{
		1e9: "pass 1 of 2, 1.0 GB of 4.0 GB, 100 MB/s, 1m10s left",
		5e9: "pass 2 of 2, 1.0 GB of 4.0 GB, 500 MB/s, 6s left",
		8e9: "pass 2 of 2, 4.0 GB of 4.0 GB, 800 MB/s, 0s left",
	} {
		p.done = done
		if bar := p.bar(120); !strings.HasSuffix(bar, "] "+want) {
			t.Errorf("%q, want %q", bar, want)
		}
	}
}

func TestABarOnANarrowTerminalHasNoFigures(t *testing.T) {
	p, _, turn := newBar(40, 1000)
	p.done = 500
	turn(time.Second)
	if bar := p.bar(40); bar != "comparing  50 % [##########...........]" {
		t.Errorf("%q", bar)
	}
}

func TestBytesHaveThreeDigitsAtMost(t *testing.T) {
	for n, want := range map[int64]string{0: "0 B", 999: "999 B", 1000: "1.0 kB", 9949: "9.9 kB", 9951: "10 kB", 999_499: "999 kB", 999_500: "1.0 MB", 1.5e9: "1.5 GB", 1e18: "1.0 EB"} {
		if got := bytesOf(n); got != want {
			t.Errorf("%d bytes are %q, want %q", n, got, want)
		}
	}
}
