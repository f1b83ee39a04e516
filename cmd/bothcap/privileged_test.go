//go:build linux && cgo

package main

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"bothends/capture"
	"bothends/capture/testimony"
)

func TestARecordingAroundACommand(t *testing.T) {
	for _, test := range []struct{ name, server string }{{"IPv4", server4}, {"IPv6", server6}} {
		t.Run(test.name, func(t *testing.T) {
			l := newLab(t)
			t.Setenv("SUDO_UID", "12345")
			t.Setenv("SUDO_GID", "12346")
			path := filepath.Join(l.dir, "client.pcapng")
			// No -i: the interface is the route's.
			status, stdout, stderr := l.around(append([]string{"--peer", test.server, "--port", "587", "-w", path, "--end", "client"}, l.talker(test.server, 100000)...)...)
			if status != 3 {
				t.Errorf("exit status %d, want the command's 3: %s", status, stderr)
			}
			if stdout != "uid 12345: 100000 bytes, <nil>\n" {
				t.Errorf("standard output is not the command's alone, as the caller of sudo: %q", stdout)
			}
			out, _ := exec.Command("stat", "-c", "%u %g %a", path).Output()
			if string(out) != "12345 12346 600\n" {
				t.Errorf("the file's owner, group and mode are %q", out)
			}
			packets, r := read(t, path)
			counts := map[capture.Direction]int{}
			for _, p := range packets {
				counts[p.Direction]++
			}
			if counts[capture.Inbound] == 0 || counts[capture.Outbound] == 0 || counts[capture.DirectionUnknown] != 0 || r.End().Kind != capture.Complete {
				t.Errorf("packets by direction: %v, %v", counts, r.End())
			}
			// Both FINs and their acknowledgements are there: it waited for the end.
			fins := tool(t, "tshark", "-r", path, "-Y", "tcp.flags.fin==1", "-T", "fields", "-e", "frame.packet_flags_direction")
			if strings.Count(fins, "0x00000001") != 1 || strings.Count(fins, "0x00000002") != 1 {
				t.Errorf("FINs by direction: %q", fins)
			}
			if lost := tool(t, "tshark", "-r", path, "-Y", "tcp.analysis.ack_lost_segment || tcp.analysis.lost_segment"); lost != "" {
				t.Errorf("segments are missing: %s", lost)
			}
			about := r.Interfaces()[0]
			if about.Name != "v0" || about.Counters.OSDropped != (capture.Count{Known: true}) || about.Counters.Delivered.N != uint64(len(packets)) ||
				len(about.MAC) != 6 || len(about.Addresses) < 2 || about.Resolution != 1e9 {
				t.Errorf("interface %+v", about)
			}
			records := testimony.Parse(about.Comments)
			if len(records) != 1 || records[0].Nanoseconds == nil || !*records[0].Nanoseconds || records[0].Clock == nil || len(records[0].Offloads) != 4 {
				t.Errorf("records %+v", records)
			}
			sum, _ := exec.Command("sha256sum", path).Output()
			for _, want := range []string{"sha256   " + strings.Fields(string(sum))[0], "drops    none", "sent no reset in this time", "bothends compare " + path + " SERVER.pcapng"} {
				if !strings.Contains(stderr, want) {
					t.Errorf("the summary does not say %q:\n%s", want, stderr)
				}
			}
			tool(t, "tcpdump", "-n", "-r", path)
			if info := tool(t, "capinfos", path); !strings.Contains(info, "nanoseconds") || !strings.Contains(info, "bothcap") {
				t.Error(info)
			}
		})
	}
}

func TestARecordingThatFailsAroundACommand(t *testing.T) {
	l := newLab(t)
	path := filepath.Join(l.dir, "client.pcapng")
	for _, test := range []struct {
		name      string
		arguments []string
		want      int
	}{
		{"no such interface", []string{"-i", "v9", "--port", "587", "-w", path, "--", "true"}, 125},
		{"a filter that is none", []string{"-i", "v0", "--filter", "tcp prot 5", "-w", path, "--", "true"}, 125},
		{"no such command", []string{"-i", "v0", "--port", "587", "-w", path, "--", "bothends-no-such-command"}, 127},
		{"no program", []string{"-i", "v0", "--port", "587", "-w", path, "--", "/etc/passwd"}, 126},
		{"without a command", []string{"-i", "v9", "--port", "587", "-w", path}, 2},
	} {
		status, _, stderr := l.around(test.arguments...)
		if status != test.want || !strings.HasPrefix(stderr, "bothcap: ") {
			t.Errorf("%s: exit status %d, want %d: %s", test.name, status, test.want, stderr)
		}
		if _, err := os.Stat(path); err == nil {
			t.Errorf("%s: a file was left behind", test.name)
			os.Remove(path)
		}
	}
}

