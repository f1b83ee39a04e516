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
	signal.Notify(r.signals, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
}

// obey stops the recording on the first signal, and the program on the second.
// Around a command the first is the command's: when that ends, so does the
// recording.
func (r *recording) obey(stop func()) (ignore func()) {
	done := make(chan struct{})
	go func() {
		for count := 1; ; count++ {
			select {
			case s := <-r.signals:
				r.signalled(s, count, stop)
			case <-done:
				return
			}
		}
	}()
	return func() {
		signal.Reset() // from here on one signal is enough: the file is complete
		close(done)
	}
}

func (r *recording) signalled(s os.Signal, count int, stop func()) {
	if count > 1 {
		r.atOnce()
	}
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
