package main

// This file decides what goes to which stream:
//
//   - Standard output has the result and nothing else, or stays empty.
//   - Standard error has the rest: errors, warnings, hints and the progress bar.
//     Each message is one line that begins with "bothends: "; a line that begins
//     with "hint: " may follow it. With --format json each message is one JSON
//     object on one line, with the hint in it.
//   - Whatever comes from a file, its name or the command line is escaped, so
//     that it can neither start a new line nor command a terminal.
//   - The progress bar is erased before anything else is written.

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"bothends/capture/file"
	"bothends/correlate/report"
)

// A hinted error also says what the user can do about it.
type hinted struct {
	error
	hint string
}

func (h *hinted) Unwrap() error { return h.error }

// A detailed error has further lines, each a fact that helps to understand it.
type detailed struct {
	error
	details []string
}

func (d *detailed) Unwrap() error { return d.error }

// console is where the program meets whoever runs it.
type console struct {
	stdout, stderr io.Writer
	json           bool // messages are JSON objects
	paged          bool // long text may go through a pager
	progress       *progress
}

func newConsole() *console {
	return &console{stdout: os.Stdout, stderr: os.Stderr}
}

// Schemas of what stands on standard error with --format json.
const (
	errorSchema   = "bothends.error/1"
	warningSchema = "bothends.warning/1"
)

// message is an error, with which the program ends, or a warning, after which it goes on.
type message struct {
	Schema     string   `json:"schema"`
	Error      string   `json:"error,omitempty"`
	Warning    string   `json:"warning,omitempty"`
	Details    []string `json:"details,omitempty"`     // facts that belong to it
	Hint       string   `json:"hint,omitempty"`        // what the user can do
	ExitStatus int      `json:"exit_status,omitempty"` // of an error
}

// fail says why the program ends with a status other than a verdict's.
func (c *console) fail(err error, status int) {
	m := message{Schema: errorSchema, Error: err.Error(), ExitStatus: status}
	var problem *file.Error
	var advice *hinted
	var facts *detailed
	switch {
	case errors.As(err, &problem):
		m.Hint = problem.Hint
	case errors.As(err, &advice):
		m.Hint = advice.hint
	}
	if errors.As(err, &facts) {
		m.Details = facts.details
	}
	c.say(&m)
}

// warn says what the user should know although the work goes on.
func (c *console) warn(hint, format string, args ...any) {
	c.say(&message{Schema: warningSchema, Warning: fmt.Sprintf(format, args...), Hint: hint})
}

func (c *console) say(m *message) {
	c.progress.erase()
	if c.json {
		var line bytes.Buffer
		encoder := json.NewEncoder(&line)
		encoder.SetEscapeHTML(false)
		if encoder.Encode(m) == nil { // it holds nothing but strings and a number
			c.stderr.Write(report.EscapeJSON(line.Bytes()))
		}
		return
	}
	text := m.Error
	if m.Warning != "" {
		text = "warning: " + m.Warning
	}
	fmt.Fprintf(c.stderr, "bothends: %s\n", report.Escape(text))
	for _, line := range m.Details {
		fmt.Fprintf(c.stderr, "  %s\n", report.Escape(line))
	}
	if m.Hint != "" {
		fmt.Fprintf(c.stderr, "hint: %s\n", report.Escape(m.Hint))
	}
}

// print writes a result that is small and needs no file.
func (c *console) print(text string) error {
	return c.render(func(w io.Writer) error {
		_, err := io.WriteString(w, text)
		return err
	})
}

// render writes a result to standard output.
func (c *console) render(result func(io.Writer) error) error {
	if err := result(c.stdout); err != nil {
		return fmt.Errorf("standard output: %w", withoutPath(err))
	}
	return nil
}
