//go:build cgo || windows

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"

	"bothends/capture"
	"bothends/cmd/bothcap/internal/agent"
	"bothends/cmd/bothcap/internal/remote"
	"bothends/cmd/bothcap/internal/store"
	"bothends/cmd/bothcap/internal/target"
	"bothends/correlate/segment"
)

// far is the recording of the far end, as it comes.
type far struct {
	end   *remote.End
	files *store.Files
	tally remote.Tally
	seen  sightings
	began chan struct{} // closed when it records
	done  chan struct{} // closed when nothing more comes
	err   error         // once done

	mu       sync.Mutex
	sessions agent.Sessions
	stopping bool     // what it says is its summary
	words    []string // of the summary
}

// login says how to get to the far end.
func (p *pair) login() *remote.Options {
	o := &p.o
	// tcpdump is given words that hold for any kind of interface.
	filter := target.Target{Expression: o.filter, Ports: o.ports}.Filter(capture.LinkRaw)
	login := &remote.Options{
		SSH: o.ssh, Host: o.host, As: p.roles.command, Sudo: o.sudo,
		Arguments: o.there(), Interface: o.serverInterface, SnapLen: o.kept(), Filter: filter,
		HeadersOnly: o.headersOnly, Application: application(),
		Heard: p.heard, Signal: p.signal,
	}
	if o.copy {
		login.Copy = func() (*os.File, error) { return os.Open("/proc/self/exe") }
	}
	return login
}

// heard takes what the far end says: at its end that is its summary.
func (p *pair) heard(line string) {
	p.far.mu.Lock()
	stopping := p.far.stopping
	if stopping {
		p.far.words = append(p.far.words, line)
	}
	p.far.mu.Unlock()
	if !stopping {
		p.console.say("%s: %s", p.o.host, strings.TrimPrefix(line, "bothcap: "))
	}
}

// signal sends a signal to ssh, which may be another user's by now.
func (p *pair) signal(to *os.Process, s os.Signal) (err error) {
	if !p.roles.dropped {
		return to.Signal(s)
	}
	p.roles.signaller.do(func() { err = to.Signal(s) })
	return err
}

// connect has the far end record.
func (p *pair) connect(ctx context.Context, login *remote.Options, port string) (err error) {
	// What could be ssh's own traffic must be known from the session's.
	concerned := p.options.filter != "" || strings.Contains(","+p.options.ports.String()+",", ","+port+",")
	login.Unshared = concerned
	f := &p.far
	if f.end, err = remote.Start(ctx, *login); err != nil {
		return err
	}
	if concerned {
		if p.config.Target.Except, err = f.end.Connections(); err != nil {
			return &hinted{fmt.Errorf("ssh's own traffic would be recorded: %w", err), "name the session's --port, if it is not that of ssh"}
		}
	}
	if f.end.Recorder == remote.Tcpdump {
		p.console.say("%s: there is no bothcap: tcpdump records on %s, without the kernel's log and counts%s", p.o.host, f.end.Interface, copyHint(p.o.copy))
	}
	go func() {
		defer close(f.done)
		f.err = f.end.Receive(f.files, &f.tally, remote.Audience{Began: func() { close(f.began) }, Segment: f.segment})
		if f.err != nil {
			f.end.Stop()
			_, _ = io.Copy(io.Discard, f.end)
		}
	}()
	select {
	case <-f.began:
		return nil
	case <-f.done:
		_ = f.end.Wait(stopLimit)
		return errNotThere
	case <-ctx.Done():
		return ctx.Err()
	}
}

func copyHint(given bool) string {
	if given {
		return ""
	}
	return " (--copy sends this one)"
}

// errNotThere says that the far end did not begin to record; it has said why.
var errNotThere = errors.New("the other end does not record")

func (f *far) segment(s *segment.Segment) {
	f.seen.there(s)
	f.mu.Lock()
	defer f.mu.Unlock()
	f.sessions.Add(s)
}

// settle waits until the far end has seen every connection end, or the limit.
func (f *far) settle(ctx context.Context, limit time.Duration) {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	ticker := time.NewTicker(settleLimit / 20)
	defer ticker.Stop()
	for {
		f.mu.Lock()
		open := f.sessions.Open()
		f.mu.Unlock()
		if open == 0 {
			return
		}
		select {
		case <-ctx.Done():
			return
		case <-f.done:
			return
		case <-ticker.C:
		}
	}
}

// stop ends the far recording and completes its file.
func (f *far) stop() error {
	broken := false
	select {
	case <-f.done:
		broken = true
	default:
	}
	f.mu.Lock()
	f.stopping = true
	f.mu.Unlock()
	f.end.Stop()
	timer := time.AfterFunc(stopLimit, f.end.Kill)
	<-f.done
	timer.Stop()
	err := f.end.Wait(stopLimit)
	switch {
	case f.err != nil:
		err = f.err
	case err != nil && broken:
		err = fmt.Errorf("the connection or the recorder there ended too soon: %w", err)
	case err != nil:
		err = fmt.Errorf("the recording there was not completed: %w", err)
	case broken:
		err = errors.New("the recorder there ended too soon")
	}
	return errors.Join(err, f.files.Close())
}
