//go:build linux && cgo

package main

import (
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"bothends/capture"
	"bothends/capture/testimony"
)

// openTerminal is both sides of a terminal (pty(7)).
func openTerminal(t *testing.T) (master, terminal *os.File) {
	t.Helper()
	master, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	if err := unix.IoctlSetPointerInt(int(master.Fd()), unix.TIOCSPTLCK, 0); err != nil {
		t.Fatal(err)
	}
	n, err := unix.IoctlGetInt(int(master.Fd()), unix.TIOCGPTN)
	if err != nil {
		t.Fatal(err)
	}
	if terminal, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", n), os.O_RDWR|unix.O_NOCTTY, 0); err != nil {
		t.Fatal(err)
	}
	return master, terminal
}

// hasEnd reports whether a recording was completed by its last counters.
func hasEnd(t *testing.T, path string) bool {
	t.Helper()
	_, r := read(t, path)
	text, _ := os.ReadFile(path)
	return r.End().Kind == capture.Complete && r.Interfaces()[0].Counters.Delivered.Known &&
		strings.Contains(string(text), fmt.Sprintf(`"event":"%s"`, testimony.End))
}

// A terminal that closes sends a hang-up, and what closes it others. What is
// written to it then fails.
func TestATerminalThatClosesLeavesACompleteFile(t *testing.T) {
	// Where these tests run under nohup themselves, what they start would ignore a
	// hang-up, too: what is caught here is not ignored there.
	hangUps := make(chan os.Signal, 1)
	signal.Notify(hangUps, syscall.SIGHUP)
	defer signal.Stop(hangUps)
	l := newLab(t)
	for n := range 5 {
		path := filepath.Join(l.dir, fmt.Sprintf("client%d.pcapng", n))
		master, terminal := openTerminal(t)
		cmd := l.command(l.client, "bothcap", "-i", "v0", "--port", "587", "-w", path)
		cmd.Stdin, cmd.Stdout, cmd.Stderr = terminal, terminal, terminal
		cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		terminal.Close()
		for said, part := "", make([]byte, 4096); !strings.Contains(said, "recording on"); {
			got, err := master.Read(part)
			if said += string(part[:got]); err != nil {
				t.Fatalf("it says %q, and %v", said, err)
			}
		}
		l.talk(server4, 1000)
		master.Close()
		for range 3 {
			time.Sleep(time.Duration(n) * 20 * time.Millisecond)
			cmd.Process.Signal(syscall.SIGHUP)
		}
		if err := cmd.Wait(); err != nil {
			t.Errorf("bothcap: %v", err)
		}
		if !hasEnd(t, path) {
			t.Errorf("%s is not complete", path)
		}
	}
}

// The same over ssh without a terminal: who read what it says is gone.
func TestAReaderThatGoesLeavesACompleteFile(t *testing.T) {
	l := newLab(t)
	path := filepath.Join(l.dir, "client.pcapng")
	cmd := l.command(l.client, "bothcap", "-i", "v0", "--port", "587", "-w", path)
	said, err := cmd.StderrPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	if _, err := said.Read(make([]byte, 4096)); err != nil {
		t.Fatal(err)
	}
	l.talk(server4, 1000)
	said.Close()
	cmd.Process.Signal(syscall.SIGTERM)
	if err := cmd.Wait(); err != nil {
		t.Errorf("bothcap: %v", err)
	}
	if !hasEnd(t, path) {
		t.Error("the file is not complete")
	}
}

func TestUnderNohupAHangUpMeansNothing(t *testing.T) {
	l := newLab(t)
	path := filepath.Join(l.dir, "client.pcapng")
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("ip", "netns", "exec", l.client, "nohup", self, "-i", "v0", "--port", "587", "-w", path)
	cmd.Env = append(os.Environ(), actVariable+"=bothcap")
	stderr := newOutput(t)
	cmd.Stderr = stderr.file
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cmd.Process.Kill(); cmd.Wait() })
	eventually(t, "it records", func() bool { return strings.Contains(stderr.String(), "recording on") })
	cmd.Process.Signal(syscall.SIGHUP)
	time.Sleep(300 * time.Millisecond)
	l.talk(server4, 1000)
	cmd.Process.Signal(syscall.SIGINT)
	if err := cmd.Wait(); err != nil {
		t.Errorf("bothcap: %v: %s", err, stderr)
	}
	if packets, _ := read(t, path); len(packets) < 6 || !hasEnd(t, path) {
		t.Errorf("%d packets were recorded after the hang-up", len(packets))
	}
}
