//go:build cgo || windows

package main

import (
	"errors"
	"os"

	"bothends/cmd/bothcap/internal/privilege"
)

// roles are who does what once privilege is dropped.
type roles struct {
	recorder  *privilege.User // whom bothcap becomes; nil if it is not root
	command   *privilege.User // whom other programs run as; nil is as bothcap was started
	opener    *kept           // opens interfaces again
	signaller *kept           // passes signals on to the command
	maker     *kept           // makes files where the recorder may not
	caller    *privilege.User // who called sudo; nil if nobody did
	dropped   bool
}

// open runs what opens an interface: anywhere while there is privilege, and
// after that where some is left.
func (r *roles) open(f func()) {
	if r.dropped {
		r.opener.do(f)
		return
	}
	f()
}

// kept is a thread with one privilege left; nil is any thread.
type kept struct{ thread *privilege.Thread }

func (k *kept) do(f func()) {
	if k == nil {
		f()
		return
	}
	k.thread.Do(f)
}

// assignRoles looks users up and starts the threads that keep a privilege.
func assignRoles(o options) (roles, error) {
	var r roles
	if err := privilege.Seclude(); err != nil {
		return r, err
	}
	if !privilege.Root() {
		return r, nil
	}
	recorder, err := privilege.Choose(o.user)
	if errors.Is(err, privilege.ErrRoot) {
		return r, &hinted{err, "leave --user out: bothcap makes its files as root where only root may, and goes on as nobody"}
	}
	if err != nil {
		return r, err
	}
	r.recorder = &recorder
	caller, called, err := privilege.Caller()
	if err != nil {
		return r, err
	}
	if called {
		r.caller = &caller
	}
	if len(o.command) > 0 || o.remote {
		uid := os.Getuid()
		if called {
			r.command, uid = &caller, caller.UID
		}
		if uid != recorder.UID {
			if r.signaller, err = keep(privilege.SendSignals); err != nil {
				return r, err
			}
		}
	}
	if o.rotates() {
		if r.maker, err = keep(privilege.MakeFiles); err != nil {
			return r, err
		}
	}
	if o.reopen {
		if r.opener, err = keep(privilege.OpenInterface); err != nil {
			return r, err
		}
	}
	return r, nil
}

func keep(capability int) (*kept, error) {
	thread, err := privilege.Keep(capability)
	if err != nil {
		return nil, err
	}
	return &kept{thread: thread}, nil
}

// asCaller is whom programs run as that bothcap starts for its user; nil is as it was
// started itself.
func (r *roles) asCaller() *privilege.User { return r.caller }

// drop becomes the recorder. The threads that keep a privilege give up all
// others with their first task.
func (r *roles) drop() error {
	var user privilege.User
	if r.recorder != nil {
		user = *r.recorder
	}
	if err := privilege.Drop(user); err != nil {
		return err
	}
	r.dropped = true
	for _, k := range []*kept{r.opener, r.signaller, r.maker} {
		if k != nil {
			k.do(func() {})
		}
	}
	return nil
}
