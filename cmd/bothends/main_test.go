package main

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"bothends/correlate/outcome"
	"bothends/correlate/schema/validate"
	"bothends/fixtures/model"
	"bothends/fixtures/scenarios"
)

var update = flag.Bool("update", false, "rewrite the golden report and the README's example")

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"bothends": checked})
}

// unchecked is in the environment of runs that are interrupted: whoever holds their JSON
// against a schema is killed by what the program obeys.
const unchecked = "BOTHENDS_UNCHECKED"

// checked is the program, whose JSON is held against its schema on the way, whatever
// test has started it.
func checked() {
	args := os.Args[1:]
	if os.Getenv(unchecked) != "" || !slices.ContainsFunc(args, func(a string) bool { return strings.HasSuffix(a, formatJSON) || a == "campaign" }) {
		main()
		return
	}
	out, in, err := os.Pipe()
	if err != nil {
		panic(err)
	}
	var printed bytes.Buffer
	done := make(chan error)
	go func(to io.Writer) {
		_, err := io.Copy(io.MultiWriter(&printed, to), out)
		done <- err
	}(os.Stdout)
	os.Stdout = in
	status := run(args)
	in.Close()
	if err := <-done; err != nil {
		os.Exit(status) // nobody reads on
	}
	documents := [][]byte{printed.Bytes()}
	for i, a := range args {
		if slices.Contains([]string{"-o", "--output"}, a) && i+1 < len(args) && status != int(outcome.Failed) {
			if content, err := os.ReadFile(args[i+1]); err == nil {
				documents = append(documents, content)
			}
		}
	}
	for _, d := range documents {
		if !bytes.HasPrefix(d, []byte("{")) {
			continue
		}
		if _, err := validate.Documents(d); err != nil {
			fmt.Fprintf(os.Stderr, "not as the schema says: %v\n", err)
			os.Exit(notAsItsSchema)
		}
	}
	os.Exit(status)
}

// notAsItsSchema is a status that no test expects.
const notAsItsSchema = 99

// TestScripts runs the program as users do. Beside testscript's commands the
// scripts have:
//
//	exits STATUS COMMAND [ARG...]    run it and hold its exit status
//	capture FILE [HEX...]            write a pcap file of raw IP packets
//	lines STREAM N                   stdout, stderr or a file has N lines
//	head N FROM TO                   copy the first N bytes of a file
func TestScripts(t *testing.T) {
	root := repository(t)
	path := t.TempDir()
	writePath(t, path)
	testscript.Run(t, testscript.Params{
		Dir: "testdata",
		Setup: func(env *testscript.Env) error {
			env.Setenv("FIXTURES", filepath.Join(root, "fixtures"))
			env.Setenv("SWALLOWED", filepath.Join(root, "fixtures", "pairs", "starttls-swallowed"))
			env.Setenv("DEMO", filepath.Join(root, "fixtures", "synthetic", "resets-forged-as-in-2012"))
			env.Setenv("TAPS", path)
			env.Setenv("TERM", "xterm")
			env.Setenv("ESC", "\x1b")
			return nil
		},
		Condition: func(name string) (bool, error) {
			if name != "root" {
				return false, fmt.Errorf("unknown condition %q", name)
			}
			return os.Getuid() == 0, nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits": exits, "capture": writeCapture, "lines": countLines, "head": copyHead,
		},
	})
}

// writePath writes captures of four taps on one path: the box that forges stands between
// west.pcapng and east.pcapng.
func writePath(t *testing.T, dir string) {
	t.Helper()
	s, found := scenarios.Named("reset-forged-both-ways")
	if !found {
		t.Fatal("no such scenario")
	}
	box := slices.IndexFunc(s.Path.Hops, func(h model.Hop) bool { return len(h.Boxes) > 0 })
	s.Between = []model.Between{{Name: "west", Link: box, Filter: "tcp"}, {Name: "east", Link: box + 1, Filter: "tcp"}}
	if _, err := scenarios.Write(dir, s, 1); err != nil {
		t.Fatal(err)
	}
}

func repository(t *testing.T) string {
	t.Helper()
	root, err := filepath.Abs(filepath.Join("..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	return root
}

func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits STATUS COMMAND [ARG...]")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	got := 0
	if err := ts.Exec(args[1], args[2:]...); err != nil {
		var failed *exec.ExitError
		if !errors.As(err, &failed) {
			ts.Fatalf("%s: %v", args[1], err)
		}
		got = failed.ExitCode()
	}
	if got != want {
		ts.Fatalf("exit status %d, want %d", got, want)
	}
}

// writeCapture follows the pcap format by hand
// (https://www.tcpdump.org/manpages/pcap-savefile.5.html); link type 101 is raw IP.
func writeCapture(ts *testscript.TestScript, _ bool, args []string) {
	var b []byte
	for _, word := range []uint32{0xa1b2c3d4, 4<<16 | 2, 0, 0, 65535, 101} {
		b = binary.LittleEndian.AppendUint32(b, word)
	}
	for i, text := range args[1:] {
		packet, err := hex.DecodeString(text)
		ts.Check(err)
		for _, word := range []uint32{uint32(1e9 + i), 0, uint32(len(packet)), uint32(len(packet))} {
			b = binary.LittleEndian.AppendUint32(b, word)
		}
		b = append(b, packet...)
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), b, 0o600))
}

func countLines(ts *testscript.TestScript, _ bool, args []string) {
	want, err := strconv.Atoi(args[1])
	ts.Check(err)
	if got := strings.Count(ts.ReadFile(args[0]), "\n"); got != want {
		ts.Fatalf("%s has %d lines, want %d", args[0], got, want)
	}
}

func copyHead(ts *testscript.TestScript, _ bool, args []string) {
	n, err := strconv.Atoi(args[0])
	ts.Check(err)
	content, err := os.ReadFile(ts.MkAbs(args[1]))
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs(args[2]), content[:n], 0o600))
}

// runIn starts the program in a directory and returns what it said.
func runIn(t *testing.T, dir string, args ...string) (stdout, stderr string, status int) {
	t.Helper()
	command := exec.Command("bothends", args...)
	command.Dir = dir
	var out, complaints bytes.Buffer
	command.Stdout, command.Stderr = &out, &complaints
	err := command.Run()
	var failed *exec.ExitError
	if err != nil && !errors.As(err, &failed) {
		t.Fatal(err)
	}
	return out.String(), complaints.String(), command.ProcessState.ExitCode()
}
