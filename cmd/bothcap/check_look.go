//go:build cgo || windows

package main

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"bothends/capture/testimony"
	"bothends/cmd/bothcap/internal/agent"
	"bothends/cmd/bothcap/internal/host"
)

// lowDisk is the room below which a recording of some minutes may not fit.
const lowDisk = 100 << 20

// nowhere takes a recording that is not kept.
type nowhere struct{}

func (nowhere) Write(b []byte) (int, error) { return len(b), nil }

func (nowhere) Rotate() error { return nil }

func (nowhere) Truncate(int64) error { return nil }

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
		l.add(lacking, "file", "choose another name, or --force to replace it", "%s exists already", shellWord(path))
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
		l.add(lacking, "kernel's log", "run it as root", "not available: %s", k.Missing)
	case !k.Sees.All():
		l.add(lacking, "kernel's log", "Linux from 6.10 or so shows them", "it does not show all resets (aborts: %s, without a socket: %s, of closed connections: %s)",
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
	const firewall = "if it matches the session's ports, remove the rule while you record, or tell whoever judges"
	switch {
	case h.ResetRules == nil:
		l.add(lacking, "firewall", "run it as root, with nft or iptables installed", "not known whether a rule answers with a reset")
	case *h.ResetRules > 0:
		l.add(lacking, "firewall", firewall, "%s answering with a reset", count(*h.ResetRules, "rule"))
	default:
		l.add(well, "firewall", "", "no rule answers with a reset (%s)", strings.Join(h.RulesFrom, ", "))
	}
	if len(h.XDP) > 0 {
		l.add(lacking, "XDP", "ip -d link shows it; no recorder sees what it drops or sends", "a program runs below every recorder on %s", strings.Join(h.XDP, ", "))
	}
	sockets := []struct {
		n    *int
		what string
	}{{h.XDPSockets, "AF_XDP socket"}, {h.PacketSockets, "packet socket"}}
	for _, s := range sockets {
		if s.n != nil && *s.n > 0 {
			l.add(lacking, "sockets", "ss --xdp and ss -0 -p show whose they are; other recorders are harmless", "%s of other programs, which can send packets past TCP", count(*s.n, s.what))
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
		l.add(lacking, "drops", "use a larger --buffer, --headers-only, or a machine that is less busy", "%d by the kernel and %d by the interface in %s", d.Kernel, d.Interface, l.options.duration)
	} else {
		l.add(well, "drops", "", "none in %s, of %s on %s", l.options.duration, count(s.Packets, "packet"), strings.Join(interfaces, ", "))
	}
}
