//go:build cgo || windows

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"bothends/capture/testimony"
	"bothends/cmd/bothcap/internal/agent"
	"bothends/cmd/bothcap/internal/host"
	"bothends/cmd/internal/usage"
)

// The rules of what check prints: the verdict first, in the words of bothends info;
// then a line for each thing that was looked at, what is wrong before what is well,
// and what to do about it.

// Exit statuses of check; the list for users is in help.go.
const (
	exitReady   = 0
	exitLacking = 1
	exitUnable  = 2
)

// A weight is what a finding means for a recording.
type weight int

const (
	well    weight = iota
	lacking        // a judge would miss it
	unable         // nothing can be recorded
)

func (w weight) String() string { return [...]string{"ok", "lacks", "NO"}[w] }

// A finding is one thing that was looked at.
type finding struct {
	weight weight
	what   string
	text   string
	advice string // as a sentence without a full stop; empty if all is well
}

// measureFor is how long packets are counted, unless the user says otherwise.
const measureFor = 2 * time.Second

// lowDisk is the room below which a recording of some minutes may not fit.
const lowDisk = 100 << 20

func (o *options) addCheckFlags(f *pflag.FlagSet) {
	o.buffer, o.snapLen, o.kernelLog = defaultBuffer, defaultSnapLen, true
	f.StringArrayVarP(&o.interfaces, "interface", "i", nil, "check `IFACE`; repeatable (default: every way out)")
	f.StringArrayVar(&o.peers, "peer", nil, "check the way to `HOST`, a name or an address; repeatable")
	f.Var(&o.ports, "port", "count TCP with `PORT`, a number or a service such as smtp; repeatable")
	f.StringVar(&o.filter, "filter", "", "count what this `BPF` filter admits (pcap-filter(7)) instead")
	f.StringVarP(&o.write, "write", "w", "", "check that `FILE` could be written, and the room for it")
	f.Var(&o.buffer, "buffer", "`SIZE` of the kernel's buffer for each interface")
	f.StringVar(&o.user, "user", "", "become `USER` once the interfaces are open (default: who called sudo, else nobody)")
	f.DurationVar(&o.duration, "duration", measureFor, "count packets and drops for `D`")
	f.BoolP("help", "h", false, "show this help, and do nothing else")
}

func newCheckFlags(o *options) *pflag.FlagSet {
	f := pflag.NewFlagSet("bothcap check", pflag.ContinueOnError)
	f.SortFlags = false
	f.Usage = func() {}
	o.addCheckFlags(f)
	return f
}

// parseCheck reads the arguments behind "check".
func parseCheck(arguments []string) (options, error) {
	var o options
	f := newCheckFlags(&o)
	if err := f.Parse(arguments); err != nil {
		if flag := usage.GuessFlag(f, err); flag != "" {
			return o, &hinted{err, "did you mean " + flag + "?"}
		}
		return o, &hinted{err, "bothcap check --help lists the flags"}
	}
	o.bufferGiven, o.reopen = f.Changed("buffer"), false
	switch {
	case f.Changed("help"):
		return o, pflag.ErrHelp
	case f.NArg() > 0:
		return o, fmt.Errorf("%q is no flag", f.Arg(0))
	case o.filter != "" && (len(o.peers) > 0 || len(o.ports) > 0):
		return o, errors.New("--filter takes the place of --peer and --port")
	case o.duration <= 0 || o.duration > time.Minute:
		return o, errors.New("--duration is not between nothing and a minute")
	case repeated(o.interfaces) != "":
		return o, fmt.Errorf("-i %s stands there twice", repeated(o.interfaces))
	}
	return o, nil
}

// runCheck looks at all that a recording needs, records into nothing for a moment,
// and returns the exit status.
func runCheck(arguments []string, c *console) int {
	o, err := parseCheck(arguments)
	if errors.Is(err, pflag.ErrHelp) {
		verb, _ := program().Verb("check")
		fmt.Print(program().VerbHelp(verb))
		return exitReady
	}
	if err != nil {
		c.fail(err)
		return exitUnable
	}
	l := &checklist{options: o}
	l.look(c)
	return l.print(&visible{os.Stdout})
}

// A checklist is what was found.
type checklist struct {
	options  options
	findings []finding
}

func (l *checklist) add(w weight, what, advice, format string, arguments ...any) {
	l.findings = append(l.findings, finding{w, what, fmt.Sprintf(format, arguments...), advice})
}

// failed adds an error, with the hint that it may have.
func (l *checklist) failed(what string, err error) {
	advice := "see bothcap --help"
	var h *hinted
	if errors.As(err, &h) {
		advice = h.hint
	}
	l.add(unable, what, advice, "%v", err)
}

