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
	"io"
	"sync"
	"time"

	"bothends/capture"
	"bothends/capture/live"
	"bothends/capture/pcapng"
	"bothends/capture/testimony"
	"bothends/cmd/bothcap/internal/target"
	"bothends/correlate/segment"
)

// A Source is one open interface; *live.Handle is one. Read hands packets to take
// until it returns false, and returns live.ErrTimeout when nothing came for a
// while, live.ErrDown, live.ErrGone, or io.EOF if there will never be another
// packet.
type Source interface {
	Read(take func([]capture.Packet) bool) error
	Filter(string) error
	LinkType() capture.LinkType
	Nanoseconds() bool
	Counters() (live.Counters, error)
	State() live.State
	Refresh()
	Close()
}

// An Opener opens an interface by name.
type Opener func(name string, o live.Options) (Source, error)

// An Output takes a file's bytes; it may be a pcapng.Gatherer. Rotate makes what
// follows another file; Truncate shortens the present one.
type Output interface {
	io.Writer
	Rotate() error
	Truncate(size int64) error
}

// A Sealer is an Output that seals what it takes. Seal returns the newest seal that
// it knows, or with now that of all that was written, which takes as long as it is
// far behind.
type Sealer interface {
	Sealed() bool
	Seal(now bool) (s testimony.Seal, ok bool)
}

// A Host says what the recording host knows about itself.
type Host struct {
	Section  capture.Section // hardware, system, program
	Clock    func() (*testimony.Clock, error)
	Counters func() (map[string]uint64, error)
	// Uplinks names the interfaces by which the host can send now.
	Uplinks func() ([]string, error)
	// UplinksChanged reports whether they may have since it was last asked; nil if
	// they are not followed.
	UplinksChanged func() bool
	// Facts are what else on the host could send in its name; nil if nobody asks.
	Facts func() testimony.HostFacts
	// Describe says what is known of an interface: name, description, hardware,
	// addresses; and its offloads.
	Describe func(name string) (capture.Interface, map[string]bool)
}

// A KernelLog is what the kernel says of resets; *kernellog.Log is one.
type KernelLog interface {
	// Begin says what the log can show, and forgets what it has.
	Begin() testimony.KernelReading
	// Listen takes what the kernel has said since the last time.
	Listen()
	// Waiting is how many events have not been taken.
	Waiting() int
	// Take returns what there is to write, with at most n events.
	Take(n int) testimony.KernelReading
}

// A Config is what to record, and how much of it.
type Config struct {
	Interfaces []string
	// Everywhere tells that Interfaces are all by which the host can send, and that
	// those that appear later are to be recorded, too.
	Everywhere  bool
	Live        live.Options
	Target      target.Target
	Session     string
	End         string // "client", "server", or empty
	HeadersOnly bool
	Libpcap     string // its version
	Limits      Limits
	Host        Host
	// KernelLog is the kernel's log of resets, or nil; then KernelMissing says why,
	// if it was tried.
	KernelLog     KernelLog
	KernelMissing string
	// Seen is told of every packet that is written, with its interface's name, while no
	// other can be; nil is nobody.
	Seen func(name string, p *capture.Packet)
	// Notice is given each segment that begins or ends a connection; it must not
	// wait. Nil if nobody asks.
	Notice func(*segment.Segment)
	// Say tells the user something now, in one line.
	Say func(format string, arguments ...any)
}

// Limits end a recording or a file. Zero is no limit.
type Limits struct {
	Packets        int64
	Size           int64         // of all files together, in bytes
	Duration       time.Duration // since Record began
	AfterReset     time.Duration // since the first reset
	RotateSize     int64         // of one file, in bytes
	RotateInterval time.Duration // of one file
}

// How often things are done that no packet brings about.
const (
	tickInterval       = 100 * time.Millisecond
	flushInterval      = time.Second - tickInterval // so that a second is never exceeded
	statisticsInterval = 10 * time.Second
	// resetInterval is how soon after the last the host's state is noted again when a
	// reset has passed: its own count of resets then tells of little more than that.
	resetInterval = time.Second
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

// tickUntil does by the clock what packets do not bring about.
func (a *Agent) tickUntil(done <-chan struct{}) {
	ticker := time.NewTicker(tickInterval)
	defer ticker.Stop()
	for {
		select {
		case now := <-ticker.C:
			a.tick(now)
		case <-done:
			return
		}
	}
}

func (a *Agent) tick(now time.Time) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.ended {
		return
	}
	l := a.config.Limits
	switch {
	case l.Duration > 0 && now.Sub(a.begun) >= l.Duration:
		a.stop(now)
	case l.AfterReset > 0 && !a.counts.resetAt.IsZero() && now.Sub(a.counts.resetAt) >= l.AfterReset:
		a.stop(now)
	}
	if l.RotateInterval > 0 && now.Sub(a.fileAt) >= l.RotateInterval && a.stopAt.IsZero() {
		a.rotate(now)
	}
	if a.config.KernelLog != nil {
		a.config.KernelLog.Listen()
		a.kernelEvents(now)
	}
	due := statisticsInterval
	if a.counts.resetPassed {
		due = resetInterval
	}
	if now.Sub(a.statsAt) >= due && !a.ended {
		a.statsAt, a.counts.resetPassed = now, false
		for _, t := range a.taps {
			t.source.Refresh()
		}
		if a.room(0) {
			a.statistics(now, testimony.Statistics)
		}
	}
	if now.Sub(a.flushAt) >= flushInterval && !a.ended {
		a.flushAt = now
		if err := a.writer.Flush(); err != nil {
			a.fail(err)
		}
	}
}
