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
	passes  int64 // over each capture; 0 is one
	total   int64 // bytes, of all passes
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
	// barColumns is the widest that a bar gets, and leastColumns the narrowest beside
	// which there is room for figures.
	barColumns   = 40
	leastColumns = 10
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
	p.doing, p.passes = doing, passes
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
	room := columns - 1 - len(text) - len(" []")
	figures := p.figures()
	if room-1-len(figures) < leastColumns {
		figures = ""
	} else if figures != "" {
		figures = " " + figures
		room -= len(figures)
	}
	width := min(barColumns, room)
	if width < 1 {
		return text[:max(0, min(len(text), columns-1))]
	}
	full := int(part * float64(width))
	return text + " [" + strings.Repeat("#", full) + strings.Repeat(".", width-full) + "]" + figures
}

// figures say in which pass over the captures the work is, how many bytes of that pass
// are done, how fast, and how long the whole will take yet.
func (p *progress) figures() string {
	took := p.now().Sub(p.begun)
	if p.total == 0 || p.done <= 0 || took <= 0 {
		return ""
	}
	passes := max(1, p.passes)
	length := p.total / passes
	done := min(p.done, p.total)
	pass := min(done/max(1, length), passes-1)
	text := fmt.Sprintf("%s of %s", bytesOf(done-pass*length), bytesOf(length))
	if passes > 1 {
		text = fmt.Sprintf("pass %d of %d, %s", pass+1, passes, text)
	}
	left := time.Duration(float64(took) * float64(p.total-done) / float64(done)).Round(time.Second)
	return fmt.Sprintf("%s, %s/s, %s left", text, bytesOf(int64(float64(p.done)/took.Seconds())), left)
}

// bytesOf is a number of bytes in three digits.
func bytesOf(n int64) string {
	if n < 1000 {
		return fmt.Sprintf("%d B", n)
	}
	amount, units := float64(n)/1000, "kMGTPE"
	for amount >= 999.5 && len(units) > 1 {
		amount, units = amount/1000, units[1:]
	}
	if amount < 9.95 {
		return fmt.Sprintf("%.1f %cB", amount, units[0])
	}
	return fmt.Sprintf("%.0f %cB", amount, units[0])
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
