package remote

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"strings"
	"testing"
	"time"

	"bothends/capture"
	"bothends/capture/pcapng"
	"bothends/correlate/segment"
)

// What is handed over is one word for every shell with which somebody may log in.
func TestAnyTextIsOneWordForEveryShell(t *testing.T) {
	words := []string{
		"", "plain", "two words", "it's", `back\slash`, `\\`, `'\''`, `end\`, `"$HOME"`, "$(touch hit)", "`id`", "a!b", "!!", "a;b&c|d>e<f",
		"*?[a]{b,c}~", "#no comment", "--flag", "tcp port 587 and (host 192.0.2.1 or ip6)", "ümläut 漢字", `%s%n`, "(x)", "\\'", "'", `\n`,
	}
	for _, shell := range []string{"sh", "dash", "bash", "zsh", "ksh", "fish"} {
		if _, err := exec.LookPath(shell); err != nil {
			continue
		}
		line := "printf '%s\\n'"
		for _, word := range words {
			q, err := quote(word)
			if err != nil {
				t.Fatal(err)
			}
			line += " " + q
		}
		got, err := exec.Command(shell, "-c", line).Output()
		if want := strings.Join(words, "\n") + "\n"; err != nil || string(got) != want {
			t.Errorf("%s: %v: got %q, want %q", shell, err, got, want)
		}
	}
	for _, bad := range []string{"two\nlines", "bell\a", "nul\x00", "\x1b[2J", "bad \xff utf8"} {
		if q, err := quote(bad); err == nil {
			t.Errorf("%q became %q", bad, q)
		}
	}
}

// The whole script passes them as well, and greets.
func TestTheScriptGreetsInEveryShell(t *testing.T) {
	line, err := command("", "", 100, "tcp port 587", []string{"--session", `it's a \ test!`})
	if err != nil {
		t.Fatal(err)
	}
	for _, shell := range []string{"sh", "dash", "bash", "zsh", "ksh", "fish"} {
		if _, err := exec.LookPath(shell); err != nil {
			continue
		}
		got, err := exec.Command(shell, "-c", line).CombinedOutput()
		if err != nil || !strings.HasPrefix(string(got), greeting+" Linux ") || strings.Count(string(got), "\n") != 1 {
			t.Errorf("%s: %v: %s", shell, err, got)
		}
	}
}

func TestWhatIsNoHostIsRefused(t *testing.T) {
	for host, good := range map[string]bool{
		"mail": true, "root@mail.example.org": true, "ssh://u@h:2222": true, "2001:db8::1": true,
		"": false, "-oProxyCommand=id": false, "a b": false, "a\nb": false,
	} {
		if err := CheckHost(host); (err == nil) != good {
			t.Errorf("%q: %v", host, err)
		}
	}
}

func TestTheHostIsKnownWithoutUserAndPort(t *testing.T) {
	for host, want := range map[string]string{
		"mail": "mail", "root@mail.example.org": "mail.example.org", "ssh://u@h:2222": "h", "ssh://h/": "h",
		"u@2001:db8::1": "2001:db8::1", "ssh://u@[2001:db8::1]:22": "2001:db8::1", "[2001:db8::1]": "2001:db8::1",
	} {
		if got := plain(host); got != want {
			t.Errorf("%q: %q, want %q", host, got, want)
		}
	}
}

func newReader(b []byte) *bufio.Reader { return bufio.NewReader(bytes.NewReader(b)) }

// sink is a disk with a little room.
type sink struct {
	bytes.Buffer
	room int
}

var errFull = errors.New("full")

func (s *sink) Write(b []byte) (int, error) {
	if s.Len()+len(b) > s.room {
		n, _ := s.Buffer.Write(b[:s.room-s.Len()])
		return n, errFull
	}
	return s.Buffer.Write(b)
}

func (s *sink) Truncate(size int64) error { s.Buffer.Truncate(int(size)); return nil }

// recording is a pcapng file of some packets, with the offsets at which blocks end.
func recording(t *testing.T) (file []byte, ends map[int]bool) {
	t.Helper()
	var out bytes.Buffer
	w, err := pcapng.NewWriter(&out, capture.Section{Application: "test"})
	ends = map[int]bool{0: true}
	note := func() {
		t.Helper()
		if err == nil {
			err = w.Flush()
		}
		if err != nil {
			t.Fatal(err)
		}
		ends[out.Len()] = true
	}
	note()
	_, err = w.AddInterface(capture.Interface{LinkType: capture.LinkEthernet, Name: "eth0"})
	note()
	for n := range 20 {
		err = w.WritePacket(&capture.Packet{TimeNS: 1e18 + int64(n), OrigLen: 50 + n, Data: make([]byte, 50+n)})
		note()
	}
	err = w.WriteStatistics(0, 1e18+20, capture.Counters{Delivered: capture.Count{N: 20, Known: true}})
	note()
	return out.Bytes(), ends
}

// Whatever arrives, and wherever it ends, what is kept is whole.
func TestWhatIsKeptIsWholeWhereverTheStreamEnds(t *testing.T) {
	file, ends := recording(t)
	for cut := range len(file) + 1 {
		to := &sink{room: 1 << 20}
		w := &whole{to: to}
		for rest := file[:cut]; len(rest) > 0; { // in pieces of all sizes
			n := min(len(rest), 1+len(rest)%37)
			if _, err := w.Write(rest[:n]); err != nil {
				t.Fatal(err)
			}
			rest = rest[n:]
			if !ends[to.Len()] {
				t.Fatalf("cut at %d: %d bytes were kept, in the middle of a block", cut, to.Len())
			}
		}
		if !bytes.Equal(to.Bytes(), file[:to.Len()]) || cut-to.Len() >= 200 {
			t.Errorf("cut at %d: %d bytes were kept", cut, to.Len())
		}
	}
}

func TestWhatIsKeptIsWholeWhenTheDiskIsFull(t *testing.T) {
	file, ends := recording(t)
	for room := range len(file) {
		to := &sink{room: room}
		e := &End{Recorder: Bothcap}
		e.from = newReader(file)
		var tally Tally
		err := e.Receive(to, &tally, Audience{Began: func() {}, Segment: func(*segment.Segment) {}})
		if !errors.Is(err, errFull) {
			t.Fatalf("room for %d: %v", room, err)
		}
		if !ends[to.Len()] {
			t.Errorf("room for %d: %d bytes were kept, in the middle of a block", room, to.Len())
		}
	}
}

func TestItBeginsWhenAnInterfaceIsDescribedAndNotWithTheFirstPacket(t *testing.T) {
	file, _ := recording(t)
	head := 0
	for end, n := 0, 0; n < 2; n++ { // section and interface
		end += int(file[end+4]) | int(file[end+5])<<8
		head = end
	}
	from, to := io.Pipe()
	e := &End{Recorder: Bothcap}
	e.from = newReader(nil)
	e.from.Reset(from)
	done := make(chan error)
	seen := make(chan bool, 2)
	var tally Tally
	go func() {
		done <- e.Receive(&sink{room: 1 << 20}, &tally, Audience{Began: func() { seen <- true }, Segment: func(*segment.Segment) {}})
	}()
	to.Write(file[:head])
	go func() { time.Sleep(5 * time.Second); seen <- false }()
	if !<-seen {
		t.Error("it did not begin")
	}
	to.Write(file[head:])
	to.Close()
	if err := <-done; err != nil || tally.Packets() != 20 {
		t.Errorf("%v, %d packets", err, tally.Packets())
	}
}

func TestWhatIsNoRecordingIsSaidToBeNone(t *testing.T) {
	for _, text := range []string{"bothcap: no such interface\n", strings.Repeat("x", 5000)} {
		e := &End{Recorder: Bothcap}
		e.from = newReader([]byte(text))
		var tally Tally
		to := &sink{room: 1 << 20}
		if err := e.Receive(to, &tally, Audience{Began: func() { t.Error("it began") }, Segment: func(*segment.Segment) {}}); err == nil || to.Len() > 0 {
			t.Errorf("%.10q: %v, %d bytes were kept", text, err, to.Len())
		}
	}
}

// These are tcpdump's own words (tcpdump.c, info).
func TestTcpdumpsCountsAreCounted(t *testing.T) {
	var c counted
	for line := range strings.Lines("tcpdump: listening on eth0\n1 packet captured\n30 packets received by filter\n2 packets dropped by kernel\n3 packets dropped by interface\n") {
		if _, ok := c.counters(); ok {
			break
		}
		c.hear(strings.TrimSuffix(line, "\n"))
	}
	c.hear("3 packets dropped by interface")
	got, ok := c.counters()
	known := func(n uint64) capture.Count { return capture.Count{N: n, Known: true} }
	want := capture.Counters{Received: known(30), Accepted: known(30), OSDropped: known(2), IfDropped: known(3), Delivered: known(1)}
	if !ok || got != want {
		t.Errorf("%+v, %v", got, ok)
	}
	var none counted
	none.hear(fmt.Sprintf("%d packets captured and more", 5))
	if _, ok := none.counters(); ok {
		t.Error("another line was taken for a count")
	}
}
