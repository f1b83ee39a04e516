//go:build cgo || windows

package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"bothends/capture/live"
	"bothends/cmd/bothcap/internal/agent"
	"bothends/cmd/internal/usage"
)

// options are the flags, and the command around which to record.
type options struct {
	interfaces     []string
	peers          []string
	ports          ports
	filter         string
	trailing       bool // the filter, as with tcpdump
	everything     bool
	write          string
	force          bool
	session        string
	end            string
	headersOnly    bool
	snapLen        int
	buffer         size
	bufferGiven    bool
	promiscuous    bool
	user           string
	reopen         bool
	kernelLog      bool
	seal           bool
	sign           string
	log            string
	duration       time.Duration
	maxPackets     int64
	maxSize        size
	afterReset     time.Duration
	rotateSize     size
	rotateInterval time.Duration
	keep           int
	listInterfaces bool
	version        bool
	manual         bool
	completion     string
	lifeline       time.Duration
	leaveOut       connections
	command        []string
	remote         bool // another program runs beside: ssh
}

const (
	// defaultSnapLen is libpcap's MAXIMUM_SNAPLEN: whole packets, those that
	// offloads put together too.
	defaultSnapLen = 262144
	// headersSnapLen has room for all headers: Ethernet with two tags (22), an outer IPv6
	// header with UDP and VXLAN (56), Ethernet, IPv6 (54) with extensions, and TCP with
	// all its options (60).
	headersSnapLen = 512

	// defaultBuffer is the kernel's ring. A packet of 100 bytes takes about 200
	// there with its header (struct tpacket3_hdr, sockaddr_ll, alignment), so at
	// 200,000 a second 32 MiB last 0.8 s; at a full gigabit of large packets,
	// 125 MB/s, a quarter of a second. A recorder that waits for its disk longer
	// than that loses packets. libpcap's own 2 MiB last a sixteenth.
	defaultBuffer = 32 << 20

	// readTimeout is how long the kernel holds packets back. Shorter ones cost
	// wake-ups, longer ones delay what a user sees.
	readTimeout = 100 * time.Millisecond

	// minFile is the smallest limit on a file's size: head, statistics and the
	// largest packet fit in a third of it.
	minFile = 1 << 20
)

