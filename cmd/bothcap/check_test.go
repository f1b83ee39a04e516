//go:build linux && cgo

package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// checked runs bothcap check at the client.
func (l *lab) checked(arguments ...string) (status int, stdout, stderr string) {
	cmd := l.command(l.client, "bothcap", append([]string{"check", "--duration", "300ms"}, arguments...)...)
	var out, err bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &err
	cmd.Run()
	return cmd.ProcessState.ExitCode(), out.String(), err.String()
}

// has reports whether a line of the list begins with some words.
func has(list string, words ...string) bool {
	for line := range strings.Lines(list) {
		if strings.HasPrefix(strings.Join(strings.Fields(line), " "), strings.Join(words, " ")) {
			return true
		}
	}
	return false
}

func TestCheckSaysWhatARecordingWouldLack(t *testing.T) {
	l := newLab(t)
	l.cable("w0", "w1", "10.97.0")
	path := filepath.Join(l.dir, "client.pcapng")
	status, out, stderr := l.checked("--peer", server4, "--port", "587", "-w", path)
	for _, want := range []string{"ok interfaces v0, w0: every way out; the peer is reached by v0", "ok disk", "ok drops none"} {
		if !has(out, want) {
			t.Errorf("it does not say %q", want)
		}
	}
	// The clock of a machine for tests may be anything.
	if lacks := strings.Count(out, "\nlacks "); (status == 1) != (lacks > 0) || status > 1 || stderr != "" {
		t.Errorf("exit status %d with %d lacks; standard error %q", status, lacks, stderr)
	}
	if left := files(t, l.dir+"/*"); len(left) > 0 || len(files(t, l.dir+"/.b*")) > 0 {
		t.Errorf("it left %q behind", left)
	}
	if t.Failed() {
		t.Log(out)
	}

	for _, test := range []struct {
		name      string
		prepare   []string // a command in the client's namespace
		arguments []string
		want      string
		status    int
	}{
		{"an interface is left out", nil, []string{"-i", "v0", "--peer", server4}, "lacks ways out a reset may leave by w0", 1},
		{"the peer is another way", nil, []string{"-i", "w0", "--peer", server4}, "lacks route the peer is reached by v0", 1},
		{"no route", nil, []string{"--peer", "203.0.113.9"}, "lacks route", 1},
		{"a rule answers with a reset", []string{"iptables", "-A", "INPUT", "-p", "tcp", "--dport", "1", "-j", "REJECT", "--reject-with", "tcp-reset"},
			[]string{"--peer", server4}, "lacks firewall 1 rule answering", 1},
		{"no such interface", nil, []string{"-i", "v9", "--peer", server4}, "NO permission v9: no such interface", 2},
		{"no such folder", nil, []string{"--peer", server4, "-w", "/nowhere/at/all.pcapng"}, "NO file", 2},
	} {
		if test.prepare != nil {
			if _, err := exec.LookPath(test.prepare[0]); err != nil {
				continue
			}
			l.ip(append([]string{"netns", "exec", l.client}, test.prepare...)...)
		}
		if status, out, _ := l.checked(test.arguments...); status != test.status || !has(out, test.want) {
			t.Errorf("%s: exit status %d, and it says no %q:\n%s", test.name, status, test.want, out)
		}
	}
}

func TestCheckWithoutPermissionCannotRecord(t *testing.T) {
	l := newLab(t)
	program := filepath.Join(l.dir, "bothcap")
	self, err := os.ReadFile("/proc/self/exe")
	if err == nil {
		err = os.WriteFile(program, self, 0o755)
	}
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("ip", "netns", "exec", l.client, "setpriv", "--reuid", "12345", "--regid", "12346", "--clear-groups", program, "check", "--peer", server4)
	cmd.Env = append(os.Environ(), actVariable+"=bothcap")
	out, _ := cmd.Output()
	if cmd.ProcessState.ExitCode() != 2 || !strings.HasPrefix(string(out), "Cannot record here.") || !strings.Contains(string(out), "To do: sudo ") {
		t.Errorf("exit status %d: %s", cmd.ProcessState.ExitCode(), out)
	}
}
