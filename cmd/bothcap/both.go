//go:build cgo || windows

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/spf13/pflag"

	"bothends/capture"
	"bothends/capture/live"
	"bothends/cmd/bothcap/internal/agent"
	"bothends/cmd/bothcap/internal/child"
	"bothends/cmd/bothcap/internal/remote"
	"bothends/cmd/bothcap/internal/store"
	"bothends/cmd/bothcap/internal/target"
	"bothends/correlate/segment"
)

// A pair is one session that is recorded at both ends: here, as ever, and at the far
// end by a recorder that ssh has started.
type pair struct {
	recording
	o      bothOptions
	held   *child.Held
	silent bool // the command made no connection that was recorded
	far    far
	opened [2]*os.File // both files, for the comparison
}

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

// runBoth records at both ends, compares, and returns the exit status.
func runBoth(arguments []string, c *console) int {
	o, err := parseBoth(arguments)
	if errors.Is(err, pflag.ErrHelp) {
		verb, _ := program().Verb("both")
		fmt.Print(program().VerbHelp(verb))
		return exitRecorded
	}
	if err != nil {
		c.fail(err)
		return o.failed(err)
	}
	p := &pair{recording: recording{options: o.options, console: c}, o: o}
	p.far.began, p.far.done = make(chan struct{}), make(chan struct{})
	if err := p.start(); err != nil {
		p.abandon()
		if p.asked.Load() {
			return exitInterrupted
		}
		c.fail(explainStart(err, &o))
		return o.failed(err)
	}
	failed := p.run()
	for _, err := range failed {
		c.fail(explainFailure(err))
	}
	p.summarise()
	status, err := p.compare()
	if err == nil && p.silent && status == exitSame {
		status, err = exitNotCompared, p.nothingTried()
	}
	if err != nil {
		c.fail(err)
	}
	switch {
	case p.asked.Load() && p.command != nil:
		return exitInterrupted
	case o.status == statusCommand && len(failed) > 0:
		return exitFailed
	case o.status == statusCommand:
		return p.command.Status()
	case status == exitSame && len(failed) > 0:
		return exitUndecided // of what was not recorded nothing is known
	}
	return status
}

// failed is the status if nothing was recorded.
func (o *bothOptions) failed(err error) int {
	var notRun *child.Error
	switch {
	case errors.As(err, &notRun) && o.status == statusCommand:
		return notRun.Status()
	case o.status == statusCommand:
		return exitFailed
	}
	return exitNotStarted
}

// start has both ends record, and gives up all privilege.
func (p *pair) start() (err error) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	p.catch()
	begun, over := make(chan struct{}), make(chan struct{})
	go func() { // until the recording obeys
		defer close(over)
		select {
		case <-p.signals:
			p.asked.Store(true)
			cancel()
		case <-begun:
		}
	}()
	defer func() { close(begun); <-over }()

	if len(p.o.command) > 0 {
		if err := child.Find(p.o.command[0]); err != nil {
			return err
		}
	}
	if p.roles, err = assignRoles(p.options); err != nil {
		return err
	}
	login := p.login()
	address, port := login.Address(ctx)
	if err := p.aim(ctx, address); err != nil {
		return err
	}
	if err := p.places(); err != nil {
		return err
	}
	if err := p.connect(ctx, login, port); err != nil {
		return err
	}
	return p.begin()
}

// aim configures this end. Without --peer the peer is the host of ssh, if its address
// is known here.
func (p *pair) aim(ctx context.Context, address string) (err error) {
	if len(p.options.peers) == 0 && p.options.filter == "" {
		if _, err := target.Resolve(ctx, address); err != nil {
			p.console.say("%v: at this end port %s is recorded with everybody; --peer names another", err, p.options.ports.String())
		} else {
			p.options.peers = []string{address}
		}
	}
	if p.config, err = configure(p.options, p.console); err != nil {
		return err
	}
	p.config.Notice = p.far.seen.here
	// Before anybody is asked for a passphrase.
	try, err := live.Open(p.config.Interfaces[0], p.config.Live)
	if err != nil {
		return explainOpening(err)
	}
	try.Close()
	return ctx.Err()
}

