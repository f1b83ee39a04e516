//go:build cgo || windows

package main

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"time"

	"github.com/spf13/pflag"

	"bothends/cmd/internal/usage"
)

// watchOptions are those of the flight recorder, beside those that it has in common
// with a recording.
type watchOptions struct {
	options
	dir    string
	disk   size
	per    string
	stuck  time.Duration
	around time.Duration
	whole  bool
	help   bool
}

// What a file holds.
const (
	perConnection = "connection"
	perDay        = "day"
)

const (
	defaultDisk = 1 << 30
	// minDisk leaves each of the ring's files the smallest size that a file may have.
	minDisk = 64 << 20
	// defaultStuck is longer than a connection waits that goes on: with Linux's timer
	// that doubles from 200 ms it is seven retransmissions.
	defaultStuck = 30 * time.Second
	// defaultAround is as long as the other end may be silent before it finds out that
	// its connection is gone, in the middle of a dialogue.
	defaultAround = time.Minute
)

func (o *watchOptions) addFlags(f *pflag.FlagSet) {
	o.buffer, o.snapLen, o.disk, o.per = defaultBuffer, defaultSnapLen, defaultDisk, perConnection
	f.StringArrayVarP(&o.interfaces, "interface", "i", nil, "watch `IFACE`; repeatable (default: every way out, those that appear later too)")
	f.StringArrayVar(&o.peers, "peer", nil, "watch TCP from or to `HOST`, a name or an address; repeatable")
	f.Var(&o.ports, "port", "watch TCP from or to `PORT`, a number or a service such as smtp; repeatable")
	f.StringVar(&o.filter, "filter", "", "watch what this `BPF` filter admits instead (pcap-filter(7))")
	f.StringVar(&o.dir, "dir", "", "keep all files in the folder `D`, which is created if it does not exist")
	f.Var(&o.disk, "disk", "use at most `SIZE` there, half of it for what is kept; the oldest is removed first")
	f.StringVar(&o.per, "per", perConnection, "keep a file for each `WHAT`: connection or day")
	f.DurationVar(&o.stuck, "stuck", defaultStuck, "call a connection stuck, or unanswered, after `D` of retransmissions")
	f.DurationVar(&o.around, "around", defaultAround, "keep all that passed from `D` before to `D` after, too")
	f.BoolVar(&o.whole, "whole-packets", false, "keep whole packets, and not only IP and TCP headers")
	f.StringVar(&o.session, "session", "", "note `NAME` in the files")
	f.StringVar(&o.end, "end", "", "note which `END` this is: client or server")
	f.StringVar(&o.log, "log", "", "write messages to `FILE`, which is reopened on SIGHUP (default: standard error)")
	f.Var(&o.buffer, "buffer", "`SIZE` of the kernel's buffer for each interface")
	f.StringVar(&o.user, "user", "", "run as `USER` once recording has begun (default: whoever called sudo, else nobody)")
	f.BoolVar(&o.kernelLog, "kernel-log", true, "record what the kernel itself says of resets (Linux, root or CAP_PERFMON)")
	f.BoolVarP(&o.help, "help", "h", false, "show this help, and do nothing else")
}

func newWatchFlags(o *watchOptions) *pflag.FlagSet {
	f := pflag.NewFlagSet("bothcap watch", pflag.ContinueOnError)
	f.SortFlags = false
	f.Usage = func() {}
	o.addFlags(f)
	return f
}

// parseWatch reads the arguments behind "watch".
func parseWatch(arguments []string) (watchOptions, error) {
	var o watchOptions
	f := newWatchFlags(&o)
	if err := f.Parse(arguments); err != nil {
		if flag := usage.GuessFlag(f, err); flag != "" {
			return o, &hinted{err, "did you mean " + flag + "?"}
		}
		return o, &hinted{err, "bothcap watch --help lists the flags"}
	}
	if o.help {
		return o, nil
	}
	o.headersOnly, o.bufferGiven, o.reopen = !o.whole, f.Changed("buffer"), true
	switch {
	case f.NArg() > 0:
		return o, fmt.Errorf("%q is no flag", f.Arg(0))
	case o.dir == "":
		return o, &hinted{errors.New("where to keep it? There is no --dir"), "bothcap watch ... --dir /var/lib/bothcap"}
	case o.disk < minDisk:
		return o, errors.New("--disk below 64M leaves no room for a ring")
	case o.per != perConnection && o.per != perDay:
		return o, fmt.Errorf("--per is connection or day, not %q", o.per)
	case o.stuck < time.Second:
		return o, errors.New("--stuck must be a second or more")
	case o.around < 0 || o.around > time.Hour:
		return o, errors.New("--around must be at least 0s and at most an hour")
	}
	o.write = o.dir
	return o, o.check(f)
}

// ownAddresses are this host's.
func ownAddresses() (list []string) {
	addresses, err := net.InterfaceAddrs()
	if err != nil {
		return nil
	}
	for _, a := range addresses {
		if p, err := netip.ParsePrefix(a.String()); err == nil {
			list = append(list, p.Addr().Unmap().String())
		}
	}
	return list
}