func TestATcpdumpFilterStandsAtTheEnd(t *testing.T) {
	l := newLab(t)
	path := filepath.Join(l.dir, "client.pcapng")
	r := l.record("-i", "v0", "-w", path, "tcp", "port", "587", "and", "host", server4)
	l.talk(server4, 1000)
	l.talk(server6, 1000)
	r.stop(syscall.SIGINT)
	packets, f := read(t, path)
	if got := f.Interfaces()[0].Filter; len(packets) == 0 || len(packets) > 12 || got != "tcp port 587 and host "+server4 {
		t.Errorf("%d packets, filter %q", len(packets), got)
	}
	status, _, stderr := l.around("-i", "v0", "-w", path+"2", "swaks", "here")
	if status != 2 || !strings.Contains(stderr, "a command stands behind --") {
		t.Errorf("exit status %d: %s", status, stderr)
	}
	status, _, stderr = l.around("-i", "v0", "--port", "587", "--user", "root", "-w", path+"3")
	if status != 2 || !strings.Contains(stderr, "hint: leave --user out") {
		t.Errorf("exit status %d: %s", status, stderr)
	}
}

func TestARecordingOfNothingIsNoSuccess(t *testing.T) {
	l := newLab(t)
	path := filepath.Join(l.dir, "client.pcapng")
	status, _, stderr := l.around("-i", "v0", "--port", "588", "-w", path, "--", "true")
	if status != 0 || !strings.Contains(stderr, "WARNING: nothing was recorded") || strings.Contains(stderr, "bothends compare") {
		t.Errorf("exit status %d: %s", status, stderr)
	}
}

func TestSignalsReachTheCommand(t *testing.T) {
	const stubborn = "trap '' TERM; echo ready; while :; do sleep 0.1; done"
	for _, test := range []struct {
		name, script string
		signals      []syscall.Signal
		want         int
	}{
		{"SIGTERM ends it", "echo ready; exec sleep 60", []syscall.Signal{syscall.SIGTERM}, 128 + 15},
		{"it handles SIGTERM", "trap 'exit 9' TERM; echo ready; while :; do sleep 0.1; done", []syscall.Signal{syscall.SIGTERM}, 9},
		{"a second SIGTERM stops at once", stubborn, []syscall.Signal{syscall.SIGTERM, syscall.SIGTERM}, 130},
		{"SIGQUIT stops at once, and leaves no command behind", stubborn, []syscall.Signal{syscall.SIGQUIT}, 130},
		{"a hang-up is no second signal", "trap 'sleep 1; exit 9' TERM; echo ready; while :; do sleep 0.1; done",
			[]syscall.Signal{syscall.SIGTERM, syscall.SIGHUP, syscall.SIGHUP}, 9},
	} {
		t.Run(test.name, func(t *testing.T) {
			l := newLab(t)
			path := filepath.Join(l.dir, "client.pcapng")
			// The command runs as root and bothcap as nobody.
			r := l.start(l.client, "bothcap", "ready", "-i", "v0", "--port", "587", "-w", path, "--", "sh", "-c", "echo $$ > "+l.dir+"/pid; "+test.script)
			for _, s := range test.signals {
				r.Process.Signal(s)
				time.Sleep(300 * time.Millisecond)
			}
			if got := r.status(); got != test.want {
				t.Errorf("exit status %d, want %d: %s", got, test.want, r.stderr)
			}
			if _, f := read(t, path); f.End().Kind != capture.Complete {
				t.Errorf("the file is %v", f.End())
			}
			pid, _ := os.ReadFile(l.dir + "/pid")
			eventually(t, "the command has ended", func() bool {
				_, err := os.Stat("/proc/" + strings.TrimSpace(string(pid)))
				return err != nil
			})
		})
	}
}

func TestNoThreadHasPrivilegesWhileRecording(t *testing.T) {
	l := newLab(t)
	r := l.record("-i", "v0", "--port", "587", "-w", filepath.Join(l.dir, "client.pcapng"))
	l.talk(server4, 1000)
	nobody, _ := exec.Command("id", "-u", "nobody").Output()
	uid := strings.TrimSpace(string(nobody))
	tasks := files(t, fmt.Sprintf("/proc/%d/task/*/status", r.Process.Pid))
	for _, task := range tasks {
		status, _ := os.ReadFile(task)
		text := strings.Join(strings.Fields(string(status)), " ")
		for _, want := range []string{strings.TrimSpace("Uid: " + strings.Repeat(uid+" ", 4)), "CapPrm: 0000000000000000", "CapEff: 0000000000000000", "CapAmb: 0000000000000000", "NoNewPrivs: 1"} {
			if !strings.Contains(text, want) {
				t.Errorf("%s: no %q in %s", task, want, text)
			}
		}
	}
	if len(tasks) < 2 || r.stop(syscall.SIGINT) != 0 {
		t.Errorf("%d threads; %s", len(tasks), r.stderr)
	}
}

