package host

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"bothends/capture/testimony"
)

// A Looker is a process that looks, when it is asked, at what takes privilege to see: the
// rules of the packet filters, and the other network namespaces. It is started while there
// is privilege and keeps three capabilities of it, for a recorder that has given up all of
// its own when it looks for the second time. All that it reads is that it is asked.
//
// The packet filter could tell itself when its rules change (NFNLGRP_NFTABLES), but all that
// matters is whether they did, which the number of their generation says; the older packet
// filter says neither, so that nothing is known where it has tables.
type Looker struct {
	cmd    *exec.Cmd
	ask    io.WriteCloser
	answer *os.File
	// generation is that of the rules when this one was started, if they have one.
	generation      uint32
	generationKnown bool
	before          map[string]string // when each process began that ran as this one was started, by its folder in /proc
}

// seen is what a Looker's process answers.
type seen struct {
	ResetRules *int
	NATRules   *int
	RulesFrom  []string
	Generation *uint32
	Namespaces *int     // but for those of Hidden processes
	Hidden     []string // folders in /proc
}

// LookerArgument is the only argument of a program that is to be a Looker's process.
const LookerArgument = "look-again-when-asked"

// answerLimit bounds how long the recorder waits for an answer: each lister may take
// rulesLimit.
const answerLimit = 20 * time.Second

// lookerCapabilities: CAP_NET_ADMIN lists rules, and those of the older packet filter with
// CAP_NET_RAW, for the socket by which it is asked; CAP_SYS_PTRACE tells the namespaces of
// other users' processes apart.
var lookerCapabilities = []uintptr{unix.CAP_NET_ADMIN, unix.CAP_NET_RAW, unix.CAP_SYS_PTRACE}

// StartLooker starts this program again, as a user without rights. Its group is root's,
// who alone may read in /proc which tables iptables has. It must be called by root.
func StartLooker(uid int) (*Looker, error) {
	cmd := exec.Command("/proc/self/exe", LookerArgument)
	cmd.Args[0] = "bothcap"
	cmd.Env, cmd.Dir = []string{}, "/"
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Credential:  &syscall.Credential{Uid: uint32(uid), Gid: 0},
		AmbientCaps: lookerCapabilities,
		Setsid:      true, // what the terminal sends to stop the recording does not come here
	}
	ask, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	answer, theirs, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	cmd.Stdout = theirs
	err = cmd.Start()
	theirs.Close()
	if err != nil {
		ask.Close()
		answer.Close()
		return nil, fmt.Errorf("looking at the packet filters again: %w", err)
	}
	l := &Looker{cmd: cmd, ask: ask, answer: answer, before: map[string]string{}}
	l.generation, l.generationKnown = rulesGeneration()
	processes, _ := filepath.Glob("/proc/[0-9]*")
	for _, p := range processes {
		l.before[p] = began(p)
	}
	return l, nil
}

// Look asks. The answer has only what takes privilege to find out.
func (l *Looker) Look() (f testimony.HostFacts, err error) {
	if _, err := l.ask.Write([]byte{'\n'}); err != nil {
		return f, err
	}
	if err := l.answer.SetReadDeadline(time.Now().Add(answerLimit)); err != nil {
		return f, err
	}
	var now seen
	if err := json.NewDecoder(l.answer).Decode(&now); err != nil {
		return f, err
	}
	f.ResetRules, f.NATRules, f.RulesFrom, f.Namespaces = now.ResetRules, now.NATRules, now.RulesFrom, now.Namespaces
	// That there is no rule now says nothing of one that came and went.
	unchanged := l.generationKnown && now.Generation != nil && *now.Generation == l.generation
	for _, rules := range []**int{&f.ResetRules, &f.NATRules} {
		if *rules != nil && **rules == 0 && !unchanged {
			*rules = nil
		}
	}
	for _, p := range now.Hidden {
		// The first process of a container may show itself to root alone. Where it was
		// when the recorder had privilege and looked, there it is.
		if then := l.before[p]; then == "" || then != began(p) {
			f.Namespaces = nil
		}
	}
	return f, nil
}

// began is when a process did, in ticks since the machine; empty if it is not there.
func began(process string) string {
	const startTime = 19 // of the fields behind the name, which stands in brackets (proc_pid_stat(5))
	data, _ := os.ReadFile(process + "/stat")
	fields := strings.Fields(string(data[bytes.LastIndexByte(data, ')')+1:]))
	if len(fields) <= startTime {
		return ""
	}
	return fields[startTime]
}

// Close ends the process, if there is one.
func (l *Looker) Close() {
	if l == nil {
		return
	}
	l.ask.Close()
	l.answer.Close()
	_ = l.cmd.Process.Kill()
	_ = l.cmd.Wait()
}

// BeLooker is the process: it answers until nobody can ask any more, for then the pipe is
// closed. (A signal at the death of the parent comes when the thread ends that started it,
// and threads of a recorder end while it records.) Whoever stops a
// recorder with all of its processes stops this one last.
func BeLooker(ask io.Reader, answer io.Writer) error {
	signal.Ignore(unix.SIGTERM, unix.SIGINT, unix.SIGHUP)
	encoder := json.NewEncoder(answer)
	for {
		var b [1]byte
		if _, err := io.ReadFull(ask, b[:]); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		var now seen
		found := readRules()
		now.ResetRules, now.NATRules, now.RulesFrom = found.reset, found.translate, found.from
		if generation, known := rulesGeneration(); known {
			now.Generation = &generation
		}
		if n, hidden, err := otherNamespaces(); err == nil {
			now.Namespaces, now.Hidden = &n, hidden
		}
		if err := encoder.Encode(&now); err != nil {
			return err
		}
	}
}
