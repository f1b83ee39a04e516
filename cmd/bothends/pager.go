package main

import (
	"bytes"
	"os"
	"os/signal"
	"strings"

	"golang.org/x/term"

	"bothends/cmd/bothends/internal/outside"
)

// usualPager is what a user gets who named none, with the options by which git
// starts it: leave if all fits on one screen, obey colours, leave the text there.
const (
	usualPager   = "less"
	lessDefaults = "LESS=FRX"
)

// pager is the command that long text goes through, or empty if none is wanted.
func pager() string {
	named, found := os.LookupEnv("PAGER")
	switch {
	case !found:
		named = usualPager
	case named == "cat":
		return ""
	}
	return strings.TrimSpace(named)
}

// page shows text on the terminal: through the user's pager if it is longer than
// the screen.
func (c *console) page(text []byte) error {
	if !c.paged || pager() == "" || !term.IsTerminal(int(os.Stdout.Fd())) || os.Getenv("TERM") == "dumb" {
		return c.print(string(text))
	}
	_, height, err := term.GetSize(int(os.Stdout.Fd()))
	if err != nil || height == 0 || bytes.Count(text, []byte("\n")) < height {
		return c.print(string(text))
	}
	var environment []string
	if _, set := os.LookupEnv("LESS"); !set {
		environment = append(environment, lessDefaults)
	}
	signal.Ignore(os.Interrupt) // which is the pager's, to stop a search
	defer signal.Reset(os.Interrupt)
	c.progress.erase()
	if outside.Page(pager(), text, environment...) {
		return nil
	}
	return c.print(string(text))
}