func (o *options) addFlags(f *pflag.FlagSet) {
	o.buffer = defaultBuffer
	f.StringArrayVarP(&o.interfaces, "interface", "i", nil, "record on `IFACE`; repeatable (default: every way out, those that appear later too)")
	f.StringArrayVar(&o.peers, "peer", nil, "record TCP from or to `HOST`, a name or an address; repeatable")
	f.Var(&o.ports, "port", "record TCP from or to `PORT`, a number or a service such as smtp; repeatable")
	f.StringVar(&o.filter, "filter", "", "record what this `BPF` filter admits instead (pcap-filter(7)); it may also come last, as with tcpdump")
	f.BoolVar(&o.everything, "everything", false, "record everything")
	f.StringVarP(&o.write, "write", "w", "", "write to `FILE` (pcapng); - is standard output")
	f.BoolVar(&o.force, "force", false, "replace FILE if it exists, provided that whoever called sudo may do so")
	f.StringVar(&o.session, "session", "", "note `NAME` in the file")
	f.StringVar(&o.end, "end", "", "note which `END` this is: client or server")
	f.BoolVar(&o.headersOnly, "headers-only", false, "keep IP and TCP headers only, and nothing of what was said")
	f.IntVar(&o.snapLen, "snaplen", defaultSnapLen, "keep at most `N` bytes of each packet")
	f.Var(&o.buffer, "buffer", "`SIZE` of the kernel's buffer for each interface")
	f.BoolVar(&o.promiscuous, "promiscuous", false, "take in frames for other hosts, too")
	f.StringVar(&o.user, "user", "", "run as `USER` once recording has begun (default: whoever called sudo, else nobody)")
	f.BoolVar(&o.reopen, "reopen", false, "keep the privilege to open interfaces that come back or are new (CAP_NET_RAW); without -i that is the default")
	f.BoolVar(&o.kernelLog, "kernel-log", true, "record what the kernel itself says of resets (Linux, root or CAP_PERFMON)")
	f.BoolVar(&o.seal, "seal", true, "write hashes of what was recorded into the file, so that a later change shows (bothends info)")
	f.StringVar(&o.sign, "sign", "", "sign the last of those hashes with this SSH `KEY` (ssh-keygen -Y sign)")
	f.DurationVar(&o.duration, "duration", 0, "stop after `D`, such as 90s or 5m")
	f.Int64Var(&o.maxPackets, "max-packets", 0, "stop after `N` packets")
	f.Var(&o.maxSize, "max-size", "stop before the files exceed `SIZE`, such as 500M")
	f.DurationVar(&o.afterReset, "stop-after-reset", 0, "stop `D` after the first reset on any connection")
	f.Var(&o.rotateSize, "rotate-size", "start a new file before one exceeds `SIZE`")
	f.DurationVar(&o.rotateInterval, "rotate-interval", 0, "start a new file every `D`")
	f.IntVar(&o.keep, "keep", 0, "keep only the newest `N` files")
	f.DurationVar(&o.lifeline, "lifeline", 0, "stop when standard input ends, or brings nothing for `D`: for programs that start this one elsewhere")
	f.Var(&o.leaveOut, "leave-out", "leave out `CONNECTION`, given as \"ADDRESS PORT ADDRESS PORT\" such as \"$SSH_CONNECTION\"; repeatable")
	f.BoolVar(&o.listInterfaces, "list-interfaces", false, "list the interfaces, and do nothing else")
	f.BoolVar(&o.version, "version", false, "show the version, and do nothing else")
	f.BoolVar(&o.manual, "manual", false, "")
	f.StringVar(&o.completion, "completion", "", "")
	for _, name := range []string{"manual", "completion"} { // they stand apart, see program
		f.Lookup(name).Hidden = true
	}
	f.BoolP("help", "h", false, "show this help, and do nothing else")
}

func newFlags(o *options) *pflag.FlagSet {
	f := pflag.NewFlagSet("bothcap", pflag.ContinueOnError)
	f.SortFlags = false
	f.Usage = func() {}
	o.addFlags(f)
	return f
}

// parse reads the arguments. Whatever is wrong, the command is in the result.
func parse(arguments []string) (options, error) {
	var o options
	var err error
	if arguments, o.command, err = cutCommand(arguments); err != nil {
		return o, &hinted{err, "bothcap [FLAGS] -w FILE -- COMMAND [ARGUMENT...]"}
	}
	f := newFlags(&o)
	if err := f.Parse(arguments); err != nil {
		if flag := usage.GuessFlag(f, err); flag != "" {
			return o, &hinted{err, "did you mean " + flag + "?"}
		}
		return o, &hinted{err, "bothcap --help lists the flags"}
	}
	if f.Changed("help") {
		return o, pflag.ErrHelp
	}
	if o.listInterfaces || o.version || o.manual || f.Changed("completion") {
		return o, nil
	}
	if f.NArg() > 0 {
		if o.filter != "" {
			return o, fmt.Errorf("there is a filter at the end (%q) and another in --filter", f.Arg(0))
		}
		o.filter, o.trailing = strings.Join(f.Args(), " "), true
	}
	for flag, limit := range map[string]*time.Duration{"duration": &o.duration, "rotate-interval": &o.rotateInterval, "lifeline": &o.lifeline, "stop-after-reset": &o.afterReset} {
		if f.Changed(flag) && *limit < 0 || f.Changed(flag) && *limit == 0 && flag != "stop-after-reset" {
			return o, fmt.Errorf("--%s must be longer than 0s", flag)
		}
	}
	if f.Changed("stop-after-reset") {
		o.afterReset = max(o.afterReset, 1) // at once
	}
	if !f.Changed("reopen") {
		o.reopen = len(o.interfaces) == 0
	}
	o.bufferGiven = f.Changed("buffer")
	return o, o.check(f)
}