func TestKilledItLeavesWhatWasFlushed(t *testing.T) {
	l := newLab(t)
	path := filepath.Join(l.dir, "client.pcapng")
	r := l.record("-i", "v0", "--port", "587", "-w", path)
	before, _ := read(t, path)
	l.talk(server4, 100000)
	eventually(t, "packets are flushed", func() bool { p, _ := read(t, path); return len(p) >= len(before)+10 })
	l.talk(server4, 100000)
	r.stop(syscall.SIGKILL)
	packets, f := read(t, path)
	if len(packets) < 10 || f.End().Kind == capture.Damaged {
		t.Errorf("%d packets, %v", len(packets), f.End())
	}
	if shown := tool(t, "tshark", "-r", path); strings.Count(shown, "\n") != len(packets) {
		t.Errorf("tshark shows %d packets, we %d", strings.Count(shown, "\n"), len(packets))
	}
}

func TestAFullDiskIsSaidAndSurvived(t *testing.T) {
	l := newLab(t)
	disk := filepath.Join(l.dir, "disk")
	os.Mkdir(disk, 0o777)
	if out, err := exec.Command("mount", "-t", "tmpfs", "-o", "size=2m,mode=777", "bc-disk", disk).CombinedOutput(); err != nil {
		t.Fatalf("mount: %v: %s", err, out)
	}
	t.Cleanup(func() { exec.Command("umount", disk).Run() })
	path := filepath.Join(disk, "client.pcapng")
	status, _, stderr := l.around(append([]string{"-i", "v0", "--port", "587", "-w", path}, l.talker(server4, 20<<20)...)...)
	if status != 125 || !strings.Contains(stderr, "disk is full") {
		t.Errorf("exit status %d: %s", status, stderr)
	}
	packets, f := read(t, path)
	if len(packets) < 10 || f.End().Kind != capture.Complete {
		t.Errorf("%d packets, %v", len(packets), f.End())
	}
	tool(t, "capinfos", path)
}

func TestRotationStaysWithinItsLimit(t *testing.T) {
	l := newLab(t)
	r := l.record("-i", "v0", "--port", "587", "-w", filepath.Join(l.dir, "client.pcapng"), "--rotate-size", "1M", "--keep", "3")
	for range 4 {
		l.talk(server4, 3<<20)
		if n := len(files(t, l.dir+"/client_*.pcapng")); n > 3 {
			t.Errorf("%d files", n)
		}
	}
	if status := r.stop(syscall.SIGINT); status != 0 {
		t.Errorf("exit status %d: %s", status, r.stderr)
	}
	list := files(t, l.dir+"/client_*.pcapng")
	if len(list) != 3 {
		t.Errorf("files %q, want 3", list)
	}
	for _, path := range list {
		about, _ := os.Stat(path)
		packets, f := read(t, path)
		if about.Size() > 1<<20 || len(packets) == 0 || f.End().Kind != capture.Complete || !f.Interfaces()[0].Counters.Delivered.Known {
			t.Errorf("%s: %d bytes, %d packets, %v", path, about.Size(), len(packets), f.End())
		}
		tool(t, "capinfos", path)
	}
}

// Root records in root's folder, and goes on as nobody.
func TestRotationInAFolderOfRoot(t *testing.T) {
	l := newLab(t)
	os.Chmod(l.dir, 0o700)
	r := l.record("-i", "v0", "--port", "587", "-w", filepath.Join(l.dir, "client.pcapng"), "--rotate-size", "1M", "--keep", "3")
	l.talk(server4, 6<<20)
	capable := 0
	for _, task := range files(t, fmt.Sprintf("/proc/%d/task/*/status", r.Process.Pid)) {
		status, _ := os.ReadFile(task)
		if !bytes.Contains(status, []byte("CapPrm:\t0000000000000000")) {
			capable++
			if !bytes.Contains(status, []byte("CapPrm:\t0000000000000002")) { // CAP_DAC_OVERRIDE
				t.Errorf("%s", status)
			}
		}
	}
	if capable != 1 || !strings.Contains(r.stderr.String(), "keeps the privilege") {
		t.Errorf("%d threads have privileges; it says %s", capable, r.stderr)
	}
	if status := r.stop(syscall.SIGINT); status != 0 {
		t.Errorf("exit status %d: %s", status, r.stderr)
	}
	list := files(t, l.dir+"/*")
	if len(list) != 3 || strings.Count(r.stderr.String(), "sha256   ") != 3 {
		t.Errorf("files %q, want 3: %s", list, r.stderr)
	}
	for _, path := range list {
		if _, f := read(t, path); f.End().Kind != capture.Complete {
			t.Errorf("%s: %v", path, f.End())
		}
	}
}