func (l *checklist) look(c *console) {
	quiet := &console{out: io.Discard}
	r := &recording{options: l.options, console: quiet}
	var err error
	if r.config, err = configure(l.options, quiet); err != nil {
		l.failed("interfaces", err)
		return
	}
	l.interfaces(r)
	if r.roles, err = assignRoles(l.options); err != nil {
		l.failed("user", err)
		return
	}
	l.disk(r)
	r.openKernelLog()
	if r.agent, err = agent.Start(r.config, r.opener(), func() (agent.Output, error) { return nowhere{}, nil }); err != nil {
		l.failed("permission", err)
		return
	}
	defer r.agent.Close()
	if err := r.roles.drop(); err != nil {
		l.failed("user", err)
		return
	}
	l.host(r.agent.StartRecord())
	ctx, cancel := context.WithTimeout(context.Background(), l.options.duration)
	defer cancel()
	c.status(fmt.Sprintf("counting packets for %s", l.options.duration))
	err = r.agent.Record(ctx)
	c.mu.Lock()
	c.erase()
	c.mu.Unlock()
	if err != nil {
		l.failed("recording", err)
		return
	}
	l.counted(r.agent.Status(), r.agent.Interfaces())
}

// nowhere takes a recording that is not kept.
type nowhere struct{}

func (nowhere) Write(b []byte) (int, error) { return len(b), nil }
func (nowhere) Rotate() error               { return nil }
func (nowhere) Truncate(int64) error        { return nil }

func (l *checklist) interfaces(r *recording) {
	recorded := r.config.Interfaces
	text := strings.Join(recorded, ", ")
	if r.config.Everywhere {
		text += ": every way out"
	}
	if routed, err := routes(r.config.Target); err != nil {
		l.add(lacking, "route", "name the peer as the session will, and look at ip route", "%v", err)
	} else if len(routed) > 0 {
		text += "; the peer is reached by " + strings.Join(routed, ", ")
		for _, name := range routed {
			if !slices.Contains(recorded, name) {
				l.add(lacking, "route", "leave -i out", "the peer is reached by %s, which would not be recorded", name)
			}
		}
	}
	l.add(well, "interfaces", "", "%s", text)
	if ways, err := uplinks(); err == nil {
		ways = slices.DeleteFunc(ways, func(name string) bool { return slices.Contains(recorded, name) })
		if len(ways) > 0 && !slices.Contains(recorded, "any") {
			l.add(lacking, "ways out", "leave -i out", "a reset may leave by %s, which would not be recorded", strings.Join(ways, ", "))
		}
	}
	var together []string
	for _, name := range recorded {
		offloads, _ := host.Offloads(name)
		for what, on := range offloads {
			if on && !slices.Contains(together, what) {
				together = append(together, what)
			}
		}
	}
	if slices.Sort(together); len(together) > 0 {
		l.add(well, "offloads", "", "%s: packets are shown larger than they are on the wire, which bothends compares by their bytes", strings.ToUpper(strings.Join(together, ", ")))
	}
}

// disk looks whether the file could be made, and leaves nothing behind.
func (l *checklist) disk(r *recording) {
	path := l.options.write
	if path == "" || path == "-" {
		return
	}
	if _, err := os.Lstat(path); err == nil {
		l.add(lacking, "file", "another name, or --force to replace it", "%s exists already", shellWord(path))
	} else if !errors.Is(err, fs.ErrNotExist) {
		l.add(unable, "file", "another folder", "%s: %v", shellWord(path), err)
		return
	}
	folder := filepath.Dir(path)
	probe, err := os.CreateTemp(folder, ".bothcap-check-")
	if err != nil {
		l.add(unable, "file", "a folder that can be written to", "%v", err)
		return
	}
	probe.Close()
	os.Remove(probe.Name())
	free, err := host.Free(folder)
	switch {
	case err != nil:
	case free < lowDisk:
		l.add(lacking, "disk", "make room, or bound the recording by --max-size", "%s free for %s", bytesText(free), shellWord(path))
	default:
		l.add(well, "disk", "", "%s free for %s", bytesText(free), shellWord(path))
	}
}

// host judges what is noted at the start of every recording.
func (l *checklist) host(r testimony.Record) {
	switch c := r.Clock; {
	case c == nil:
		l.add(lacking, "clock", "look at timedatectl or ntpq -p", "nothing says whether it is synchronised")
	case !c.Synchronised:
		l.add(lacking, "clock", "start chrony or systemd-timesyncd, so that times can be compared with logs; bothends itself measures the difference from the packets", "not synchronised")
	default:
		l.add(well, "clock", "", "synchronised, and wrong by at most %s", time.Duration(c.MaximumErrorNS).Round(time.Microsecond))
	}
	l.kernel(r.KernelLog)
	if h := r.Host; h != nil {
		l.senders(h)
	}
}

