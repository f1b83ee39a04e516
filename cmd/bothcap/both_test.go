//go:build linux && cgo

package main

import (
	"bytes"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"bothends/capture"
	"bothends/capture/seal"
	"bothends/capture/testimony"
)

func TestBothEndsFromOneCommand(t *testing.T) {
	l := newFarLab(t)
	l.install()
	t.Setenv("SUDO_UID", "12345")
	t.Setenv("SUDO_GID", "12345")
	os.Chown(l.path("key"), 12345, 12345)
	for _, user := range []string{"root", farUser} {
		t.Run("as "+user, func(t *testing.T) {
			l.t = t
			flags := l.flags(user, "--session", "it's a \\ test!", "--force")
			if user == farUser {
				flags = append(flags, "--sudo")
			}
			status, stdout, stderr := l.around(append(flags, l.talker(server4, 100000)...)...)
			if status != 0 {
				t.Errorf("exit status %d, want that of a comparison without findings: %s", status, stderr)
			}
			for _, want := range []string{"uid 12345: 100000 bytes, <nil>\n", "No interference", l.path("client.pcapng")} {
				if !strings.Contains(stdout, want) {
					t.Errorf("standard output does not say %q:\n%s", want, stdout)
				}
			}
			for _, want := range []string{"both ends see what passes to 10.98.0.2:587", "by bothcap\n", "drops    none\n", "next     bothends compare --details ", "sealed from here on"} {
				if !strings.Contains(stderr, want) {
					t.Errorf("standard error does not say %q:\n%s", want, stderr)
				}
			}
			out, _ := exec.Command("stat", "-c", "%u %g %a", l.path("client.pcapng"), l.path("server.pcapng")).Output()
			if string(out) != "12345 12345 600\n12345 12345 600\n" {
				t.Errorf("owners, groups and modes: %q", out)
			}
			client, server := l.both()
			if len(client) < 12 || len(server) < 12 {
				t.Errorf("%d and %d packets", len(client), len(server))
			}
			if other := tool(t, "tshark", "-r", l.path("server.pcapng"), "-Y", "not tcp.port == 587"); other != "" {
				t.Errorf("recorded beside the session: %s", other)
			}
			for end, path := range map[string]string{"client": l.path("client.pcapng"), "server": l.path("server.pcapng")} {
				_, r := read(t, path)
				text, _ := os.ReadFile(path)
				records := testimony.Parse(r.Sections()[0].Comments)
				if len(records) != 1 || records[0].End != end || records[0].Session != "it's a \\ test!" {
					t.Errorf("%s.pcapng begins with %+v", end, records)
				}
				if s := sealOf(t, path); s.State != seal.Intact {
					t.Errorf("the seal of %s.pcapng: %+v", end, s)
				}
				if !hasEnd(t, path) || !bytes.Contains(text, []byte("Tcp.OutRsts")) {
					t.Errorf("%s.pcapng lacks its end or the kernel's counters", end)
				}
				// Not every kernel has the log; here both are one kernel.
				notes := testimony.Parse(r.Interfaces()[0].Comments)
				if len(notes) == 0 || notes[0].KernelLog == nil {
					t.Errorf("%s.pcapng says nothing of the kernel's log: %+v", end, notes)
				}
				if _, looks := kernelLog(t, path); len(looks) != 2 || looks[0].ResetRules == nil || looks[1].ResetRules == nil {
					t.Errorf("%s.pcapng says of the packet filters %+v, want what both looks found", end, looks)
				}
			}
			sum, _ := exec.Command("sha256sum", l.path("server.pcapng")).Output()
			if !strings.Contains(stderr, strings.Fields(string(sum))[0]) {
				t.Errorf("the server's checksum is missing:\n%s", stderr)
			}
			l.leavesNothing()
		})
	}
}

func TestTheStatusOfBothIsTheCommandsIfThatIsWanted(t *testing.T) {
	l := newFarLab(t)
	l.install()
	status, _, stderr := l.around(append(l.flags("root", "--status", "command"), l.talker(server4, 1000)...)...)
	if status != 3 {
		t.Errorf("exit status %d, want the command's 3: %s", status, stderr)
	}
	for _, test := range []struct {
		name      string
		arguments []string
		want      int
		says      string
	}{
		{"files that are there", l.flags("root", "--", "true"), 2, "exists already"},
		{"a command that is not there", l.flags("root", "--force", "--status", "command", "--", "bothends-no-such-command"), 127, "bothends-no-such-command"},
		{"a session that is not", l.flags("root", "--force", "--probe=false", "--", "true"), 2, "no TCP segment"},
		{"a session elsewhere", l.flags("root", "--force", "--", "true"), 2, "the command made no connection"},
		{"a host that is none", append([]string{"both", "-oProxyCommand=x", "--port", "587"}, "--", "true"), 2, "bothcap both --help"},
		{"no login", l.flags("nobody-at-all", "--force", "--", "true"), 2, "hint: try it alone: ssh -F"},
	} {
		status, _, stderr := l.around(test.arguments...)
		if status != test.want || !strings.Contains(stderr, test.says) {
			t.Errorf("%s: exit status %d, want %d: %s", test.name, status, test.want, stderr)
		}
	}
	l.leavesNothing()
}

