//go:build !windows

package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
)

func TestAnInterruptEndsTheWorkAndLeavesNothing(t *testing.T) {
	for _, test := range []struct {
		name    string
		signal  os.Signal
		format  string
		message string
	}{
		{"Ctrl-C", os.Interrupt, "text", "bothends: interrupted\n"},
		{"termination", syscall.SIGTERM, "text", "bothends: interrupted\n"},
		{"Ctrl-C with JSON", os.Interrupt, "json", `{"schema":"bothends.error/1","error":"interrupted","exit_status":130}` + "\n"},
	} {
		t.Run(test.name, func(t *testing.T) {
			dir, temporary := t.TempDir(), t.TempDir()
			fifo := filepath.Join(dir, "fifo")
			if err := syscall.Mkfifo(fifo, 0o600); err != nil {
				t.Skipf("mkfifo: %v", err)
			}
			command := exec.Command("bothends", "compare", "--format", test.format, "-o", filepath.Join(dir, "report"),
				fifo, filepath.Join(repository(t), demoServer))
			command.Env = append(os.Environ(), "TMPDIR="+temporary)
			var out, complaints bytes.Buffer
			command.Stdout, command.Stderr = &out, &complaints
			if err := command.Start(); err != nil {
				t.Fatal(err)
			}
			writer, err := os.OpenFile(fifo, os.O_WRONLY, 0) // returns once the program reads: its handlers are in place
			if err != nil {
				t.Fatal(err)
			}
			defer writer.Close()
			if err := command.Process.Signal(test.signal); err != nil {
				t.Fatal(err)
			}
			command.Wait()
			if got := command.ProcessState.ExitCode(); got != exitInterrupted {
				t.Errorf("exit status %d, want %d", got, exitInterrupted)
			}
			if out.Len() > 0 || complaints.String() != test.message {
				t.Errorf("standard output %q, want nothing; standard error %q, want %q", out.String(), complaints.String(), test.message)
			}
			for _, folder := range []string{dir, temporary} {
				left, err := filepath.Glob(filepath.Join(folder, "*"))
				if err != nil || len(left) > 1 || len(left) == 1 && left[0] != fifo {
					t.Errorf("left behind: %v (%v)", left, err)
				}
			}
		})
	}
}
