//go:build linux && cgo

package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"bothends/capture"
)

// A farLab is a lab whose server can be logged in at.
type farLab struct {
	*lab
	ssh    string // the command that gets there
	daemon *exec.Cmd
}

// The user of the server who is not root.
const farUser = "both"

// newFarLab starts an sshd at the server, with keys and users of its own; there, bin is
// the first folder of PATH.
func newFarLab(t *testing.T) *farLab {
	t.Helper()
	l := &farLab{lab: newLab(t)}
	for _, program := range []string{"sshd", "ssh", "ssh-keygen", "sudo"} {
		if _, err := exec.LookPath(program); err != nil {
			if os.Getenv("BOTHENDS_PRIVILEGED") == "required" {
				t.Fatal(err)
			}
			t.Skip(err)
		}
	}
	for _, name := range []string{"host", "key"} {
		if out, err := exec.Command("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", l.path(name)).CombinedOutput(); err != nil {
			t.Fatalf("ssh-keygen: %v: %s", err, out)
		}
	}
	os.Mkdir(l.path("bin"), 0o755)
	os.Mkdir(l.path("home"), 0o777)
	os.Mkdir(l.path("tmp"), 0o777)
	os.MkdirAll("/run/sshd", 0o755)
	passwd, _ := os.ReadFile("/etc/passwd")
	shadow, _ := os.ReadFile("/etc/shadow")
	sudoers := "root ALL=(ALL) ALL\n" + farUser + " ALL=(root) NOPASSWD: " + l.path("bin/bothcap") + "\n"
	l.etc(map[string]string{
		"passwd":  string(passwd) + farUser + ":x:12345:12345::" + l.path("home") + ":/bin/sh\n",
		"shadow":  string(shadow) + farUser + ":*:20000:0:99999:7:::\n",
		"sudoers": sudoers,
	})
	l.write("sshd_config", 0o600, fmt.Sprintf("HostKey %[1]s/host\nAuthorizedKeysFile %[1]s/key.pub\nStrictModes no\nUsePAM no\nPermitRootLogin yes\nPidFile none\nSetEnv PATH=%[1]s/bin:/usr/sbin:/usr/bin:/sbin:/bin TMPDIR=%[1]s/tmp %[2]s=bothcap\n", l.dir, actVariable))
	l.write("ssh_config", 0o644, fmt.Sprintf("IdentityFile %[1]s/key\nIdentitiesOnly yes\nUserKnownHostsFile %[1]s/known\nStrictHostKeyChecking accept-new\nBatchMode yes\nLogLevel ERROR\n", l.dir))
	l.ssh = "ssh -F " + l.path("ssh_config")
	daemon := exec.Command("ip", "netns", "exec", l.server, "/usr/sbin/sshd", "-D", "-e", "-f", l.path("sshd_config"))
	log := newOutput(t)
	daemon.Stderr = log.file
	if err := daemon.Start(); err != nil {
		t.Fatal(err)
	}
	l.daemon = daemon
	t.Cleanup(func() { daemon.Process.Kill(); daemon.Wait() })
	eventually(t, "sshd listens", func() bool { return strings.Contains(log.String(), "listening on 0.0.0.0") })
	return l
}

// etc puts files in the place of those in /etc, at both ends (ip-netns(8)).
func (l *farLab) etc(texts map[string]string) {
	l.t.Helper()
	for _, namespace := range []string{l.client, l.server} {
		folder := filepath.Join("/etc/netns", namespace)
		if err := os.MkdirAll(folder, 0o755); err != nil {
			l.t.Fatal(err)
		}
		l.t.Cleanup(func() { os.RemoveAll(folder) })
		for name, text := range texts {
			mode := os.FileMode(0o440) // sudo takes no other
			if name == "passwd" {
				mode = 0o644
			}
			if err := os.WriteFile(filepath.Join(folder, name), []byte(text), mode); err != nil {
				l.t.Fatal(err)
			}
			os.Chmod(filepath.Join(folder, name), mode)
		}
	}
}

func (l *farLab) path(name string) string { return filepath.Join(l.dir, name) }

func (l *farLab) write(name string, mode os.FileMode, text string) {
	l.t.Helper()
	if err := os.WriteFile(l.path(name), []byte(text), mode); err != nil {
		l.t.Fatal(err)
	}
	os.Chmod(l.path(name), mode)
}

// install puts a bothcap at the server.
func (l *farLab) install() {
	self, err := os.Executable()
	if err != nil {
		l.t.Fatal(err)
	}
	program, err := os.ReadFile(self)
	if err != nil {
		l.t.Fatal(err)
	}
	if err := os.WriteFile(l.path("self"), program, 0o755); err != nil {
		l.t.Fatal(err)
	}
	l.write("bin/bothcap", 0o755, "#!/bin/sh\n"+actVariable+"=bothcap exec "+l.path("self")+" \"$@\"\n")
}

// flags begin the command line of both, as user at the server.
func (l *farLab) flags(user string, more ...string) []string {
	return append([]string{"both", user + "@" + server4, "--ssh", l.ssh, "--port", "587", "--dir", l.dir}, more...)
}

// left are the processes at the server but those of the lab.
func (l *farLab) left() (list []string) {
	out, _ := exec.Command("ip", "netns", "pids", l.server).Output()
	for _, pid := range strings.Fields(string(out)) {
		line, _ := os.ReadFile("/proc/" + pid + "/cmdline")
		words := strings.ReplaceAll(string(line), "\x00", " ")
		n, _ := strconv.Atoi(pid)
		if n != l.daemon.Process.Pid && words != "" && !strings.Contains(words, "[::]:587") {
			list = append(list, words)
		}
	}
	return list
}

// leavesNothing makes sure that no process and no file is left at the server.
func (l *farLab) leavesNothing() {
	l.t.Helper()
	eventually(l.t, fmt.Sprintf("no process is left at the server: %q", l.left()), func() bool { return len(l.left()) == 0 })
	if rest := files(l.t, l.path("tmp/*")); len(rest) > 0 {
		l.t.Errorf("left at the server: %q", rest)
	}
}

// both reads both recordings with our reader and Wireshark's.
func (l *farLab) both() (client, server []capture.Packet) {
	l.t.Helper()
	for _, end := range []string{"client", "server"} {
		packets, r := read(l.t, l.path(end+".pcapng"))
		if r.End().Kind != capture.Complete {
			l.t.Errorf("%s.pcapng is %v", end, r.End())
		}
		tool(l.t, "capinfos", l.path(end+".pcapng"))
		if end == "client" {
			client = packets
		} else {
			server = packets
		}
	}
	return client, server
}

// killSSHD kills the sshd that serves the connection.
func (l *farLab) killSSHD() {
	out, _ := exec.Command("ip", "netns", "pids", l.server).Output()
	for _, pid := range strings.Fields(string(out)) {
		name, _ := os.ReadFile("/proc/" + pid + "/comm")
		n, _ := strconv.Atoi(pid)
		if strings.HasPrefix(string(name), "sshd") && n != l.daemon.Process.Pid {
			syscall.Kill(n, syscall.SIGKILL)
		}
	}
}

// killOrphans kills the sshd that still waits for its peer, and nothing else.
func (l *farLab) killOrphans() {
	if rest := l.left(); len(rest) > 0 && !strings.Contains(strings.Join(rest, " "), "lifeline") && !strings.Contains(strings.Join(rest, " "), "tcpdump") {
		l.killSSHD()
	}
}
