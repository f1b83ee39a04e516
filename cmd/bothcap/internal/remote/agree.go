package remote

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"runtime"
	"slices"
	"strings"
)

// Why no recorder was started at the far end.
var (
	// ErrNoLogin says that ssh came to nothing; it has said why.
	ErrNoLogin = errors.New("ssh did not get there")
	// ErrNoRecorder says that there is none that could be used.
	ErrNoRecorder = errors.New("neither bothcap nor tcpdump is there")
	// ErrNotCopied says that the program could not be sent.
	ErrNotCopied = errors.New("the program could not be copied there")
)

// mostChatter bounds what a shell's start-up files may say before the greeting.
const mostChatter = 64 << 10

// agree finds out what is there, and has the best of it started.
func (e *End) agree() error {
	there, err := e.greet()
	if err != nil {
		return err
	}
	has := func(r Recorder) bool { return slices.Contains(there, string(r)) }
	switch {
	case has(Bothcap):
		e.Recorder = Bothcap
	case e.options.Copy != nil && e.fits():
		able, err := e.copy()
		if err != nil {
			return fmt.Errorf("%w: %w", ErrNotCopied, err)
		}
		if able {
			e.Recorder = Bothcap
		}
	case e.options.Copy != nil:
		e.options.Heard(fmt.Sprintf("this bothcap is for %s on %s, and would not run there", runtime.GOOS, runtime.GOARCH))
	}
	if e.Recorder == "" {
		if !has(Tcpdump) {
			return ErrNoRecorder
		}
		e.Recorder = Tcpdump
	}
	if err := e.send(string(e.Recorder) + "\n"); err != nil {
		return err
	}
	if e.Recorder == Tcpdump {
		told, err := e.readLine()
		if err != nil {
			return err
		}
		e.Interface, e.Filter, _ = strings.Cut(told, " ")
	}
	return nil
}

// greet reads what there is behind whatever the shell there says by itself.
func (e *End) greet() ([]string, error) {
	for read := 0; read < mostChatter; {
		line, err := e.readLine()
		if err != nil {
			return nil, ErrNoLogin
		}
		if rest, ok := strings.CutPrefix(line, greeting+" "); ok {
			words := strings.Fields(rest)
			if len(words) < 2 {
				break
			}
			e.System, e.Machine = words[0], words[1]
			return words[2:], nil
		}
		read += len(line) + 1
	}
	return nil, errors.New("what logs in there is no shell that could be used")
}

// readLine reads one that the script says.
func (e *End) readLine() (string, error) {
	line, err := e.from.ReadSlice('\n')
	if err != nil && !errors.Is(err, bufio.ErrBufferFull) {
		return "", err
	}
	return strings.TrimRight(string(line), "\r\n"), nil
}

// machines are what uname(1) calls the machines that Go knows under another name.
var machines = map[string]string{
	"x86_64": "amd64", "aarch64": "arm64", "i386": "386", "i486": "386", "i586": "386", "i686": "386",
}

// fits reports whether this program can be expected to run there.
func (e *End) fits() bool {
	machine := e.Machine
	if known, ok := machines[machine]; ok {
		machine = known
	}
	return strings.EqualFold(e.System, runtime.GOOS) && machine == runtime.GOARCH
}

// copy sends this program, and reports whether it runs there.
func (e *End) copy() (able bool, err error) {
	program, err := e.options.Copy()
	if err != nil {
		return false, err
	}
	defer program.Close()
	about, err := program.Stat()
	if err != nil {
		return false, err
	}
	if err := e.send(fmt.Sprintf("copy %d\n", about.Size())); err != nil {
		return false, err
	}
	if _, err := io.Copy(line{e}, io.LimitReader(program, about.Size())); err != nil {
		return false, errors.New("see what was said there")
	}
	answer, err := e.readLine()
	if err != nil {
		return false, errors.New("see what was said there")
	}
	return answer == "able", nil
}