func (l *checklist) kernel(k *testimony.KernelReading) {
	switch {
	case k == nil:
	case k.Missing != "":
		l.add(lacking, "kernel's log", "run it as root, if that is not so", "without its own word on resets: %s", k.Missing)
	case !k.Sees.All():
		l.add(lacking, "kernel's log", "a kernel from 6.10 or so, if its word is wanted", "it does not show all resets (aborts: %s, without a socket: %s, of closed connections: %s)",
			yes(k.Sees.Abort), yes(k.Sees.NoSocket), yes(k.Sees.TimeWait))
	default:
		l.add(well, "kernel's log", "", "it shows aborts, resets without a socket and resets of closed connections")
	}
}

func yes(is bool) string {
	if is {
		return "yes"
	}
	return "no"
}

// senders tells what on this host can send in its name beside its TCP.
func (l *checklist) senders(h *testimony.HostFacts) {
	const firewall = "if the session's ports are among those, take the rule away for the time, or say so to who judges"
	switch {
	case h.ResetRules == nil:
		l.add(lacking, "firewall", "run it as root, with nft or iptables installed", "not known whether a rule answers with a reset")
	case *h.ResetRules > 0:
		l.add(lacking, "firewall", firewall, "%s that answer with a reset", count(*h.ResetRules, "rule"))
	default:
		l.add(well, "firewall", "", "no rule answers with a reset (%s)", strings.Join(h.RulesFrom, ", "))
	}
	if len(h.XDP) > 0 {
		l.add(lacking, "XDP", "ip -d link shows it; what it drops or sends no recorder sees", "a program runs below every recorder on %s", strings.Join(h.XDP, ", "))
	}
	sockets := []struct {
		n    *int
		what string
	}{{h.XDPSockets, "AF_XDP socket"}, {h.PacketSockets, "packet socket"}}
	for _, s := range sockets {
		if s.n != nil && *s.n > 0 {
			l.add(lacking, "sockets", "ss --xdp and ss -0 -p show whose; other recorders are harmless", "%s of other programs, which can send beside TCP", count(*s.n, s.what))
		}
	}
	if h.Namespaces != nil && *h.Namespaces > 0 {
		l.add(lacking, "namespaces", "lsns -t net lists them", "%s with an address of this host", count(*h.Namespaces, "other network namespace"))
	}
	var ways []string
	for _, w := range []struct {
		n    *int
		what string
	}{{h.DefaultRoutes, "default route"}, {h.RoutingRules, "routing rule"}, {h.VRFs, "VRF"}} {
		if w.n != nil {
			ways = append(ways, count(*w.n, w.what))
		}
	}
	if len(ways) > 0 {
		l.add(well, "routing", "", "%s", strings.Join(ways, ", "))
	}
}

// counted judges the moment of recording.
func (l *checklist) counted(s agent.Status, interfaces []string) {
	if d := s.Drops; d != (agent.Drops{}) {
		l.add(lacking, "drops", "a larger --buffer, --headers-only, or a machine that is less busy", "%d by the kernel and %d by the interface in %s", d.Kernel, d.Interface, l.options.duration)
	} else {
		l.add(well, "drops", "", "none in %s, of %s on %s", l.options.duration, count(s.Packets, "packet"), strings.Join(interfaces, ", "))
	}
}

// print shows the list and returns the exit status.
func (l *checklist) print(w io.Writer) int {
	slices.SortStableFunc(l.findings, func(a, b finding) int { return int(b.weight) - int(a.weight) })
	worst := well
	for _, f := range l.findings {
		worst = max(worst, f.weight)
	}
	switch worst {
	case unable:
		fmt.Fprintln(w, "Cannot record here.")
	case lacking:
		fmt.Fprintln(w, "A recording made here would be a good witness, but for what it lacks.")
	default:
		fmt.Fprintln(w, "A recording made here would be a good witness, as far as can be told before it is made.")
	}
	fmt.Fprintln(w)
	for _, f := range l.findings {
		fmt.Fprintf(w, "%-6s%-13s %s\n", f.weight, f.what, f.text)
		if f.advice != "" {
			fmt.Fprintf(w, "%-19s To do: %s.\n", "", f.advice)
		}
	}
	return [...]int{exitReady, exitLacking, exitUnable}[worst]
}
