//go:build cgo || windows

package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"golang.org/x/term"

	"bothends/capture"
	"bothends/capture/file"
	"bothends/correlate"
	"bothends/correlate/report"
)

// Exit statuses of a comparison; the list for users is in help.go.
const (
	exitSame        = 0
	exitNotCompared = 2
	exitUndecided   = 3
)

// summarise prints what was recorded at either end.
func (p *pair) summarise() {
	sums, err := p.files.Sums()
	far, farErr := p.far.files.Sums()
	p.far.mu.Lock()
	words := p.far.words
	p.far.mu.Unlock()
	p.console.mu.Lock()
	defer p.console.mu.Unlock()
	p.console.erase()
	w := p.console.text()
	fmt.Fprintln(w, "this end")
	summary{status: p.agent.Status(), sums: sums, interfaces: p.agent.Interfaces(), lasted: time.Since(p.began), write: p.options.write, partial: true,
		head: p.files.Head(), seal: p.files.Value()}.print(w)
	fmt.Fprintf(w, "%s, by %s\n", p.o.host, p.far.end.Recorder)
	for _, f := range far {
		fmt.Fprintf(w, "file     %s (%s)\n", f.Path, bytesText(f.Size))
		if f.SHA256 != "" {
			fmt.Fprintf(w, "sha256   %s\n", f.SHA256)
		}
	}
	told := false
	for _, line := range words {
		// Of the file it knows no more than that it was sent.
		if !strings.HasPrefix(line, "file     ") && !strings.HasPrefix(line, "sha256   ") {
			fmt.Fprintln(w, line)
			told = true
		}
	}
	if !told {
		t := &p.far.tally
		fmt.Fprintf(w, "packets  %d came from there; resets: %d received, %d sent\n", t.Packets(), t.Resets(capture.Inbound), t.Resets(capture.Outbound))
	}
	if err := errors.Join(err, farErr); err != nil {
		fmt.Fprintf(w, "bothcap: no checksum: %v\n", err)
	}
}

// compare compares both recordings, prints the report, and returns the status that
// says so.
func (p *pair) compare() (status int, err error) {
	paths := [2]string{p.options.write, p.o.path("server")}
	again := fmt.Sprintf("bothends compare --details %s %s", shellWord(paths[client]), shellWord(paths[server]))
	var sets [2]*file.Set
	for end, path := range paths {
		// They may lie where the user as whom this goes on may not go.
		sets[end], err = file.OpenWith(context.Background(), []string{path}, func(string) (*os.File, error) { return p.opened[end], nil })
		if err != nil {
			return exitNotCompared, err
		}
		defer sets[end].Close()
	}
	r, err := correlate.Compare(context.Background(), sets[client], sets[server], correlate.Options{FixedEnds: true})
	switch {
	case errors.Is(err, correlate.ErrNothingInCommon):
		return exitNotCompared, &hinted{err, "does the session go to " + p.o.host + ", or to a proxy in front of it? bothends info " + shellWord(paths[client]) + " " + shellWord(paths[server])}
	case errors.Is(err, correlate.ErrNoTCP):
		return exitNotCompared, errors.Join(err, p.nothingTried())
	case err != nil:
		return exitNotCompared, err
	}
	fmt.Fprintln(p.console.text(), "next     "+again)
	out := bufio.NewWriter(os.Stdout)
	err = r.WriteText(out, textOptions())
	if err := errors.Join(err, out.Flush()); err != nil {
		return exitNotCompared, fmt.Errorf("standard output: %w", err)
	}
	return r.ExitStatus(), nil
}

// nothingTried says that the recordings hold nothing of what the user wanted to see.
func (p *pair) nothingTried() error {
	what := "nothing was recorded of a session"
	if p.command != nil {
		what = "the command made no connection that was recorded"
	}
	if p.options.filter != "" {
		return &hinted{errors.New(what), "does --filter fit it? bothends info " + shellWord(p.options.write)}
	}
	return &hinted{errors.New(what), "did it go to port " + p.options.ports.String() + " of another host? --peer names it"}
}

// textOptions fits the report to where it goes (https://no-color.org).
func textOptions() report.TextOptions {
	o := report.TextOptions{Extent: report.Screen}
	if !isTerminal(os.Stdout) {
		return o
	}
	if width, _, err := term.GetSize(int(os.Stdout.Fd())); err == nil {
		o.Width = width
	}
	o.Color = os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"
	return o
}
