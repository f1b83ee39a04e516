//go:build cgo || windows

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"slices"
	"sync/atomic"
	"time"

	"bothends/capture/live"
	"bothends/cmd/bothcap/internal/agent"
	"bothends/cmd/bothcap/internal/child"
	"bothends/cmd/bothcap/internal/host"
	"bothends/cmd/bothcap/internal/kernellog"
	"bothends/cmd/bothcap/internal/store"
)

// settleLimit is how long a connection may take to end after its command has.
const settleLimit = 2 * time.Second

// A recording is one run of bothcap.
type recording struct {
	options options
	console *console
	config  agent.Config
	roles   roles
	files   output
	agent   *agent.Agent
	command *child.Command
	signals chan os.Signal
	asked   atomic.Bool // by a signal, to stop
	began   time.Time
	signer  *signer
	looker  *host.Looker // nil if there is none
}

// record does all of it and returns the exit status.
func record(o options, c *console) int {
	r := &recording{options: o, console: c}
	err := r.start()
	if err != nil {
		c.fail(err)
		var notRun *child.Error
		switch {
		case errors.As(err, &notRun):
			return notRun.Status()
		case len(o.command) > 0:
			return exitFailed
		}
		return exitNotStarted
	}
	err = r.run()
	if err != nil {
		c.fail(explainFailure(err))
	}
	r.summarise()
	switch {
	case err != nil && r.command != nil:
		return exitFailed
	case err != nil:
		return exitIncomplete
	case r.command != nil:
		return r.command.Status()
	}
	return exitRecorded
}

// start does what needs privilege, and gives it up.
func (r *recording) start() error {
	var err error
	if r.config, err = configure(r.options, r.console); err != nil {
		return err
	}
	if r.roles, err = assignRoles(r.options); err != nil {
		return err
	}
	if err = r.startSigner(); err != nil {
		return err
	}
	r.lookAgain()
	closeLog := r.openKernelLog()
	if r.agent, err = agent.Start(r.config, r.opener(), r.create); err != nil {
		closeLog()
		r.discard()
		r.signer.dismiss()
		if errors.Is(err, live.ErrFilter) && r.options.trailing {
			err = &hinted{err, "a command comes after --: bothcap [FLAGS] -w FILE -- COMMAND; a filter is pcap-filter(7)'s"}
		}
		return err
	}
	r.began = time.Now()
	r.catch()
	if err := r.handOver(); err != nil {
		r.agent.Close()
		r.discard()
		r.signer.dismiss()
		return err
	}
	return nil
}

// opener opens interfaces with the privilege that there is.
func (r *recording) opener() agent.Opener {
	return func(name string, o live.Options) (agent.Source, error) {
		var source *live.Handle
		var err error
		r.roles.open(func() { source, err = live.Open(name, o) })
		if err != nil {
			return nil, explainOpening(err)
		}
		return source, nil
	}
}

// openKernelLog has the kernel tell of the resets that it sends and takes, as long as
// there is the privilege to ask. Without it the recording goes on.
func (r *recording) openKernelLog() (done func()) {
	if !r.options.kernelLog {
		return func() {}
	}
	loopback := slices.ContainsFunc(r.config.Interfaces, func(name string) bool { return name == live.AnyInterface || name == host.Loopback() })
	log, err := kernellog.Open(func(local, remote kernellog.Endpoint) bool {
		return (loopback || !local.Addr().IsLoopback()) && r.config.Target.Concerns(local, remote)
	})
	if err != nil {
		r.config.KernelMissing = err.Error()
		if !errors.Is(err, kernellog.ErrUnsupported) || runtime.GOOS == "linux" {
			r.console.say("without the kernel's log of resets: %v", err)
		}
		return func() {}
	}
	r.config.KernelLog = log
	return log.Close
}

// handOver starts the command, while there is the privilege to become its user,
// and then drops all privilege.
func (r *recording) handOver() error {
	if len(r.options.command) > 0 {
		var err error
		if r.command, err = child.Start(r.options.command, r.roles.command); err != nil {
			return err
		}
	}
	err := r.roles.drop()
	if files, ok := r.files.(*store.Files); ok && err == nil && r.options.rotates() {
		err = r.mayRotate(files)
	}
	if err != nil && r.command != nil {
		r.roles.signaller.do(func() { r.command.Signal(os.Kill) })
	}
	return err
}

// run records until it is over.
func (r *recording) run() error {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	defer r.obey(cancel)()
	if head := r.files.Head(); head != "" {
		r.console.say("sealed from here on: head %s", head)
	}
	if r.options.lifeline > 0 {
		go tether(os.Stdin, r.options.lifeline, cancel, func() { os.Exit(exitIncomplete) })
	}
	if r.command == nil {
		r.announce()
		stopStatus := r.showStatus()
		defer stopStatus()
	} else {
		go func() {
			<-r.command.Done()
			r.agent.Settle(ctx, settleLimit)
			cancel()
		}()
	}
	err := r.agent.Record(ctx)
	if r.command != nil {
		// A limit may have ended the recording before the command.
		<-r.command.Done()
	}
	r.agent.Close()
	r.looker.Close()
	return errors.Join(err, r.files.Close())
}

// announce says that it records, and what stops it.
func (r *recording) announce() {
	if r.options.lifeline > 0 {
		r.console.say("recording on %s", r.where())
		return
	}
	r.console.say("recording on %s to %s; Ctrl-C stops", r.where(), shellWord(r.options.write))
}

// where names the interfaces that are recorded, and the one that a user might
// expect.
func (r *recording) where() string {
	names := interfaceNames(r.agent.Interfaces())
	if loopback := host.Loopback(); r.config.Everywhere && loopback != "" && !slices.Contains(r.agent.Interfaces(), loopback) {
		return fmt.Sprintf("%s (every way out; not on %s)", names, loopback)
	}
	return names
}

// showStatus keeps a status line on a terminal until it is stopped.
func (r *recording) showStatus() (stop func()) {
	done, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		ticker := time.NewTicker(time.Second)
		defer ticker.Stop()
		for {
			select {
			case <-ticker.C:
				if r.console.terminal {
					r.console.status(statusLine(r.agent.Status()))
				}
			case <-done:
				return
			}
		}
	}()
	return func() { close(done); <-ended }
}

func (r *recording) summarise() {
	lasted := time.Since(r.began)
	sums, err := r.files.Sums()
	r.console.mu.Lock()
	defer r.console.mu.Unlock()
	r.console.erase()
	summary{status: r.agent.Status(), sums: sums, interfaces: r.agent.Interfaces(), lasted: lasted, end: r.options.end, write: r.options.write,
		head: r.files.Head(), seal: r.files.Value(), signed: r.signer != nil && r.signer.signed}.print(r.console.text())
	if err != nil {
		fmt.Fprintf(r.console.text(), "bothcap: no checksum: %v\n", err)
	}
}

var _ agent.Source = (*live.Handle)(nil)
