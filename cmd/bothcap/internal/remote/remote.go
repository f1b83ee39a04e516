// Package remote records at another host over the system's ssh: it starts a recorder
// there, whose recording comes back over the same connection, and ends it again
// whatever happens here or on the way.
package remote

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"time"

	"bothends/cmd/bothcap/internal/child"
	"bothends/cmd/bothcap/internal/privilege"
)

// Options say where and how to record.
type Options struct {
	SSH  string          // the command for a shell here, such as "ssh -J jump"
	Host string          // as ssh takes it
	As   *privilege.User // who runs ssh; nil is as this program does
	// Unshared has ssh make a connection of its own, and share none.
	Unshared bool
	Sudo     bool
	// Copy opens the program to send where there is none; nil if none is to be sent.
	Copy func() (*os.File, error)

	Arguments []string // of bothcap there
	// Of tcpdump there:
	Interface string // empty: that by which the host reaches this one
	SnapLen   int
	Filter    string
	// HeadersOnly has nothing kept of what was said, though tcpdump sends it.
	HeadersOnly bool
	// Application names this program in a file that tcpdump's recording becomes.
	Application string

	// Heard is given what the far end and ssh say, line by line.
	Heard func(line string)
	// Signal sends a signal to ssh; nil if anybody may.
	Signal func(p *os.Process, s os.Signal) error
}

// A Recorder is the program that records at the far end.
type Recorder string

const (
	Bothcap Recorder = "bothcap"
	Tcpdump Recorder = "tcpdump"
)

// An End is the other end of the connection, where a recorder runs.
type End struct {
	Recorder Recorder
	System   string // as uname(1) has it
	Machine  string
	// Interface and Filter are what tcpdump was told.
	Interface, Filter string

	options Options
	cmd     *exec.Cmd
	from    *bufio.Reader
	said    sync.WaitGroup
	counted counted
	once    sync.Once
	ended   chan struct{}
	err     error // of ssh, once ended

	mu sync.Mutex
	to io.WriteCloser // nil once it is closed
}

// beatInterval is how often the far end is told that somebody is there.
const beatInterval = 5 * time.Second

// Lifeline is how long the far end records without being told so: some beats may be
// late on a bad path.
const Lifeline = 30 * time.Second

// Arguments with which ssh notices a connection that is gone. What the user gives
// stands before them, and counts.
var noticing = []string{"-T", "-o", "ServerAliveInterval=5", "-o", "ServerAliveCountMax=4"}

// unshared keeps ssh's traffic on a connection that is known to be this process's.
var unshared = []string{"-o", "ControlPath=none", "-o", "ControlMaster=no"}

// Start logs in and has a recorder started. The recording is then read from the End,
// which is to be stopped and waited for, whatever becomes of it.
func Start(ctx context.Context, o Options) (*End, error) {
	if err := CheckHost(o.Host); err != nil {
		return nil, err
	}
	sudo := ""
	if o.Sudo {
		sudo = "sudo"
	}
	program, err := command(sudo, o.Interface, o.SnapLen, o.Filter, o.Arguments)
	if err != nil {
		return nil, err
	}
	arguments := noticing
	if o.Unshared {
		arguments = append(arguments[:len(arguments):len(arguments)], unshared...)
	}
	e := &End{options: o, ended: make(chan struct{})}
	if err := e.log(append(arguments, o.Host, program)); err != nil {
		return nil, err
	}
	defer context.AfterFunc(ctx, e.Kill)()
	if err := e.agree(); err != nil {
		e.Stop()
		_ = e.Wait(farewell) // what it said is told, and more than ssh's status
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		return nil, err
	}
	go e.beat()
	return e, nil
}

// CheckHost refuses what ssh would take for something else than a host.
func CheckHost(host string) error {
	if _, err := quote(host); err != nil || host == "" || strings.HasPrefix(host, "-") || strings.ContainsAny(host, " \t") {
		return fmt.Errorf("%q is no host for ssh", host)
	}
	return nil
}

// shell runs the user's ssh command with further arguments. Keys that the terminal
// makes signals of are for this program: ssh would end before the recording.
func (o *Options) shell(arguments []string) *exec.Cmd {
	cmd := exec.Command("/bin/sh", append([]string{"-c", `trap "" HUP INT QUIT; exec ` + o.SSH + ` "$@"`, "ssh"}, arguments...)...)
	cmd.Env = withAgent(os.Environ())
	return cmd
}

// log starts ssh.
func (e *End) log(arguments []string) error {
	e.cmd = e.options.shell(arguments)
	to, err1 := e.cmd.StdinPipe()
	from, err2 := e.cmd.StdoutPipe()
	said, err3 := e.cmd.StderrPipe()
	err := errors.Join(err1, err2, err3, child.As(e.cmd, e.options.As))
	if err == nil {
		err = e.cmd.Start()
	}
	if err != nil {
		return fmt.Errorf("starting %q: %w", e.options.SSH, err)
	}
	e.to, e.from = to, bufio.NewReaderSize(from, 64<<10)
	e.said.Go(func() { e.listen(said) })
	return nil
}

// mostSaid bounds a line that is passed on.
const mostSaid = 4 << 10

func (e *End) listen(said io.Reader) {
	lines := bufio.NewReaderSize(said, mostSaid)
	for {
		line, _, err := lines.ReadLine()
		if len(line) > 0 {
			text := strings.TrimRight(string(line), "\r")
			e.counted.hear(text)
			e.options.Heard(text)
		}
		if err != nil {
			return
		}
	}
}

// Read reads the recording.
func (e *End) Read(b []byte) (int, error) { return e.from.Read(b) }

// beat tells the far end that somebody is there, until it is stopped.
func (e *End) beat() {
	for e.send("\n") == nil {
		select {
		case <-e.ended:
			return
		case <-time.After(beatInterval):
		}
	}
}

// farewell is how long the far end may take to end when nothing is recorded.
const farewell = 2 * time.Second

// errStopped says that the end was told to stop.
var errStopped = errors.New("stopped")

func (e *End) send(text string) error {
	_, err := io.WriteString(line{e}, text)
	return err
}

// line is what the far end reads.
type line struct{ *End }

func (l line) Write(b []byte) (int, error) {
	l.mu.Lock()
	to := l.to
	l.mu.Unlock()
	if to == nil {
		return 0, errStopped
	}
	return to.Write(b)
}

// Stop has the recorder complete its recording.
func (e *End) Stop() {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.to != nil {
		e.to.Close() // what fails here has ended already
		e.to = nil
	}
}

// Kill ends ssh; the far end then ends by itself.
func (e *End) Kill() {
	e.Stop()
	if e.options.Signal != nil {
		_ = e.options.Signal(e.cmd.Process, os.Kill)
		return
	}
	_ = e.cmd.Process.Kill()
}

// Wait waits until ssh has ended, once all of the recording is read, and returns why
// the recorder was not content, or nil.
func (e *End) Wait(limit time.Duration) error {
	timer := time.AfterFunc(limit, e.Kill)
	defer timer.Stop()
	e.once.Do(func() {
		e.hearAll()
		e.err = e.cmd.Wait()
		close(e.ended)
	})
	return e.err
}

// hearAll waits until all is heard that was said, though no longer than that takes: an
// ssh that others share stays, and may keep the way open.
func (e *End) hearAll() {
	heard := make(chan struct{})
	go func() { e.said.Wait(); close(heard) }()
	select {
	case <-heard:
	case <-time.After(farewell):
	}
}
