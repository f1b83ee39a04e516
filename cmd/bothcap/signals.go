//go:build cgo || windows

package main

import (
	"os"
	"os/signal"
	"syscall"
	"time"

	"bothends/cmd/bothcap/internal/child"
)

// saveLimit is how long a second signal leaves for what is still in memory.
const saveLimit = 200 * time.Millisecond

// catch begins to collect signals. From before a command runs, so that none
// that is meant for both ends bothcap alone.
func (r *recording) catch() {
	r.signals = make(chan os.Signal, 4)
	signal.Notify(r.signals, os.Interrupt, syscall.SIGTERM, syscall.SIGQUIT)
	if !signal.Ignored(syscall.SIGHUP) { // under nohup it is, and stays so
		signal.Notify(r.signals, syscall.SIGHUP)
	}
	// Who reads what bothcap says, or its packets, may end before it. Then writing
	// fails, which is dealt with; the signal would end bothcap in the middle.
	signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE)
}

// obey stops the recording on the first signal, and the program on the second.
// Around a command the first is the command's: when that ends, so does the
// recording. A hang-up is no second signal, as a terminal that goes away sends
// several; SIGQUIT does not wait for one.
func (r *recording) obey(stop func()) (ignore func()) {
	done := make(chan struct{})
	go func() {
		for asked := false; ; {
			select {
			case s := <-r.signals:
				switch {
				case s == syscall.SIGQUIT, asked && s != syscall.SIGHUP:
					r.atOnce()
				case !asked:
					asked = true
					r.asked.Store(true)
					r.signalled(s, stop)
				}
			case <-done:
				return
			}
		}
	}()
	return func() {
		// The files are complete: from here on one signal is enough, but for the
		// terminal's, which is no wish of the user to miss the summary in a log.
		signal.Reset(os.Interrupt, syscall.SIGTERM, syscall.SIGQUIT)
		signal.Ignore(syscall.SIGHUP)
		close(done)
	}
}

func (r *recording) signalled(s os.Signal, stop func()) {
	if r.command == nil || r.commandEnded() {
		stop()
		return
	}
	if s == os.Interrupt && child.FromKeyboard() {
		return // it has it already
	}
	if err := r.forward(s); err != nil {
		r.console.say("passing %v on: %v", s, err)
	}
}

func (r *recording) commandEnded() bool {
	select {
	case <-r.command.Done():
		return true
	default:
		return false
	}
}

func (r *recording) forward(s os.Signal) (err error) {
	r.roles.signaller.do(func() { err = r.command.Signal(s) })
	return err
}

// atOnce ends the program without a summary, but not without what was recorded.
func (r *recording) atOnce() {
	if r.command != nil {
		r.forward(os.Kill)
	}
	saved := make(chan struct{})
	go func() { r.agent.Save(); close(saved) }()
	select {
	case <-saved:
	case <-time.After(saveLimit):
	}
	os.Exit(exitInterrupted)
}
