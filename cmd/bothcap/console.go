//go:build cgo || windows

package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/term"
)

// A console is standard error, and its only owner: what it says erases the
// status line first.
type console struct {
	mu       sync.Mutex
	out      io.Writer
	terminal bool
	line     bool // a status line stands there
	stamped  bool // each line begins with the time
}

func newConsole() *console {
	return &console{out: os.Stderr, terminal: term.IsTerminal(int(os.Stderr.Fd()))}
}

// into has what follows said in a log, with times, and closes the log before that.
func (c *console) into(log *os.File) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.erase()
	if before, ok := c.out.(*os.File); ok && c.stamped {
		before.Close()
	}
	c.out, c.terminal, c.stamped = log, false, true
}

// say prints one line.
func (c *console) say(format string, arguments ...any) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.erase()
	if c.stamped {
		fmt.Fprint(c.out, time.Now().UTC().Format("2006-01-02T15:04:05.000Z "))
	}
	fmt.Fprintf(c.text(), "bothcap: "+format+"\n", arguments...)
}

// fail prints an error, and what to do about it if that is known.
func (c *console) fail(err error) {
	c.say("%v", err)
	var h *hinted
	if errors.As(err, &h) {
		fmt.Fprintf(c.text(), "hint: %s\n", h.hint)
	}
}

// status shows a line that the next one replaces. Redirected output has none.
func (c *console) status(line string) {
	if !c.terminal {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if width, _, err := term.GetSize(int(os.Stderr.Fd())); err == nil && width > 1 && len(line) >= width {
		line = line[:width-1] // a wrapped line could not be erased
	}
	c.erase()
	fmt.Fprint(c.text(), line)
	c.line = true
}

func (c *console) erase() {
	if c.line {
		fmt.Fprint(c.out, "\r\x1b[K")
		c.line = false
	}
}

// text is where text goes: a name of a file or an interface may hold what a
// terminal would obey.
func (c *console) text() io.Writer { return visible{c.out} }

type visible struct{ out io.Writer }

func (v visible) Write(b []byte) (int, error) {
	var shown []byte
	for rest := b; len(rest) > 0; {
		r, size := utf8.DecodeRune(rest)
		if r == '\n' || unicode.IsPrint(r) && (r != utf8.RuneError || size > 1) {
			shown = append(shown, rest[:size]...)
		} else {
			for _, c := range rest[:size] {
				shown = fmt.Appendf(shown, `\x%02x`, c)
			}
		}
		rest = rest[size:]
	}
	if _, err := v.out.Write(shown); err != nil {
		return 0, err
	}
	return len(b), nil
}

// shellWord quotes a word for a shell if it needs that; what a terminal would
// obey as bash, ksh and zsh have it, $'...'.
func shellWord(word string) string {
	plain := func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("@%_+=:,./-", r))
	}
	if word != "" && strings.IndexFunc(word, plain) < 0 {
		return word
	}
	if !utf8.ValidString(word) || strings.ContainsFunc(word, func(r rune) bool { return !unicode.IsPrint(r) }) {
		var b strings.Builder
		for _, c := range []byte(word) {
			if c >= ' ' && c < 0x7f && c != '\'' && c != '\\' {
				b.WriteByte(c)
			} else {
				fmt.Fprintf(&b, `\x%02x`, c)
			}
		}
		return "$'" + b.String() + "'"
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}
