//go:build linux && cgo

package main

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"bothends/capture"
	"bothends/capture/pcapng"
	"bothends/cmd/bothcap/internal/host"
)

// The test binary is also the programs that the tests run in other namespaces.
const actVariable = "BOTHENDS_TEST_ACT"

func TestMain(m *testing.M) {
	if len(os.Args) == 2 && os.Args[1] == host.LookerArgument {
		os.Exit(run(os.Args[1:])) // with nothing of what its recorder has in its environment
	}
	switch os.Getenv(actVariable) {
	case "":
		os.Exit(m.Run())
	case "bothcap":
		os.Exit(run(os.Args[1:]))
	case "serve":
		serve(os.Args[1])
	case "talk":
		os.Exit(talk(os.Args[1], os.Args[2]))
	case "frame":
		sendFrame(os.Args[1], os.Args[2])
	case "forge":
		forge(os.Args[1])
	case "hold":
		hold(os.Args[1])
	case "rob":
		rob()
	}
}

// serve accepts connections and sends back what it gets until it is killed.
func serve(address string) {
	l, err := net.Listen("tcp", address)
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	fmt.Println("serving")
	for {
		c, err := l.Accept()
		if err != nil {
			return
		}
		go func() { io.Copy(c, c); c.Close() }()
	}
}

// talk exchanges bytes with serve and ends the connection. Its exit status is 3,
// to be told from others. With 0 bytes it resets the connection.
func talk(address, size string) int {
	c, err := net.DialTimeout("tcp", address, 5*time.Second)
	if err != nil {
		fmt.Println(err)
		return 1
	}
	n, _ := strconv.Atoi(size)
	if n == 0 {
		c.(*net.TCPConn).SetLinger(0)
		c.Close()
		return 3
	}
	go c.Write(make([]byte, n))
	got, err := io.CopyN(io.Discard, c, int64(n))
	c.Close()
	fmt.Printf("uid %d: %d bytes, %v\n", os.Getuid(), got, err)
	return 3
}

// sendFrame puts a frame in hexadecimal on an interface's wire.
func sendFrame(device, text string) {
	i, err := net.InterfaceByName(device)
	if err != nil {
		panic(err)
	}
	frame, _ := hex.DecodeString(text)
	s, err := unix.Socket(unix.AF_PACKET, unix.SOCK_RAW, 0)
	if err == nil {
		err = unix.Sendto(s, frame, 0, &unix.SockaddrLinklayer{Ifindex: i.Index})
	}
	if err != nil {
		panic(err)
	}
}

// The lab is two hosts with one cable: client 10.98.0.1 with v0, and server
// 10.98.0.2 with v1, where serve listens on port 587.
type lab struct {
	t              *testing.T
	client, server string // network namespaces
	dir            string // that everybody may write to
}

const (
	server4 = "10.98.0.2"
	server6 = "fd98::2"
)

func newLab(t *testing.T) *lab {
	t.Helper()
	if os.Geteuid() != 0 {
		if os.Getenv("BOTHENDS_PRIVILEGED") == "required" {
			t.Fatal("BOTHENDS_PRIVILEGED=required, but the tests do not run as root")
		}
		t.Skip("needs root, for network namespaces and capturing; BOTHENDS_PRIVILEGED=required makes this a failure")
	}
	name := fmt.Sprintf("bc-%d-%d", os.Getpid(), time.Now().UnixNano()%1e6)
	l := &lab{t: t, client: name + "-c", server: name + "-s"}
	var err error
	// Not t.TempDir, whose parents only root may enter.
	if l.dir, err = os.MkdirTemp("/tmp", "bothcap-test-"); err != nil {
		t.Fatal(err)
	}
	os.Chmod(l.dir, 0o777)
	t.Cleanup(func() {
		os.RemoveAll(l.dir)
		for _, n := range []string{l.client, l.server} {
			exec.Command("ip", "netns", "del", n).Run()
		}
	})
	l.ip("netns", "add", l.client)
	l.ip("netns", "add", l.server)
	l.ip("-n", l.client, "link", "add", "v0", "type", "veth", "peer", "name", "v1", "netns", l.server)
	for _, end := range [][]string{{l.client, "v0", "1"}, {l.server, "v1", "2"}} {
		l.ip("-n", end[0], "link", "set", "lo", "up")
		l.ip("-n", end[0], "link", "set", end[1], "address", "02:00:00:00:00:0"+end[2])
		l.ip("-n", end[0], "addr", "add", "10.98.0."+end[2]+"/24", "dev", end[1])
		l.ip("-n", end[0], "addr", "add", "fd98::"+end[2]+"/64", "dev", end[1], "nodad")
		l.ip("-n", end[0], "link", "set", end[1], "up")
	}
	l.start(l.server, "serve", "serving", "[::]:587")
	return l
}

func (l *lab) ip(arguments ...string) {
	l.t.Helper()
	if out, err := exec.Command("ip", arguments...).CombinedOutput(); err != nil {
		l.t.Fatalf("ip %s: %v: %s", strings.Join(arguments, " "), err, out)
	}
}

