package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"

	"golang.org/x/term"

	"bothends/capture/file"
)

// A progress bar appears on a terminal when the work takes longer than a second,
// and is erased when it ends or when something else is to be written there. A nil
// progress does nothing.
type progress struct {
	terminal io.Writer
	columns  func() int
	now      func() time.Time

	mu      sync.Mutex
	doing   string
	total   int64
	done    int64
	begun   time.Time
	drawn   time.Time // when it was last drawn; zero if it is not on the screen
	stopped bool
}

const (
	// progressAfter is how long the work may take without a word.
	progressAfter = time.Second
	// progressEvery is how often the bar moves: smooth, and cheap to draw.
	progressEvery = 100 * time.Millisecond
	// usualColumns is the width of a terminal that does not tell its own.
	usualColumns = 80
	// barColumns is the widest that a bar gets.
	barColumns = 40
)

// newProgress returns nil unless the file is a terminal that can erase a line.
func newProgress(f *os.File) *progress {
	if !term.IsTerminal(int(f.Fd())) || os.Getenv("TERM") == "dumb" || !obeysEscapes(f) {
		return nil
	}
	columns := func() int {
		width, _, err := term.GetSize(int(f.Fd()))
		if err != nil || width == 0 { // serial lines and some emulators do not say
			return usualColumns
		}
		return width
	}
	return &progress{terminal: f, columns: columns, now: time.Now, begun: time.Now()}
}

// expect tells what is done, and how much there is to do: each capture is read
// so many times.
func (p *progress) expect(doing string, passes int64, sets ...*file.Set) {
	if p == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.doing = doing
	for _, set := range sets {
		p.total += passes * set.Length()
	}
}

// advance is told of the bytes read since the last call, by any goroutine.
func (p *progress) advance(bytes int64) {
	if p == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.done += bytes
	now := p.now()
	if p.stopped || now.Sub(p.begun) < progressAfter || now.Sub(p.drawn) < progressEvery {
		return
	}
	p.drawn = now
	fmt.Fprintf(p.terminal, "\r%s\x1b[K", p.bar(p.columns()))
}

// bar fits the state of the work into a line that leaves the last column free,
// where some terminals would wrap.
func (p *progress) bar(columns int) string {
	part := 0.0
	if p.total > 0 {
		part = min(1, float64(p.done)/float64(p.total))
	}
	text := fmt.Sprintf("%s %3.0f %%", p.doing, 100*part)
	width := min(barColumns, columns-1-len(text)-len(" []"))
	if width < 1 {
		return text[:max(0, min(len(text), columns-1))]
	}
	full := int(part * float64(width))
	return text + " [" + strings.Repeat("#", full) + strings.Repeat(".", width-full) + "]"
}

// erase takes the bar off the screen for good.
func (p *progress) erase() {
	if p == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.stopped = true
	if !p.drawn.IsZero() {
		io.WriteString(p.terminal, "\r\x1b[K")
		p.drawn = time.Time{}
	}
}
