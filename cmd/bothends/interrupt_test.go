//go:build !windows

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"bothends/fixtures/bulk"
)

func TestWorkThatDoesNotEndIsLeftBehindOnAnInterrupt(t *testing.T) {
	ctx, interrupt := context.WithCancel(context.Background())
	begun, forever := make(chan bool), make(chan bool)
	defer close(forever)
	go func() {
		<-begun
		interrupt()
	}()
	err := unlessInterrupted(ctx, func() error {
		close(begun)
		<-forever
		return nil
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("%v, want that it was interrupted", err)
	}
	var out bytes.Buffer
	if n, err := (interruptible{ctx, &out}).Write([]byte("x")); n != 0 || err == nil || out.Len() > 0 {
		t.Errorf("%d bytes were written after the interrupt: %v", n, err)
	}
	if err := unlessInterrupted(context.Background(), func() error { return io.EOF }); err != io.EOF {
		t.Errorf("%v, want the work's own error", err)
	}
}

// Whoever reads the report may have stopped reading.
func TestAnInterruptEndsARunThatNobodyReads(t *testing.T) {
	shape := t.TempDir()
	if err := bulk.WriteShape(shape, "forged", 1000); err != nil { // a report of more than a pipe holds
		t.Fatal(err)
	}
	command := exec.Command("bothends", "compare", "--format", "json", filepath.Join(shape, "client.pcap"), filepath.Join(shape, "server.pcap"))
	command.Env = append(os.Environ(), unchecked+"=1")
	out, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	if _, err := out.Read(make([]byte, 1)); err != nil { // it is being written
		t.Fatal(err)
	}
	if err := command.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	state, err := command.Process.Wait() // the pipe stays open, and nobody reads it
	if err != nil || state.ExitCode() != exitInterrupted {
		t.Errorf("%v, exit status %d, want %d", err, state.ExitCode(), exitInterrupted)
	}
}

// An interrupt may come while reading, pairing, judging or rendering: whenever it
// comes, there is a whole report and its status, or none and 130.
func TestAnInterruptAtAnyMomentLeavesAWholeReportOrNone(t *testing.T) {
	shape := t.TempDir()
	const connections, moments = 4_000, 8
	if err := bulk.WriteShape(shape, "forged", connections); err != nil {
		t.Fatal(err)
	}
	client, server := filepath.Join(shape, "client.pcap"), filepath.Join(shape, "server.pcap")
	begin := time.Now()
	first := exec.Command("bothends", "compare", "--format", "json", client, server)
	first.Env = append(os.Environ(), unchecked+"=1")
	if err := first.Run(); err == nil {
		t.Fatal("no reset was found")
	}
	whole := time.Since(begin)
	interrupted, slowest := 0, time.Duration(0)
	for i := range moments {
		dir, temporary := t.TempDir(), t.TempDir()
		path := filepath.Join(dir, "report.json")
		command := exec.Command("bothends", "compare", "--format", "json", "-o", path, client, server)
		command.Env = append(os.Environ(), unchecked+"=1", "TMPDIR="+temporary)
		var complaints bytes.Buffer
		command.Stderr = &complaints
		if err := command.Start(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(whole * time.Duration(i) / moments)
		asked := time.Now()
		if err := command.Process.Signal(os.Interrupt); err != nil {
			t.Fatal(err)
		}
		command.Wait()
		left, _ := filepath.Glob(filepath.Join(dir, "*"))
		hidden, _ := filepath.Glob(filepath.Join(dir, ".*"))
		spooled, _ := filepath.Glob(filepath.Join(temporary, "*"))
		switch status := command.ProcessState.ExitCode(); {
		case status == exitInterrupted || status == -1: // -1: before it could listen
			interrupted, slowest = interrupted+1, max(slowest, time.Since(asked))
			if len(left)+len(hidden)+len(spooled) > 0 {
				t.Errorf("left behind after %d of %d of its time: %v %v %v", i, moments, left, hidden, spooled)
			}
		default:
			written, err := os.ReadFile(path)
			if err != nil || !json.Valid(written) {
				t.Errorf("status %d, and the report is no whole one (%v): %s", status, err, &complaints)
			}
		}
	}
	if interrupted == 0 {
		t.Error("no run was interrupted: the pair is too small")
	}
	t.Logf("%d of %d runs interrupted, the slowest ended after %v", interrupted, moments, slowest)
}

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
			command.Env = append(os.Environ(), unchecked+"=1", "TMPDIR="+temporary)
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