// command is the test binary acting in a namespace.
func (l *lab) command(namespace, act string, arguments ...string) *exec.Cmd {
	self, err := os.Executable()
	if err != nil {
		l.t.Fatal(err)
	}
	cmd := exec.Command("ip", append([]string{"netns", "exec", namespace, self}, arguments...)...)
	cmd.Env = append(os.Environ(), actVariable+"="+act)
	return cmd
}

// A running program.
type running struct {
	*exec.Cmd
	t              *testing.T
	stdout, stderr *liveOutput
}

// liveOutput is an output that may be read while it is written.
type liveOutput struct{ file *os.File }

func newOutput(t *testing.T) *liveOutput {
	f, err := os.CreateTemp(t.TempDir(), "out")
	if err != nil {
		t.Fatal(err)
	}
	return &liveOutput{f}
}

func (o *liveOutput) String() string {
	b, _ := os.ReadFile(o.file.Name())
	return string(b)
}

// start runs a program and waits until it has printed a word.
func (l *lab) start(namespace, act, word string, arguments ...string) *running {
	l.t.Helper()
	r := &running{Cmd: l.command(namespace, act, arguments...), t: l.t, stdout: newOutput(l.t), stderr: newOutput(l.t)}
	r.Stdout, r.Stderr = r.stdout.file, r.stderr.file
	if err := r.Start(); err != nil {
		l.t.Fatal(err)
	}
	l.t.Cleanup(func() { r.Process.Kill(); r.Wait() })
	eventually(l.t, fmt.Sprintf("%s prints %q", act, word), func() bool {
		return strings.Contains(r.stdout.String()+r.stderr.String(), word)
	})
	return r
}

// eventually polls; only what never comes true takes long.
func eventually(t *testing.T, what string, true func() bool) {
	t.Helper()
	for range 1000 {
		if true() {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
	t.Fatalf("it never came to pass that %s", what)
}

// record runs bothcap at the client until stop.
func (l *lab) record(arguments ...string) *running {
	return l.start(l.client, "bothcap", "recording on", arguments...)
}

// stop sends a signal and returns the exit status.
func (r *running) stop(s syscall.Signal) int {
	r.Process.Signal(s)
	return r.status()
}

func (r *running) status() int {
	r.Wait()
	return r.ProcessState.ExitCode()
}

// talk has the client exchange bytes with the server.
func (l *lab) talk(server string, size int) {
	l.t.Helper()
	out, err := l.command(l.client, "talk", net.JoinHostPort(server, "587"), strconv.Itoa(size)).CombinedOutput()
	if err == nil || !strings.Contains(err.Error(), "exit status 3") {
		l.t.Fatalf("talking: %v: %s", err, out)
	}
}

// around runs bothcap around a talk, or whatever is behind "--".
func (l *lab) around(arguments ...string) (status int, stdout, stderr string) {
	cmd := l.command(l.client, "bothcap", arguments...)
	var out, err bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &err
	cmd.Run()
	return cmd.ProcessState.ExitCode(), out.String(), err.String()
}

// talker is the command line that talks, for around. It runs a copy that
// everybody may execute.
func (l *lab) talker(server string, size int) []string {
	self, err := os.Executable()
	if err != nil {
		l.t.Fatal(err)
	}
	program, err := os.ReadFile(self)
	copied := filepath.Join(l.dir, "talk")
	if err == nil {
		err = os.WriteFile(copied, program, 0o755)
	}
	if err != nil {
		l.t.Fatal(err)
	}
	return []string{"--", "env", actVariable + "=talk", copied, net.JoinHostPort(server, "587"), strconv.Itoa(size)}
}

// read reads a capture with our reader, up to whatever end it has.
func read(t *testing.T, path string) (packets []capture.Packet, r *pcapng.Reader) {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if r, err = pcapng.NewReader(bytes.NewReader(b)); err != nil {
		t.Fatal(err)
	}
	for {
		var p capture.Packet
		if err := r.Next(&p); err == io.EOF {
			return packets, r
		} else if err != nil {
			t.Fatal(err)
		}
		p.Data = bytes.Clone(p.Data)
		packets = append(packets, p)
	}
}

// tool runs a program of Wireshark's or tcpdump over a capture; it must not
// complain.
func tool(t *testing.T, name string, arguments ...string) string {
	t.Helper()
	cmd := exec.Command(name, arguments...)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		t.Errorf("%s: %v: %s", name, err, &stderr)
	}
	for _, bad := range []string{"cut short", "damaged", "truncated", "corrupt"} {
		if strings.Contains(stderr.String(), bad) {
			t.Errorf("%s: %s", name, &stderr)
		}
	}
	return stdout.String()
}

func files(t *testing.T, pattern string) []string {
	t.Helper()
	list, err := filepath.Glob(pattern)
	if err != nil {
		t.Fatal(err)
	}
	return list
}
