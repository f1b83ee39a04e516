//go:build cgo || windows

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"bothends/capture"
	"bothends/cmd/bothcap/internal/agent"
	"bothends/cmd/bothcap/internal/store"
	"bothends/cmd/bothcap/internal/watch"
	"bothends/correlate/segment"
)

// A flight recorder records into a ring of files, always, and takes out of it what
// surrounds a connection that ended badly. Half of its room is for the ring and half
// for what is kept; the rest, a sixteenth, is what the ring may be late by.
const (
	ringFiles   = 16
	ringShare   = 7.0 / 16
	keptShare   = 0.5
	mostShare   = 1.0 / 8 // what is kept of one connection, at most
	noteWait    = 12 * time.Second
	lookEvery   = time.Second
	retryAfter  = 10 * time.Second
	restartWait = 5 * time.Second
	tellEvery   = 24 * time.Hour
	maxPending  = 1000
	// perPeer bounds what one address may make bothcap keep in an hour: who scans a
	// port must not push out everything else.
	perPeer = 20
)

// A watching is one run of the flight recorder.
type watching struct {
	recording
	shelf  watch.Shelf
	ring   string
	around time.Duration // how long what follows is waited for

	mu      sync.Mutex
	tracker *watch.Tracker
	names   []string // of interfaces, by the numbers in endings' packets

	pending []pending
	peers   map[string]*allowance
	kept    int
	shed    int
	failed  atomic.Bool   // something could not be kept, or recorded
	asked   chan struct{} // to tell how it goes
}

// allowance is how often an address has made something be kept.
type allowance struct {
	since time.Time
	n     int
	shed  int
}

// runWatch watches until it is told to stop, and returns the exit status.
func runWatch(arguments []string, c *console) int {
	o, err := parseWatch(arguments)
	if err == nil && o.help {
		verb, _ := program().Verb("watch")
		fmt.Print(program().VerbHelp(verb))
		return exitRecorded
	}
	w := &watching{recording: recording{options: o.options, console: c}, around: o.around, peers: map[string]*allowance{}, asked: make(chan struct{}, 1)}
	if err == nil {
		err = w.begin(o)
	}
	if err != nil {
		c.fail(err)
		return exitNotStarted
	}
	return w.run()
}

// begin does what needs privilege, and gives it up.
func (w *watching) begin(o watchOptions) (err error) {
	if w.config, err = configure(o.options, w.console); err != nil {
		return err
	}
	if w.roles, err = assignRoles(o.options); err != nil {
		return err
	}
	w.ring = filepath.Join(o.dir, "ring")
	w.shelf = watch.Shelf{Ring: w.ring, Kept: filepath.Join(o.dir, "kept"), Room: int64(float64(o.disk) * keptShare), Most: int64(float64(o.disk) * mostShare),
		Before: o.around, PerDay: o.per == perDay, Say: w.console.say}
	if err := w.folders(o.dir); err != nil {
		return err
	}
	if err := w.openLog(o.log, true); err != nil {
		return err
	}
	w.tracker = watch.NewTracker(o.stuck)
	w.config.Limits.RotateSize = int64(float64(o.disk) * ringShare / ringFiles)
	w.config.Seen = w.see
	w.lookAgain()
	closeLog := w.openKernelLog()
	if w.agent, err = agent.Start(w.config, w.opener(), w.createRing); err != nil {
		closeLog()
		return err
	}
	w.began = time.Now()
	if err := w.roles.drop(); err != nil {
		return err
	}
	return w.mayKeep()
}