// Where the other end has no bothcap, this one is sent, or tcpdump records.
func TestBothEndsWhereTheOtherHasNoBothcap(t *testing.T) {
	l := newFarLab(t)
	for _, test := range []struct {
		name, by string
		flags    []string
	}{
		{"sent", "by bothcap", []string{"--copy"}},
		{"tcpdump", "by tcpdump", nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			l.t = t
			status, stdout, stderr := l.around(append(l.flags("root", append(test.flags, "--force", "--headers-only")...), l.talker(server4, 100000)...)...)
			if status != 0 || !strings.Contains(stderr, test.by) || !strings.Contains(stdout, "No interference") {
				t.Errorf("exit status %d: %s%s", status, stderr, stdout)
			}
			_, server := l.both()
			for _, p := range server {
				if len(p.Data) > 14+20+60 {
					t.Errorf("frame %d has %d bytes: that is not only headers", p.Frame, len(p.Data))
				}
			}
			_, r := read(t, l.path("server.pcapng"))
			if c := r.Interfaces()[0].Counters; len(server) < 12 || c.Delivered != (capture.Count{N: uint64(len(server)), Known: true}) || c.OSDropped != (capture.Count{Known: true}) {
				t.Errorf("%d packets, counters %+v", len(server), c)
			}
			l.leavesNothing()
		})
	}
}

// A session over ssh's own port is recorded, and the connection by which the recording
// comes is not.
func TestTheSSHThatCarriesTheRecordingIsNotInIt(t *testing.T) {
	l := newFarLab(t)
	l.install()
	for _, installed := range []bool{true, false} {
		if !installed {
			os.Remove(l.path("bin/bothcap"))
		}
		session := strings.Fields(l.ssh + " root@" + server4 + " head -c 100000 /dev/zero")
		status, stdout, stderr := l.around(append([]string{"both", "root@" + server4, "--ssh", l.ssh, "--port", "22", "--dir", l.dir, "--force", "--"}, session...)...)
		if status != 0 {
			t.Errorf("exit status %d: %s", status, stderr)
		}
		if len(stdout) < 100000 {
			t.Errorf("standard output has %d bytes", len(stdout))
		}
		l.both()
		for _, end := range []string{"client", "server"} {
			syns := tool(t, "tshark", "-r", l.path(end+".pcapng"), "-Y", "tcp.flags.syn==1 && tcp.flags.ack==0", "-T", "fields", "-e", "tcp.srcport")
			streams := tool(t, "tshark", "-r", l.path(end+".pcapng"), "-T", "fields", "-e", "tcp.stream")
			if n := strings.Count(syns, "\n"); n != 2 { // the probe's and the session's
				t.Errorf("the %s's recording has %d connections:\n%s", end, n, syns)
			}
			if strings.Contains(streams, "2\n") {
				t.Errorf("the %s's recording has a connection without its beginning", end)
			}
		}
	}
}

func TestSudoThatRefuses(t *testing.T) {
	l := newFarLab(t)
	// No bothcap is there, and tcpdump is none that sudo allows.
	status, _, stderr := l.around(l.flags(farUser, "--sudo", "--", "true")...)
	if status != 2 || !strings.Contains(stderr, "NOPASSWD") || !strings.Contains(stderr, "password is required") {
		t.Errorf("exit status %d: %s", status, stderr)
	}
	if left := files(t, l.path("*.pcapng")); len(left) > 0 {
		t.Errorf("left behind: %q", left)
	}
	l.leavesNothing()
}

