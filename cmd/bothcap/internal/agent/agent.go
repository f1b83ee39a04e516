// Package agent records one session at one end: from open interfaces into
// pcapng files that say of themselves how good they are.
//
// Start opens everything and writes the head of the file; from then on packets
// gather in the kernel. Record moves them into the file until it is told to
// stop, or a limit is reached. What opens interfaces and what takes the file's
// bytes are arguments, so that all of it can run over a recorded file.
package agent

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"bothends/capture/pcapng"
	"bothends/capture/testimony"
)

// An Agent is one recording.
type Agent struct {
	config Config
	open   Opener
	out    Output
	sealer Sealer // out, if it is one that seals
	taps   []*tap
	start  testimony.Record // in every file's head
	begun  time.Time        // Record's
	atHead map[string]uint64

	stopped chan struct{} // closed when a stop was asked for

	mu       sync.Mutex // guards all below
	writer   *pcapng.Writer
	before   int64 // bytes in files already complete
	counts   counts
	sessions Sessions
	stopAt   time.Time // packets later than this are not wanted; zero while running
	ended    bool      // nothing more can or may be written
	failure  error
	fileAt   time.Time // when the present file began
	flushAt  time.Time
	statsAt  time.Time
}

// Start opens the interfaces, then creates the output and writes the head of the
// first file: where nothing can be recorded no file is touched. The agent records
// from then on, though nothing is read before Record.
func Start(config Config, open Opener, create func() (Output, error)) (*Agent, error) {
	a := &Agent{config: config, open: open, stopped: make(chan struct{})}
	now := time.Now()
	if err := a.openTaps(); err != nil {
		a.Close()
		return nil, err
	}
	out, err := create()
	if err != nil {
		a.Close()
		return nil, err
	}
	a.out = out
	if sealer, ok := out.(Sealer); ok && sealer.Sealed() {
		a.sealer = sealer
	}
	a.start = a.startRecord(now)
	a.atHead = a.start.Kernel
	a.fileAt, a.flushAt, a.statsAt = now, now, now
	if err := a.writeHead(); err != nil {
		a.Close()
		return nil, err
	}
	return a, nil
}

// StartRecord is what every file says at its head.
func (a *Agent) StartRecord() testimony.Record { return a.start }

// Close gives the interfaces back.
func (a *Agent) Close() {
	for _, t := range a.taps {
		t.source.Close()
	}
}

// Record writes packets until ctx ends, a limit is reached, or all sources have
// ended; then it completes the file. It is called once.
func (a *Agent) Record(ctx context.Context) error {
	a.mu.Lock()
	a.begun = time.Now()
	a.mu.Unlock()
	if ctx.Err() != nil { // AfterFunc would say so from a goroutine, some packets later
		a.Stop(time.Now())
	}
	defer context.AfterFunc(ctx, func() { a.Stop(time.Now()) })()

	var readers sync.WaitGroup
	var failures failures
	begin := func(t *tap) {
		readers.Go(func() {
			if err := a.read(t); err != nil {
				failures.add(err)
				a.Stop(time.Now())
			}
		})
	}
	for _, t := range a.taps {
		begin(t)
	}
	if a.config.Everywhere && a.config.Host.UplinksChanged != nil {
		readers.Go(func() { a.follow(begin) })
	}
	ticking := make(chan struct{})
	var ticker sync.WaitGroup
	ticker.Go(func() { a.tickUntil(ticking) })
	readers.Wait()
	close(ticking)
	ticker.Wait()

	a.mu.Lock()
	defer a.mu.Unlock()
	a.finish(time.Now())
	return errors.Join(append([]error{a.failure}, failures.list...)...)
}

// failures are those of several goroutines.
type failures struct {
	mu   sync.Mutex
	list []error
}

func (f *failures) add(err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.list = append(f.list, err)
}

// Stop asks the recording to end with the packets that were on the wire at a
// moment. Only the first call counts.
func (a *Agent) Stop(at time.Time) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.stop(at)
}

func (a *Agent) stop(at time.Time) {
	if a.stopAt.IsZero() {
		a.stopAt = at
		close(a.stopped)
	}
}

// Save writes out what was recorded so far, for a program that is about to end
// in a hurry.
func (a *Agent) Save() {
	a.mu.Lock()
	defer a.mu.Unlock()
	if !a.ended {
		a.write(a.writer.Flush())
	}
}

// fail ends the recording with what is on the disk already. The writer's last
// write may have left a part of a block there, which is cut off.
func (a *Agent) fail(err error) {
	if a.ended {
		return
	}
	a.failure = fmt.Errorf("writing: %w", err)
	_ = a.writer.Flush() // if it was not the disk that failed
	if err := a.out.Truncate(a.writer.Written()); err != nil {
		a.failure = errors.Join(a.failure, err)
	}
	a.halt(time.Now())
}

// halt ends the recording without waiting for what is still in the kernel.
func (a *Agent) halt(at time.Time) {
	a.ended = true
	a.stop(at)
}

// finish completes the last file.
func (a *Agent) finish(now time.Time) {
	if a.config.KernelLog != nil {
		a.config.KernelLog.Listen()
	}
	if a.failure == nil {
		a.kernelEvents(now)
	}
	if a.failure == nil {
		a.statistics(now, testimony.End)
	}
	if a.failure == nil {
		if err := a.writer.Flush(); err != nil {
			a.fail(err)
		}
	}
	a.ended = true
	a.counts.onDisk = a.before + a.writer.Written()
}