// folders makes those that are not there, for the user as whom bothcap goes on.
func (w *watching) folders(dir string) error {
	for _, path := range []string{dir, w.ring, w.shelf.Kept} {
		err := os.Mkdir(path, 0o700)
		if errors.Is(err, os.ErrExist) {
			continue
		}
		if u := w.roles.recorder; err == nil && u != nil {
			err = os.Chown(path, u.UID, u.GID)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// mayKeep makes sure, without privilege, that files can be made there.
func (w *watching) mayKeep() error {
	for _, dir := range []string{w.ring, w.shelf.Kept} {
		f, err := os.CreateTemp(dir, "probe-*")
		if err != nil {
			w.agent.Close()
			return &hinted{fmt.Errorf("as the user that bothcap then runs as: %w", err), "give --dir a folder that belongs to this user and that it may enter, or name another --user"}
		}
		f.Close()
		if err := os.Remove(f.Name()); err != nil {
			return err
		}
	}
	return w.shelf.Tidy()
}

// createRing makes the files of one run, whose names sort behind those of the runs
// before.
func (w *watching) createRing() (agent.Output, error) {
	o := store.Options{Rotate: true, Keep: ringFiles, Now: time.Now}
	if u := w.roles.recorder; u != nil && !w.roles.dropped {
		o.Chown, o.UID, o.GID = true, u.UID, u.GID
	}
	files, err := store.Create(filepath.Join(w.ring, fmt.Sprintf("run%019d.pcapng", time.Now().UnixNano())), o)
	if err != nil {
		return nil, err
	}
	w.files = files
	return files, nil
}

// see follows the connections as their packets are recorded.
func (w *watching) see(name string, p *capture.Packet) {
	var s segment.Segment
	if segment.Decode(p, &s) != segment.TCP {
		return
	}
	own := *p
	own.Interface = w.number(name)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.tracker.Add(&own, &s)
}

// number is an interface's in what is kept in memory.
func (w *watching) number(name string) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	number := slices.Index(w.names, name)
	if number < 0 {
		number = len(w.names)
		w.names = append(w.names, name)
	}
	return number
}

// run records and keeps until a signal.
func (w *watching) run() int {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	done := w.obeyWatch(cancel)
	defer done()
	w.recover()
	w.console.say("watching %s; what ends badly is kept in %s; Ctrl-C stops", w.where(), shellWord(w.shelf.Kept))
	var keeping sync.WaitGroup
	keeping.Go(func() { w.keep(ctx) })
	w.record(ctx)
	keeping.Wait()
	w.look(time.Now(), true)
	w.tell()
	if w.failed.Load() {
		return exitIncomplete
	}
	return exitRecorded
}

// record goes on recording, whatever comes between.
func (w *watching) record(ctx context.Context) {
	for {
		err := w.agent.Record(ctx)
		w.agent.Close()
		err = errors.Join(err, w.files.Close())
		for {
			if ctx.Err() != nil {
				return
			}
			w.failed.Store(true)
			w.console.say("recording stopped; trying again: %v", err)
			w.trim(int64(w.config.Limits.RotateSize) * 2) // a full disk may be full of the ring
			select {
			case <-ctx.Done():
				return
			case <-time.After(restartWait):
			}
			var again *agent.Agent
			if again, err = agent.Start(w.config, w.opener(), w.createRing); err == nil {
				w.mu.Lock()
				w.agent = again
				w.mu.Unlock()
				w.console.say("recording again")
				break
			}
		}
	}
}

// recover looks through what a run left behind that was killed.
func (w *watching) recover() {
	before := watch.NewTracker(w.tracker.StuckFor)
	var last time.Time
	found := func() {
		for _, e := range before.Endings(last) {
			w.wait(e, e.Found.Add(w.around))
		}
	}
	err := watch.Replay(w.ring, w.files.(*store.Files).Paths(), func(name string, p *capture.Packet) {
		var s segment.Segment
		if segment.Decode(p, &s) == segment.TCP {
			p.Interface = w.number(name)
			before.Add(p, &s)
		}
		last = time.Unix(0, p.TimeNS)
		found()
	})
	found()
	if err != nil {
		w.console.say("what the previous run left behind: %v", err)
	}
	if !last.IsZero() {
		w.shelve(time.Now(), true)
	}
}

// openLog has what bothcap says appended to a file. At first with the privilege to
// make it.
func (w *watching) openLog(path string, first bool) error {
	if path == "" {
		return nil
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o640)
	if u := w.roles.recorder; err == nil && first && u != nil {
		err = f.Chown(u.UID, u.GID)
	}
	if err != nil {
		return fmt.Errorf("--log: %w", err)
	}
	w.console.into(f)
	return nil
}

// obeyWatch stops on a signal, at once on the second, and begins another log on SIGHUP.
func (w *watching) obeyWatch(stop func()) (done func()) {
	signals := make(chan os.Signal, 4)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE)
	ended := make(chan struct{})
	go func() {
		for asked := false; ; {
			select {
			case s := <-signals:
				switch {
				case s == syscall.SIGHUP:
					if err := w.openLog(w.options.log, false); err != nil {
						w.console.say("%v", err)
					}
					select {
					case w.asked <- struct{}{}:
					default: // it is going to
					}
				case asked:
					os.Exit(exitInterrupted)
				default:
					asked = true
					stop()
				}
			case <-ended:
				return
			}
		}
	}()
	return func() { close(ended) }
}
