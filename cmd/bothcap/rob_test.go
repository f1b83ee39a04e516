//go:build linux && cgo

package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// rob is a command that makes use of whatever bothcap leaves it. It prints what
// it got.
func rob() {
	frame := make([]byte, 60)
	list, _ := os.ReadDir("/proc/self/fd")
	for _, entry := range list {
		n, _ := strconv.Atoi(entry.Name())
		link, err := os.Readlink("/proc/self/fd/" + entry.Name())
		if n < 3 || err != nil || strings.HasPrefix(link, "/proc/") || strings.HasPrefix(link, "anon_inode:") {
			continue // the listing itself, and Go's own poller
		}
		fmt.Printf("descriptor %d: %s, sending by it: %v\n", n, link, unix.Sendto(n, frame, 0, &unix.SockaddrLinklayer{Ifindex: 2}))
	}
	parent := os.Getppid()
	if open, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", parent)); err == nil {
		fmt.Printf("bothcap's descriptors: %v\n", open)
	}
	pidfd, err := unix.PidfdOpen(parent, 0)
	if err != nil {
		fmt.Printf("no way to ask for bothcap's sockets: %v\n", err)
	}
	for n := range 64 {
		if got, err := unix.PidfdGetfd(pidfd, n, 0); err == nil {
			fmt.Printf("took descriptor %d as %d\n", n, got)
		}
	}
	if unix.PtraceSeize(parent) == nil {
		fmt.Println("traces bothcap")
	}
	fmt.Println("done")
}

// What root opened is not the command's, which runs as the user who called sudo.
// Nor is it where bothcap itself runs as that user, with a capability from
// systemd, and the two could look into each other.
func TestTheCommandGetsNoneOfWhatPrivilegeOpened(t *testing.T) {
	l := newLab(t)
	program := filepath.Join(l.dir, "robber")
	self, err := os.ReadFile("/proc/self/exe")
	if err == nil {
		err = os.WriteFile(program, self, 0o755)
	}
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct{ name, become string }{
		{"under sudo", "env SUDO_UID=12345 SUDO_GID=12346"},
		{"with a capability", "setpriv --reuid 12345 --regid 12346 --clear-groups --inh-caps +net_raw --ambient-caps +net_raw"},
	} {
		t.Run(test.name, func(t *testing.T) {
			words := append([]string{"netns", "exec", l.client}, strings.Fields(test.become)...)
			words = append(words, program, "-i", "v0", "--port", "587", "-w", filepath.Join(l.dir, test.name+".pcapng"),
				"--", "env", actVariable+"=rob", program)
			cmd := exec.Command("ip", words...)
			cmd.Env = append(os.Environ(), actVariable+"=bothcap")
			var complaints strings.Builder
			cmd.Stderr = &complaints
			out, err := cmd.Output()
			if err != nil || string(out) != "done\n" {
				t.Errorf("%v; the command got:\n%s%s", err, out, &complaints)
			}
		})
	}
}