// cutCommand parts the arguments from the command behind them, if there is one.
func cutCommand(arguments []string) (flags, command []string, err error) {
	at := slices.Index(arguments, "--")
	if at < 0 {
		return arguments, nil, nil
	}
	if command = arguments[at+1:]; len(command) == 0 {
		err = errors.New("no command after --")
	}
	return arguments[:at], command, err
}

// check refuses what cannot be meant, and says what could be.
func (o *options) check(f *pflag.FlagSet) error {
	made := len(o.peers) > 0 || len(o.ports) > 0
	switch {
	case o.everything && (made || o.filter != ""):
		return errors.New("--everything leaves nothing for --peer, --port or --filter to choose")
	case o.filter != "" && made:
		return &hinted{errors.New("--filter takes the place of --peer and --port"), "put all of it into the filter, and name the interface with -i"}
	case !o.everything && !made && o.filter == "":
		return &hinted{errors.New("what to record? Everybody's traffic is not what you want"),
			"bothcap --peer mail.example.org --port 587 -w client.pcapng (or --everything, if you do)"}
	case o.write == "":
		return &hinted{errors.New("where to? There is no -w FILE"), "bothcap ... -w client.pcapng"}
	case slices.Contains(o.interfaces, live.AnyInterface) && len(o.interfaces) > 1:
		return errors.New(`-i any stands for all interfaces: another beside it would record its packets twice`)
	case repeated(o.interfaces) != "":
		return fmt.Errorf("-i %s twice would record its packets twice", repeated(o.interfaces))
	case o.end != "" && o.end != "client" && o.end != "server":
		return fmt.Errorf("--end is client or server, not %q", o.end)
	case o.snapLen < 64 || o.snapLen > defaultSnapLen:
		return fmt.Errorf("--snaplen %d is not between 64 and %d", o.snapLen, defaultSnapLen)
	case o.buffer < 64<<10 || o.buffer > 1<<30:
		return errors.New("--buffer is not between 64K and 1G")
	case f.Changed("max-packets") && o.maxPackets <= 0:
		return errors.New("--max-packets must be at least 1")
	case f.Changed("max-size") && o.maxSize < minFile, f.Changed("rotate-size") && o.rotateSize < minFile:
		return errors.New("a size limit below 1M leaves no room for a file's head and end")
	case f.Changed("keep") && o.keep < 1:
		return errors.New("--keep must keep at least one file")
	case o.keep > 0 && !o.rotates():
		return &hinted{errors.New("--keep has nothing to choose from"), "--rotate-size SIZE or --rotate-interval D makes several files"}
	case o.rotates() && o.write == "-":
		return errors.New("standard output cannot be rotated")
	case o.sign != "" && !o.seal:
		return errors.New("--sign has no seal to sign: leave out --seal=false")
	case len(o.command) > 0 && o.lifeline > 0:
		return errors.New("standard input is the command's: --lifeline cannot have it")
	case len(o.command) > 0 && o.write == "-":
		return errors.New("standard output is the command's: give -w a file")
	}
	return nil
}

// repeated is a name that stands in a list more than once, or empty.
func repeated(names []string) string {
	for i, name := range names {
		if slices.Contains(names[:i], name) {
			return name
		}
	}
	return ""
}

func (o *options) rotates() bool { return o.rotateSize > 0 || o.rotateInterval > 0 }

// kept is how many bytes of a packet the kernel is to hand over. Those of headers alone
// fill its ring less: of bulk it holds three times as many packets, of jumbo frames and
// of what the card merges more.
func (o *options) kept() int {
	if o.headersOnly {
		return min(o.snapLen, headersSnapLen)
	}
	return o.snapLen
}

func (o *options) limits() agent.Limits {
	return agent.Limits{
		Packets: o.maxPackets, Size: int64(o.maxSize), Duration: o.duration, AfterReset: o.afterReset,
		RotateSize: int64(o.rotateSize), RotateInterval: o.rotateInterval,
	}
}
