//go:build cgo || windows

package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"github.com/spf13/pflag"

	"bothends/capture/live"
	"bothends/cmd/bothcap/internal/agent"
	"bothends/cmd/bothcap/internal/child"
	"bothends/cmd/bothcap/internal/remote"
	"bothends/cmd/bothcap/internal/store"
	"bothends/cmd/bothcap/internal/target"
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
			p.console.say("%v: at this end port %s is recorded whoever the peer is; --peer names one", err, p.options.ports.String())
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
		return &hinted{fmt.Errorf("%q: %w", p.options.write, store.ErrExists), "choose another --dir, or --force to replace it"}
	}
	options := p.storeOptions()
	options.Seal = false // its recorder seals it
	files, err := store.Create(p.o.path("server"), options)
	if errors.Is(err, store.ErrExists) && !p.options.force {
		return &hinted{err, "choose another --dir, or --force to replace it"}
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