// places makes the server's file, and makes sure that the client's can be made.
func (p *pair) places() error {
	if _, err := os.Lstat(p.options.write); err == nil && !p.options.force {
		return &hinted{fmt.Errorf("%q: %w", p.options.write, store.ErrExists), "another --dir, or --force to replace it"}
	}
	options := p.storeOptions()
	options.Seal = false // its recorder seals it
	files, err := store.Create(p.o.path("server"), options)
	if errors.Is(err, store.ErrExists) && !p.options.force {
		return &hinted{err, "another --dir, or --force to replace it"}
	}
	if err != nil {
		return err
	}
	p.far.files = files
	p.opened[server], err = files.Open()
	return err
}

// The ends, in the order of a comparison.
const (
	client = iota
	server
)

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

// begin has this end record, and the command wait for its turn.
func (p *pair) begin() (err error) {
	closeLog := p.openKernelLog()
	p.lookAgain()
	if p.agent, err = agent.Start(p.config, p.opener(), p.create); err != nil {
		closeLog()
		return err
	}
	p.began = time.Now()
	if p.opened[client], err = p.files.(*store.Files).Open(); err != nil {
		return err
	}
	if len(p.options.command) > 0 {
		if p.held, err = child.Hold(p.options.command, p.roles.command); err != nil {
			return err
		}
		p.command = p.held.Command
	}
	return p.roles.drop()
}

// abandon ends what was begun, and leaves no file.
func (p *pair) abandon() {
	if p.held != nil {
		p.held.Cancel()
	}
	if p.agent != nil {
		p.agent.Close()
	}
	p.discard()
	if f := &p.far; f.end != nil {
		f.end.Stop()
		timer := time.AfterFunc(stopLimit, f.end.Kill)
		<-f.done
		timer.Stop()
		_ = f.end.Wait(stopLimit)
	}
	if p.far.files != nil {
		p.far.files.Discard()
	}
}

// run records until it is over, and returns what went wrong at either end.
func (p *pair) run() (failed []error) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	ignore := p.obey(cancel)
	conducted := make(chan struct{})
	go func() { defer close(conducted); p.conduct(ctx); cancel() }()
	err := p.agent.Record(ctx)
	cancel()
	<-conducted
	p.agent.Close()
	if err = errors.Join(err, p.files.Close()); err != nil {
		failed = append(failed, fmt.Errorf("at this end: %w", err))
	}
	if err := p.far.stop(); err != nil {
		failed = append(failed, fmt.Errorf("at %s: %w", p.o.host, err))
	}
	if p.command != nil {
		<-p.command.Done() // a recording may have ended before it
	}
	ignore()
	return failed
}

// conduct has the command run, or waits, and returns when the recording may end.
func (p *pair) conduct(ctx context.Context) {
	p.console.say("sealed from here on: head %s", p.files.Head())
	stopStatus := p.showStatus()
	if p.o.probe {
		p.tryTaps(ctx)
	}
	stopStatus()
	var ended <-chan struct{}
	if p.held == nil {
		p.console.say("recording at both ends; Ctrl-C stops")
		defer p.showStatus()()
	} else {
		ended = p.command.Done()
		if ctx.Err() != nil {
			p.held.Cancel()
		} else if err := p.held.Begin(); err != nil && !p.commandEnded() {
			p.console.say("the command: %v", err)
		}
	}
	before := p.far.seen.starts()
	select {
	case <-ctx.Done():
	case <-p.far.done:
		p.console.say("%s: nothing more comes from there: the recording ends at both ends", p.o.host)
	case <-ended:
		p.agent.Settle(ctx, settleLimit)
		p.far.settle(ctx, settleLimit)
		p.silent = p.far.seen.starts() == before
	}
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

// explainStart says what to do where recording could not begin.
func explainStart(err error, o *bothOptions) error {
	root := "log in as root there (root@" + o.host + ")"
	switch {
	case errors.Is(err, remote.ErrNoLogin):
		return &hinted{err, "try it alone: " + o.ssh + " " + shellWord(o.host) + " true"}
	case errors.Is(err, remote.ErrNoRecorder):
		return &hinted{err, "install bothcap or tcpdump there; --copy sends this program"}
	case errors.Is(err, remote.ErrNotCopied):
		return &hinted{err, "install bothcap there, or make room in /tmp"}
	case errors.Is(err, errNotThere) && o.sudo:
		return &hinted{err, "let sudo there run bothcap without a password (sudoers(5), NOPASSWD), or " + root + " without --sudo"}
	case errors.Is(err, errNotThere):
		return &hinted{err, "recording takes root there as well: --sudo, or " + root}
	case errors.Is(err, fs.ErrPermission):
		return &hinted{err, "another --dir"}
	}
	return err
}