// What breaks, breaks in the middle of a session; both files hold what was before.
func TestWhatBreaksLeavesBothFilesReadable(t *testing.T) {
	for _, test := range []struct {
		name string
		tool bool // tcpdump at the other end
		do   func(l *farLab, r *running)
		want int
		says string
	}{
		{"the connection, at the server's end", false, func(l *farLab, _ *running) { l.killSSHD() }, 3, "nothing more comes from there"},
		{"the connection, with tcpdump", true, func(l *farLab, _ *running) { l.killSSHD() }, 3, "nothing more comes from there"},
		{"Ctrl-C", false, func(_ *farLab, r *running) { r.Process.Signal(syscall.SIGINT) }, 130, "next     bothends compare"},
		{"SIGTERM, with tcpdump", true, func(_ *farLab, r *running) { r.Process.Signal(syscall.SIGTERM) }, 130, "next     bothends compare"},
		{"two signals", false, func(_ *farLab, r *running) {
			r.Process.Signal(syscall.SIGQUIT)
		}, 130, ""},
		{"this program", false, func(_ *farLab, r *running) { r.Process.Kill() }, -1, ""},
		{"this program, with tcpdump", true, func(_ *farLab, r *running) { r.Process.Kill() }, -1, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			l := newFarLab(t)
			if !test.tool {
				l.install()
			}
			talk := strings.Join(l.talker(server4, 1000)[1:], " ")
			r := l.start(l.client, "bothcap", "talked", l.flags("root", "--", "sh", "-c", talk+"; echo talked; exec sleep 5")...)
			before := time.Now()
			time.Sleep(1200 * time.Millisecond) // by when a recorder has told
			test.do(l, r)
			status := r.status()
			if status != test.want || !strings.Contains(r.stderr.String(), test.says) {
				t.Errorf("exit status %d, want %d: %s", status, test.want, r.stderr)
			}
			client, server := l.both()
			if len(server) < 12 || test.want >= 0 && len(client) < 12 {
				t.Errorf("%d and %d packets after %s: %s", len(client), len(server), time.Since(before), r.stderr)
			}
			l.leavesNothing()
		})
	}
}

// A path that swallows everything tells nobody that it does.
func TestAPathThatDiesEndsBothRecordings(t *testing.T) {
	if testing.Short() {
		t.Skip("takes half a minute")
	}
	for _, installed := range []bool{true, false} {
		t.Run(map[bool]string{true: "bothcap", false: "tcpdump"}[installed], func(t *testing.T) {
			t.Parallel()
			l := newFarLab(t)
			if installed {
				l.install()
			}
			talk := strings.Join(l.talker(server4, 1000)[1:], " ")
			r := l.start(l.client, "bothcap", "talked", l.flags("root", "--", "sh", "-c", talk+"; echo talked; exec sleep 40")...)
			time.Sleep(1200 * time.Millisecond)
			l.ip("-n", l.server, "link", "set", "v1", "down")
			if status := r.status(); status != 3 || !strings.Contains(r.stderr.String(), "nothing more comes from there") {
				t.Errorf("exit status %d: %s", status, r.stderr)
			}
			if client, server := l.both(); len(client) < 12 || len(server) < 12 {
				t.Errorf("%d and %d packets", len(client), len(server))
			}
			for range 60 { // the lifeline, and some time to end
				if l.killOrphans(); len(l.left()) == 0 {
					break
				}
				time.Sleep(time.Second)
			}
			l.leavesNothing()
		})
	}
}

func TestAFullDiskAtEitherEnd(t *testing.T) {
	full := func(l *farLab, end, name, size string) {
		os.MkdirAll(l.path(name), 0o777)
		mount := []string{"mount"}
		if end == "there" { // where it has mounts of its own
			mount = []string{"nsenter", "-m", "-t", strconv.Itoa(l.daemon.Process.Pid), "mount"}
		}
		if out, err := exec.Command(mount[0], append(mount[1:], "-t", "tmpfs", "-o", "mode=777,size="+size, "bc-full", l.path(name))...).CombinedOutput(); err != nil {
			l.t.Fatalf("mount: %v: %s", err, out)
		}
		if end == "here" {
			l.t.Cleanup(func() { exec.Command("umount", "-l", l.path(name)).Run() })
		}
	}
	t.Run("here", func(t *testing.T) {
		l := newFarLab(t)
		l.install()
		full(l, "here", "small", "3M")
		flags := append([]string{"both", "root@" + server4, "--ssh", l.ssh, "--port", "587", "--dir", l.path("small")}, l.talker(server4, 8<<20)...)
		status, _, stderr := l.around(flags...)
		if !strings.Contains(stderr, "disk is full") || status != 3 && status != 0 {
			t.Errorf("exit status %d: %s", status, stderr)
		}
		if status == 0 {
			t.Errorf("a recording failed, and the status says that all is well: %s", stderr)
		}
		for _, end := range []string{"client", "server"} {
			packets, r := read(t, l.path("small/"+end+".pcapng"))
			if len(packets) < 6 || r.End().Kind != capture.Complete { // the disk is shared: one of them has the probe alone
				t.Errorf("%s: %d packets, %v", end, len(packets), r.End())
			}
			tool(t, "capinfos", l.path("small/"+end+".pcapng"))
		}
		l.leavesNothing()
	})
	t.Run("there, for the program that is sent", func(t *testing.T) {
		l := newFarLab(t)
		full(l, "there", "tmp", "1M")
		status, _, stderr := l.around(l.flags("root", "--copy", "--", "true")...)
		if status != 2 || !strings.Contains(stderr, "No space left") || !strings.Contains(stderr, "hint: install bothcap there") {
			t.Errorf("exit status %d: %s", status, stderr)
		}
		l.leavesNothing()
	})
}