func TestADirectoryThatCannotTakeARotationIsRefusedAtOnce(t *testing.T) {
	l := newLab(t)
	// Not even a capability makes files there.
	full := filepath.Join(l.dir, "full")
	os.Mkdir(full, 0o777)
	if out, err := exec.Command("mount", "-t", "tmpfs", "-o", "nr_inodes=2,mode=777", "bc-full", full).CombinedOutput(); err != nil {
		t.Fatalf("mount: %v: %s", err, out)
	}
	t.Cleanup(func() { exec.Command("umount", full).Run() })
	status, _, stderr := l.around("-i", "v0", "--port", "587", "-w", filepath.Join(full, "a.pcapng"), "--rotate-size", "1M")
	if status != 2 || !strings.Contains(stderr, "no further file can be made") {
		t.Errorf("exit status %d: %s", status, stderr)
	}
	if left := files(t, full+"/*"); len(left) > 0 {
		t.Errorf("left behind: %q", left)
	}
}

// Who may run bothcap by sudo may not thereby remove what is not his.
func TestForceReplacesWhatTheCallerMayReplace(t *testing.T) {
	l := newLab(t)
	t.Setenv("SUDO_UID", "12345")
	t.Setenv("SUDO_GID", "12346")
	for _, test := range []struct {
		name     string
		mode     os.FileMode // of root's folder
		owner    int         // of the file
		replaced bool
	}{
		{"his file in a folder for all", 0o777, 12345, true},
		{"another's file in a folder for all", 0o777, 0, true},
		{"another's file in a folder where each removes his own", 0o777 | os.ModeSticky, 0, false},
		{"another's file in another's folder", 0o755, 0, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			dir := filepath.Join(l.dir, strings.ReplaceAll(test.name, " ", "-"))
			path := filepath.Join(dir, "client.pcapng")
			os.Mkdir(dir, 0o700)
			os.Chmod(dir, test.mode)
			os.WriteFile(path, []byte("old"), 0o644)
			os.Chown(path, test.owner, test.owner)
			status, _, stderr := l.around("-i", "v0", "--port", "587", "--force", "-w", path, "--", "true")
			text, _ := os.ReadFile(path)
			if replaced := string(text) != "old"; replaced != test.replaced || (status == 0) != test.replaced {
				t.Errorf("replaced: %v, want %v; exit status %d: %s", replaced, test.replaced, status, stderr)
			}
		})
	}
}

// The user as whom bothcap goes on cannot enter root's folder.
func TestARecordingInAFolderOfRootAloneHasItsChecksum(t *testing.T) {
	l := newLab(t)
	private := filepath.Join(l.dir, "private")
	if err := os.Mkdir(private, 0o700); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(private, "client.pcapng")
	status, _, stderr := l.around(append([]string{"-i", "v0", "--port", "587", "-w", path}, l.talker(server4, 1000)...)...)
	sum, err := exec.Command("sha256sum", path).Output()
	if err != nil || status != 3 {
		t.Fatalf("%v; exit status %d: %s", err, status, stderr)
	}
	for _, want := range []string{"file     " + path, "sha256   " + strings.Fields(string(sum))[0], "next     bothends compare " + path} {
		if !strings.Contains(stderr, want) {
			t.Errorf("the summary does not say %q:\n%s", want, stderr)
		}
	}
}

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

func TestStandardOutputIsTheRecordingAndNothingElse(t *testing.T) {
	l := newLab(t)
	r := l.record("-i", "v0", "--port", "587", "-w", "-", "--stop-after-reset", "100ms", "--headers-only")
	l.talk(server4, 1000)
	l.talk(server4, 0)
	if status := r.status(); status != 0 {
		t.Errorf("exit status %d: %s", status, r.stderr)
	}
	packets, f := read(t, r.stdout.file.Name())
	if len(packets) < 8 || f.End().Kind != capture.Complete {
		t.Errorf("%d packets, %v", len(packets), f.End())
	}
	for _, p := range packets {
		if len(p.Data) > 14+20+60 {
			t.Errorf("frame %d has %d bytes: that is not only headers", p.Frame, len(p.Data))
		}
	}
}
