//go:build linux && cgo

package main

import (
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
	if status != 2 || !strings.Contains(stderr, "a command comes after --") {
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
