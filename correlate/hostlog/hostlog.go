// Package hostlog reads the log of a mail server or of any other program, and finds the
// lines that speak of a connection: those that name an address of its within its time.
//
// What a line means nobody interprets here. It is quoted beside the ending of the
// connection.
package hostlog

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"os"
	"time"

	"github.com/klauspost/compress/gzip"
)

// A Line is one line of a log that names an address of interest, or belongs to the same
// process as one that did.
type Line struct {
	Number  int64     // from 1
	Stamp   Stamp     // as it stands there
	Time    time.Time // as it is understood: see Place
	Program string    // that wrote it: "postfix/smtpd"; empty if the line names none
	Text    string    // what it said, without time, host and program; not escaped
	Peers   []netip.AddrPort
	Shared  bool // several sessions may be meant
}

const (
	// maxLine is how much of a line is looked at; what follows is passed over.
	maxLine = 64 << 10
	// maxLines is how many lines of one file are kept.
	maxLines = 200_000
	// maxProcesses is how many processes are remembered for lines without an address.
	maxProcesses = 4096
)

// ErrNoStamp is returned for a file of which no line begins with a time.
var ErrNoStamp = errors.New("no line with a time in it")

// ErrTooLong is returned for a file of which too many lines are wanted.
var ErrTooLong = fmt.Errorf("more than %d lines around these connections name an address of theirs; cut the log to the time that matters", maxLines)

// Wanted says which lines of a log are kept.
type Wanted struct {
	Address func(netip.Addr) bool // it names one of these
	// From and To are when the connections were that are asked for; zero if any time will do.
	// In what zone a log was written is not known yet.
	From, To time.Time
}

// farthest is how far the clock of a zone is from UTC at most.
const farthest = 14 * time.Hour

// near reports whether the time of a line, in whatever zone, may fall into that of the
// connections.
func (w *Wanted) near(s Stamp) bool {
	if w.From.IsZero() {
		return true
	}
	at := s.at(0, w.From)
	return at.After(w.From.Add(-farthest-early)) && at.Before(w.To.Add(farthest+late))
}

// ReadFile reads a log, compressed with gzip or not, and keeps the lines that are wanted.
func ReadFile(path string, wanted Wanted) ([]Line, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	lines, err := Read(f, wanted)
	if err != nil {
		return nil, fmt.Errorf("%q: %w", path, err)
	}
	return lines, nil
}

// Read is ReadFile for an open one.
func Read(from io.Reader, wanted Wanted) (lines []Line, err error) {
	r := bufio.NewReaderSize(from, maxLine)
	if magic, _ := r.Peek(2); bytes.Equal(magic, []byte{0x1f, 0x8b}) { // RFC 1952 section 2.3.1
		unpacked, err := gzip.NewReader(r)
		if err != nil {
			return nil, err
		}
		r = bufio.NewReaderSize(unpacked, maxLine)
	}
	processes := map[string][]netip.AddrPort{} // by program and number: of whom it spoke last
	stamped := false
	for number := int64(1); ; number++ {
		text, err := readLine(r)
		if err != nil && !(errors.Is(err, io.EOF) && len(text) > 0) {
			if errors.Is(err, io.EOF) && !stamped && number > 1 {
				return nil, ErrNoStamp
			}
			if errors.Is(err, io.EOF) {
				err = nil
			}
			return lines, err
		}
		stamp, rest, ok := findStamp(string(text))
		if !ok {
			continue
		}
		stamped = true
		if !wanted.near(stamp) {
			continue
		}
		process, program, message := tag(rest)
		peers := peersIn(rest, wanted.Address)
		switch {
		case len(peers) > 0:
			if process != "" && (len(processes) < maxProcesses || processes[process] != nil) {
				processes[process] = peers
			}
		case namesAddress(rest):
			delete(processes, process) // it speaks of somebody else now
			continue
		default:
			peers = processes[process]
		}
		if len(peers) == 0 {
			continue
		}
		if len(lines) == maxLines {
			return nil, ErrTooLong
		}
		lines = append(lines, Line{Number: number, Stamp: stamp, Program: program, Text: message, Peers: peers})
	}
}

// readLine returns the next line without its end; of one that is too long its beginning.
func readLine(r *bufio.Reader) ([]byte, error) {
	line, long, err := r.ReadLine()
	if err != nil || !long {
		return line, err
	}
	line = bytes.Clone(line)
	for long && err == nil {
		_, long, err = r.ReadLine()
	}
	if errors.Is(err, io.EOF) {
		err = nil
	}
	return line, err
}
