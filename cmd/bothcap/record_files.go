//go:build cgo || windows

package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"bothends/cmd/bothcap/internal/agent"
	"bothends/cmd/bothcap/internal/privilege"
	"bothends/cmd/bothcap/internal/store"
)

// output is where a recording goes: a store's files, or its stream.
type output interface {
	agent.Output
	Close() error
	Sums() ([]store.Sum, error)
	Head() string  // the value of the first seal
	Value() string // and of the last, after Close
}

// mayRotate makes sure that further files can be made. In a folder where the user
// as whom bothcap goes on may make none, a thread keeps the privilege.
func (r *recording) mayRotate(files *store.Files) error {
	err := files.Probe()
	if errors.Is(err, fs.ErrPermission) && r.roles.maker != nil {
		files.Through(r.roles.maker.do)
		if err = files.Probe(); err == nil {
			r.console.say("user %q may not create files beside %s: one thread keeps the privilege to do so (CAP_DAC_OVERRIDE)", r.roles.recorder.Name, shellWord(r.options.write))
			return nil
		}
	}
	if r.roles.maker != nil {
		r.roles.maker.thread.Close()
		r.roles.maker = nil
	}
	if err != nil {
		return &hinted{fmt.Errorf("no further file can be created there: %w", err), "write to a folder where files can be created"}
	}
	return nil
}

// create makes the first file, or takes standard output for it.
func (r *recording) create() (agent.Output, error) {
	if r.options.write == "-" {
		if isTerminal(os.Stdout) {
			return nil, &hinted{errors.New("standard output is a terminal, and a recording is binary"), "-w FILE, or a pipe"}
		}
		r.files = store.NewStream(os.Stdout, store.Options{Seal: r.options.seal, Sign: r.signer.sign()})
		return r.files, nil
	}
	files, err := store.Create(r.options.write, r.storeOptions())
	if errors.Is(err, store.ErrExists) && !r.options.force {
		return nil, &hinted{err, "choose another name, or --force to replace it"}
	}
	if err != nil {
		return nil, err
	}
	r.files = files
	return files, nil
}

// storeOptions say whose the files are, and who may replace what was there.
func (r *recording) storeOptions() store.Options {
	o := store.Options{Force: r.options.force, Rotate: r.options.rotates(), Keep: r.options.keep, Now: time.Now,
		Seal: r.options.seal, Sign: r.signer.sign()}
	if u := r.roles.recorder; u != nil {
		o.Chown, o.UID, o.GID = true, u.UID, u.GID
	}
	if u := r.roles.caller; u != nil {
		o.Replace = func(remove func() error) error {
			err := privilege.As(*u, remove)
			if errors.Is(err, fs.ErrPermission) {
				err = fmt.Errorf("user %q may not replace it: %w", u.Name, err)
			}
			return err
		}
	}
	return o
}

func (r *recording) discard() {
	if files, ok := r.files.(*store.Files); ok {
		files.Discard()
	}
}
