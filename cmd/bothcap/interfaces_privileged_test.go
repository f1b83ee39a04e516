//go:build linux && cgo

package main

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"bothends/capture"
)

func TestAnInterfaceThatGoesDownAndComesBack(t *testing.T) {
	l := newLab(t)
	path := filepath.Join(l.dir, "client.pcapng")
	r := l.record("-i", "v0", "--port", "587", "-w", path)
	l.talk(server4, 1000)
	l.ip("-n", l.client, "link", "set", "v0", "down")
	eventually(t, "it says so", func() bool { return strings.Contains(r.stderr.String(), "v0 went down") })
	l.ip("-n", l.client, "link", "set", "v0", "up")
	eventually(t, "it says that it is back", func() bool { return strings.Contains(r.stderr.String(), "v0 is back") })
	l.talk(server4, 0)
	if status := r.stop(syscall.SIGINT); status != 0 {
		t.Errorf("exit status %d: %s", status, r.stderr)
	}
	text, _ := os.ReadFile(path)
	if bytes.Count(text, []byte(`"event":"gap-begins"`)) != 1 || bytes.Count(text, []byte(`"event":"gap-ends"`)) != 1 {
		t.Error("the gap is not in the file")
	}
	if resets := tool(t, "tshark", "-r", path, "-Y", "tcp.flags.reset==1"); strings.Count(resets, "\n") != 1 {
		t.Errorf("resets after the gap: %q", resets)
	}
	if !strings.Contains(r.stderr.String(), "0 received, 1 sent") || !strings.Contains(r.stderr.String(), "sent 1 reset") {
		t.Errorf("the summary: %s", r.stderr)
	}
}

func TestAnInterfaceThatIsUnpluggedAndComesBack(t *testing.T) {
	for _, reopen := range []bool{true, false} {
		t.Run(fmt.Sprintf("with --reopen=%v", reopen), func(t *testing.T) {
			l := newLab(t)
			path := filepath.Join(l.dir, "client.pcapng")
			r := l.record("-i", "v0", "--port", "587", "-w", path, fmt.Sprintf("--reopen=%v", reopen))
			l.talk(server4, 1000)
			l.ip("-n", l.client, "link", "del", "v0")
			eventually(t, "it says so", func() bool { return strings.Contains(r.stderr.String(), "v0 disappeared") })
			l.ip("-n", l.client, "link", "add", "v0", "type", "veth", "peer", "name", "v1", "netns", l.server)
			l.ip("-n", l.client, "addr", "add", "10.98.0.1/24", "dev", "v0")
			l.ip("-n", l.server, "addr", "add", "10.98.0.2/24", "dev", "v1")
			l.ip("-n", l.client, "link", "set", "v0", "up")
			l.ip("-n", l.server, "link", "set", "v1", "up")
			if !reopen {
				if status := r.status(); status != 1 || !strings.Contains(r.stderr.String(), "--reopen keeps the privilege") {
					t.Errorf("exit status %d: %s", status, r.stderr)
				}
				return
			}
			eventually(t, "it says that it is back", func() bool { return strings.Contains(r.stderr.String(), "v0 is back") })
			before, _ := read(t, path)
			l.talk(server4, 1000)
			if status := r.stop(syscall.SIGINT); status != 0 {
				t.Errorf("exit status %d: %s", status, r.stderr)
			}
			packets, f := read(t, path)
			if len(packets) <= len(before) || len(f.Interfaces()) != 2 || packets[len(packets)-1].Interface != 1 {
				t.Errorf("%d packets, then %d, %d interfaces", len(before), len(packets), len(f.Interfaces()))
			}
		})
	}
}

// The tag is put on by hand: not every kernel has VLAN interfaces.
func TestTaggedFramesAreRecordedWithTheirTags(t *testing.T) {
	l := newLab(t)
	path := filepath.Join(l.dir, "client.pcapng")
	r := l.record("-i", "v0", "--peer", server4, "--port", "587", "-w", path)
	// From server to client: an IPv4 reset in VLAN 5, in VLAN 5 within 7, and
	// one of another port.
	const ether, ip = "020000000001020000000002", "45000028000040004006" + "0000" + "0a620002" + "0a620001"
	const reset, other = "024b9c40000000010000000250040000" + "00000000", "00169c40000000010000000250040000" + "00000000"
	frames := []string{ether + "81000005" + "0800" + ip + reset, ether + "81000007" + "81000005" + "0800" + ip + reset, ether + "81000005" + "0800" + ip + other}
	for _, f := range frames {
		if out, err := l.command(l.server, "frame", "v1", f).CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
	}
	if status := r.stop(syscall.SIGINT); status != 0 {
		t.Errorf("exit status %d: %s", status, r.stderr)
	}
	packets, _ := read(t, path)
	if len(packets) != 2 {
		t.Fatalf("%d packets, want the two resets of the session", len(packets))
	}
	for n, p := range packets {
		if got := hex.EncodeToString(p.Data); got != frames[n] || p.Direction != capture.Inbound {
			t.Errorf("packet %d is %s %s, want %s", n, p.Direction, got, frames[n])
		}
	}
	if !strings.Contains(r.stderr.String(), "2 received, 0 sent") {
		t.Errorf("the summary: %s", r.stderr)
	}
}

func TestAnyAndSeveralInterfaces(t *testing.T) {
	l := newLab(t)
	for _, interfaces := range [][]string{{"-i", "any"}, {"-i", "v0", "-i", "lo"}} {
		path := filepath.Join(l.dir, "client.pcapng")
		status, _, stderr := l.around(append(append(interfaces, "--force", "--peer", server4, "-w", path), l.talker(server4, 5000)...)...)
		packets, r := read(t, path)
		if status != 3 || len(packets) < 6 || len(r.Interfaces()) != len(interfaces)/2 {
			t.Errorf("%v: exit status %d, %d packets: %s", interfaces, status, len(packets), stderr)
		}
		if strings.Contains(stderr, "warning: -i any") != (interfaces[1] == "any") {
			t.Errorf("%v: %s", interfaces, stderr)
		}
		syn := tool(t, "tshark", "-r", path, "-Y", "tcp.flags.syn==1", "-T", "fields", "-e", "frame.packet_flags_direction")
		if syn != "0x00000002\n0x00000001\n" {
			t.Errorf("%v: directions of SYN and SYN-ACK: %q", interfaces, syn)
		}
	}
}
