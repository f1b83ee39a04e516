//go:build cgo || windows

package main

import (
	"errors"
	"fmt"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"bothends/cmd/bothcap/internal/remote"
	"bothends/cmd/internal/usage"
)

// bothOptions are what the command line of `bothcap both` says. Those of the
// recording are its options, as at this end; the other end's follow from them.
type bothOptions struct {
	options
	host            string
	ssh             string
	sudo            bool
	copy            bool
	serverInterface string
	dir             string
	probe           bool
	status          string
}

// Values of --status.
const (
	statusCompare = "compare"
	statusCommand = "command"
)

func (o *bothOptions) addFlags(f *pflag.FlagSet) {
	o.buffer = defaultBuffer
	f.Var(&o.ports, "port", "record TCP from or to `PORT`, a number or a service such as smtp; repeatable")
	f.StringArrayVar(&o.peers, "peer", nil, "at this end, record only TCP from or to `HOST` (default: the host of ssh); repeatable")
	f.StringVar(&o.filter, "filter", "", "record at both ends what this `BPF` filter admits instead (pcap-filter(7))")
	f.StringVar(&o.ssh, "ssh", "ssh", "`COMMAND` that logs in, such as 'ssh -J jump'; it is given to a shell here")
	f.BoolVar(&o.sudo, "sudo", false, "record there through sudo, which must not ask for a password")
	f.BoolVar(&o.copy, "copy", false, "send this program where there is no bothcap, if it fits; it is removed afterwards")
	f.StringArrayVarP(&o.interfaces, "interface", "i", nil, "at this end, record only on `IFACE`; repeatable (default: every way out)")
	f.StringVar(&o.serverInterface, "server-interface", "", "at the other end, record only on `IFACE` (default: every way out; with tcpdump, the interface that ssh uses)")
	f.StringVar(&o.dir, "dir", "", "write client.pcapng and server.pcapng to `FOLDER`, which must exist (default: the current one)")
	f.BoolVar(&o.force, "force", false, "replace them if they exist, provided that whoever called sudo may do so")
	f.StringVar(&o.session, "session", "", "note `NAME` in the files")
	f.BoolVar(&o.headersOnly, "headers-only", false, "keep IP and TCP headers only, and nothing of what was said")
	f.IntVar(&o.snapLen, "snaplen", defaultSnapLen, "keep at most `N` bytes of each packet")
	f.Var(&o.buffer, "buffer", "`SIZE` of the kernel's buffer for each interface")
	f.StringVar(&o.user, "user", "", "run as `USER` once recording has begun (default: whoever called sudo, else nobody)")
	f.BoolVar(&o.kernelLog, "kernel-log", true, "record what each kernel itself says of resets (Linux, root or CAP_PERFMON)")
	f.BoolVar(&o.probe, "probe", true, "before the command, open a connection to see that both ends record what passes")
	f.DurationVar(&o.duration, "duration", 0, "stop after `D`, such as 90s or 5m")
	f.StringVar(&o.status, "status", statusCompare, "exit with the status of `WHAT`: compare or command")
	f.BoolP("help", "h", false, "show this help, and do nothing else")
	usage.Choices(f, "status", statusCompare, statusCommand)
	usage.File(f, "dir")
}

func newBothFlags(o *bothOptions) *pflag.FlagSet {
	f := pflag.NewFlagSet("bothcap both", pflag.ContinueOnError)
	f.SortFlags = false
	f.Usage = func() {}
	o.addFlags(f)
	return f
}

// parseBoth reads the arguments behind "both".
func parseBoth(arguments []string) (o bothOptions, err error) {
	if arguments, o.command, err = cutCommand(arguments); err != nil {
		return o, &hinted{err, "bothcap both HOST [FLAGS] -- COMMAND [ARGUMENT...]"}
	}
	f := newBothFlags(&o)
	if err := f.Parse(arguments); err != nil {
		if flag := usage.GuessFlag(f, err); flag != "" {
			return o, &hinted{err, "did you mean " + flag + "?"}
		}
		return o, &hinted{err, "bothcap both --help lists the flags"}
	}
	if f.Changed("help") {
		return o, pflag.ErrHelp
	}
	o.bufferGiven, o.end, o.remote = f.Changed("buffer"), "client", true
	o.seal = true
	o.reopen = len(o.interfaces) == 0
	const example = "bothcap both mail.example.org --port 587 -- swaks --server mail.example.org"
	switch {
	case runtime.GOOS == "windows":
		return o, errors.New("both needs a Unix shell and ssh")
	case f.NArg() == 0:
		return o, &hinted{errors.New("at which host is the other end?"), example}
	case f.NArg() > 1:
		return o, &hinted{fmt.Errorf("%q comes after the host", f.Arg(1)), "a command comes after --: " + example}
	case len(o.ports) == 0 && o.filter == "":
		return o, &hinted{errors.New("which port? At the other end everybody's traffic is not what you want"), example}
	case o.status != statusCompare && o.status != statusCommand:
		return o, fmt.Errorf("--status is compare or command, not %q", o.status)
	case o.status == statusCommand && len(o.command) == 0:
		return o, errors.New("--status command: there is no command after --")
	case f.Changed("duration") && o.duration <= 0:
		return o, errors.New("--duration must be longer than 0s")
	case strings.TrimSpace(o.ssh) == "":
		return o, errors.New("--ssh names no command")
	}
	o.host, o.write = f.Arg(0), o.path("client")
	if err := remote.CheckHost(o.host); err != nil {
		return o, err
	}
	return o, o.check(f)
}

// path is where the recording of an end is kept.
func (o *bothOptions) path(end string) string { return filepath.Join(o.dir, end+".pcapng") }

// there is the command line of bothcap at the other end.
func (o *bothOptions) there() []string {
	words := []string{"--end", "server", "-w", "-", "--lifeline", remote.Lifeline.String(),
		"--snaplen", strconv.Itoa(o.snapLen), fmt.Sprintf("--kernel-log=%v", o.kernelLog), fmt.Sprintf("--headers-only=%v", o.headersOnly)}
	if o.filter != "" {
		words = append(words, "--filter", o.filter)
	} else {
		words = append(words, "--port", o.ports.String())
	}
	if o.session != "" {
		words = append(words, "--session", o.session)
	}
	if o.serverInterface != "" {
		words = append(words, "-i", o.serverInterface)
	}
	if o.bufferGiven {
		words = append(words, "--buffer", o.buffer.String())
	}
	return words
}

// How long the parts of it may take.
const (
	// probeLimit is how long both taps may take to show a probe: the way there and
	// back, and a second until a recorder writes what it has.
	probeLimit = 6 * time.Second
	dialLimit  = 3 * time.Second
	// stopLimit is how long the other end may take to complete its recording.
	stopLimit = 15 * time.Second
)
