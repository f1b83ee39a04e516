//go:build cgo || windows

package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"

	"golang.org/x/term"
)

// A console is standard error, and its only owner: what it says erases the
// status line first.
type console struct {
	mu       sync.Mutex
	out      io.Writer
	terminal bool
	line     bool // a status line stands there
}

func newConsole() *console {
	return &console{out: os.Stderr, terminal: term.IsTerminal(int(os.Stderr.Fd()))}
}

// say prints one line.
func (c *console) say(format string, arguments ...any) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.erase()
	fmt.Fprintf(c.out, "bothcap: "+format+"\n", arguments...)
}

// fail prints an error, and what to do about it if that is known.
func (c *console) fail(err error) {
	c.say("%v", err)
	var h *hinted
	if errors.As(err, &h) {
		fmt.Fprintf(c.out, "hint: %s\n", h.hint)
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
	fmt.Fprint(c.out, line)
	c.line = true
}

func (c *console) erase() {
	if c.line {
		fmt.Fprint(c.out, "\r\x1b[K")
		c.line = false
	}
}

// shellWord quotes a word for a shell if it needs that.
func shellWord(word string) string {
	plain := func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("@%_+=:,./-", r))
	}
	if word != "" && strings.IndexFunc(word, plain) < 0 {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}
