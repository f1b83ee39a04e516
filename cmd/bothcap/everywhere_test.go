//go:build linux && cgo

package main

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"bothends/capture"
)

// cable lays another one from client to server.
func (l *lab) cable(near, far, net string) {
	l.ip("-n", l.client, "link", "add", near, "type", "veth", "peer", "name", far, "netns", l.server)
	l.ip("-n", l.client, "addr", "add", net+".1/24", "dev", near)
	l.ip("-n", l.server, "addr", "add", net+".2/24", "dev", far)
	l.ip("-n", l.client, "link", "set", near, "up")
	l.ip("-n", l.server, "link", "set", far, "up")
}

// recordedOn are the names of the interfaces on which a recording has packets.
func recordedOn(t *testing.T, path string) []string {
	packets, r := read(t, path)
	var names []string
	for _, p := range packets {
		if name := r.Interfaces()[p.Interface].Name; !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// A reset leaves by the default route, whatever interface its connection had.
func TestEveryWayOutIsRecorded(t *testing.T) {
	l := newLab(t)
	l.cable("w0", "w1", "10.97.0")
	l.ip("-n", l.client, "link", "add", "down0", "type", "veth", "peer", "name", "down1")
	path := filepath.Join(l.dir, "client.pcapng")
	r := l.record("--peer", server4, "--peer", "10.97.0.2", "--port", "587", "-w", path)
	if said := r.stderr.String(); !strings.Contains(said, "on v0, w0 (every way out; not on lo)") {
		t.Errorf("it says %q", said)
	}
	l.talk(server4, 1000)
	l.talk("10.97.0.2", 0)
	if status := r.stop(syscall.SIGINT); status != 0 {
		t.Errorf("exit status %d: %s", status, r.stderr)
	}
	if got := recordedOn(t, path); !slices.Equal(got, []string{"v0", "w0"}) {
		t.Errorf("there are packets on %q", got)
	}
	// Both ways that there are, in what it says of the host.
	if text := tool(t, "tshark", "-r", path, "-Y", "tcp.flags.reset==1", "-T", "fields", "-e", "frame.interface_name"); text != "w0\n" {
		t.Errorf("the reset is on %q", text)
	}
}

func TestOnlyTheNamedInterfaceIsRecorded(t *testing.T) {
	l := newLab(t)
	l.cable("w0", "w1", "10.97.0")
	path := filepath.Join(l.dir, "client.pcapng")
	r := l.record("-i", "w0", "--port", "587", "-w", path)
	l.talk(server4, 1000)
	l.talk("10.97.0.2", 1000)
	r.stop(syscall.SIGINT)
	if got := recordedOn(t, path); !slices.Equal(got, []string{"w0"}) {
		t.Errorf("there are packets on %q", got)
	}
}

// A VPN that comes up, goes and comes back while bothcap records.
func TestInterfacesThatAppearAreRecorded(t *testing.T) {
	l := newLab(t)
	path := filepath.Join(l.dir, "client.pcapng")
	r := l.record("--port", "587", "-w", path)
	l.talk(server4, 1000)
	for n := range 2 {
		l.cable("w0", "w1", "10.97.0")
		eventually(t, "it records the new one", func() bool {
			return strings.Contains(r.stderr.String(), []string{"w0 appeared: it is recorded", "w0 is back"}[n])
		})
		l.talk("10.97.0.2", 1000)
		l.ip("-n", l.client, "link", "del", "w0")
		eventually(t, "it says that it is gone", func() bool { return strings.Count(r.stderr.String(), "w0 disappeared") == n+1 })
	}
	l.talk(server4, 1000)
	if status := r.stop(syscall.SIGINT); status != 0 {
		t.Errorf("exit status %d: %s", status, r.stderr)
	}
	packets, f := read(t, path)
	count := map[string]int{}
	for _, p := range packets {
		count[fmt.Sprint(f.Interfaces()[p.Interface].Name, p.Interface)]++
	}
	if len(count) != 3 || count["w01"] < 8 || count["w02"] < 8 || f.End().Kind != capture.Complete {
		t.Errorf("packets by interface and its description: %v, %v", count, f.End())
	}
}

// A bridge shows what its ports show.
func TestAPacketThroughABridgeIsRecordedOnce(t *testing.T) {
	l := newLab(t)
	l.ip("-n", l.client, "link", "add", "br0", "type", "bridge")
	l.ip("-n", l.client, "addr", "flush", "dev", "v0")
	l.ip("-n", l.client, "link", "set", "v0", "master", "br0")
	l.ip("-n", l.client, "addr", "add", "10.98.0.1/24", "dev", "br0")
	l.ip("-n", l.client, "link", "set", "br0", "up")
	path := filepath.Join(l.dir, "client.pcapng")
	eventually(t, "the bridge is up", func() bool { l.talk(server4, 1000); return true })
	r := l.record("--port", "587", "-w", path)
	l.talk(server4, 1000)
	r.stop(syscall.SIGINT)
	if got := recordedOn(t, path); !slices.Equal(got, []string{"br0"}) {
		t.Errorf("there are packets on %q: %s", got, r.stderr)
	}
}
