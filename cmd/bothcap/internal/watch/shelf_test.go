package watch

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"bothends/capture"
	"bothends/capture/pcapng"
	"bothends/capture/seal"
	"bothends/capture/testimony"
	"bothends/correlate/segment"
)

var begin = time.Date(2026, 11, 28, 18, 0, 0, 0, time.UTC)

func at(seconds float64) time.Time { return begin.Add(time.Duration(seconds * float64(time.Second))) }

// host is the address 192.0.2.n.
func host(n byte, port uint16) segment.Endpoint {
	return segment.Endpoint{IP: [16]byte{10: 0xff, 11: 0xff, 12: 192, 14: 2, 15: n}, Port: port}
}

// frame is a TCP segment between two hosts, without payload.
func frame(src, dst segment.Endpoint) []byte {
	b := make([]byte, 54)
	binary.BigEndian.PutUint16(b[12:], 0x0800)
	b[14], b[17], b[22], b[23] = 0x45, 40, 64, 6
	copy(b[26:], src.IP[12:])
	copy(b[30:], dst.IP[12:])
	binary.BigEndian.PutUint16(b[34:], src.Port)
	binary.BigEndian.PutUint16(b[36:], dst.Port)
	b[46], b[47] = 5<<4, 0x10
	return b
}

// ring writes a file of one run that began at a time: of each second a packet between
// the first host and the second, and as many as are asked for between others; every
// ten seconds a note.
func ring(t *testing.T, dir, run string, from, until float64, others int) {
	t.Helper()
	name := fmt.Sprintf("run%s_00001_%s.pcapng", run, at(from).Format("20060102150405"))
	f, err := os.Create(filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	note := func(e testimony.Event, seconds float64) string {
		return testimony.Record{Event: e, Time: at(seconds), Interface: "eth0"}.Line()
	}
	w, err := pcapng.NewWriter(f, capture.Section{Application: "bothcap", Comments: []string{note(testimony.Start, from)}})
	if err != nil {
		t.Fatal(err)
	}
	w.AddInterface(capture.Interface{Name: "eth0", LinkType: capture.LinkEthernet, Filter: "tcp port 587", Comments: []string{note(testimony.Start, from)}})
	for second := from; second < until; second++ {
		write := func(src, dst segment.Endpoint) {
			b := frame(src, dst)
			w.WritePacket(&capture.Packet{TimeNS: at(second + 0.5).UnixNano(), OrigLen: len(b), Data: b})
		}
		write(host(1, 40000), host(2, 587))
		for range others {
			write(host(9, 1000), host(2, 587))
		}
		if int(second-from)%10 == 9 {
			w.WriteStatistics(0, at(second+0.9).UnixNano(), capture.Counters{EndNS: at(second + 0.9).UnixNano(), OSDropped: capture.Count{Known: true}}, note(testimony.Statistics, second+0.9))
		}
	}
	w.Flush()
}

func shelf(t *testing.T) *Shelf {
	t.Helper()
	dir := t.TempDir()
	s := &Shelf{Ring: filepath.Join(dir, "ring"), Kept: filepath.Join(dir, "kept"), Room: 10 << 20, Most: 1 << 20, Before: 5 * time.Second, Names: []string{"eth0"}, Say: func(string, ...any) {}}
	for _, path := range []string{s.Ring, s.Kept} {
		if err := os.Mkdir(path, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

// ending is a reset at a time, of a connection that began at another.
func ending(began, ended float64) Ending {
	first := frame(host(1, 40000), host(2, 587))
	return Ending{Why: Reset, Client: host(1, 40000), Server: host(2, 587), Began: at(began), At: at(ended), Found: at(ended),
		First: []capture.Packet{{TimeNS: at(began).UnixNano(), OrigLen: len(first), Data: first}}}
}

// A found is what is in a file that was kept.
type found struct {
	times  []float64 // of packets, in seconds
	gaps   []testimony.Gap
	kept   testimony.Kept
	filter string
	end    time.Time // up to when the recorder watched
}

func look(t *testing.T, path string) (f found) {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	r, err := pcapng.NewReader(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	r.OnRemark(func(_ int, text string) {
		for _, record := range testimony.Parse([]string{text}) {
			if record.Gap != nil {
				f.gaps = append(f.gaps, *record.Gap)
			}
		}
	})
	var p capture.Packet
	for err = r.Next(&p); err == nil; err = r.Next(&p) {
		f.times = append(f.times, time.Unix(0, p.TimeNS).Sub(begin).Seconds())
	}
	if err != io.EOF || r.End().Kind != capture.Complete {
		t.Errorf("%s: %v, %v", path, err, r.End())
	}
	for _, s := range r.Sections() {
		for _, record := range testimony.Parse(s.Comments) {
			if record.Kept != nil {
				f.kept = *record.Kept
			}
		}
	}
	f.filter, f.end = r.Interfaces()[0].Filter, time.Unix(0, r.Interfaces()[0].Counters.EndNS)
	return f
}

func keep(t *testing.T, s *Shelf, e Ending, until float64) found {
	t.Helper()
	item, err := s.Keep(e, at(until))
	if err != nil {
		t.Fatal(err)
	}
	if got := sealed(t, item.Path); !s.PerDay && (got.State != seal.Intact || got.Value != item.Seal) {
		t.Errorf("%+v, and said was %s", got, item.Seal)
	}
	return look(t, item.Path)
}

func sealed(t *testing.T, path string) seal.File {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	f, err := seal.Read(context.Background(), bytes.NewReader(b), int64(len(b)))
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// What is kept is all that was recorded from one time to another, so that nothing that
// is not in it can be thought to have been missing.
func TestAllIsKeptThatSurroundsAnEnding(t *testing.T) {
	s := shelf(t)
	ring(t, s.Ring, "1", 0, 100, 2)
	f := keep(t, s, ending(42, 50), 52)
	// From 5 s before its beginning to the first note behind 52 s, which is at 59.9 s.
	if len(f.times) != 3*23 || f.times[0] != 37.5 || f.times[len(f.times)-1] != 59.5 || !f.end.Equal(at(59.9)) || f.filter != "tcp port 587" {
		t.Errorf("%d packets, %v, watched until %v, filter %q", len(f.times), f.times, f.end, f.filter)
	}
	if len(f.gaps) != 1 || !f.gaps[0].From.Equal(at(0)) || !f.gaps[0].Until.Equal(at(37)) {
		t.Errorf("gaps: %v", f.gaps)
	}
}

func TestWhereAllIsTooMuchOnlyTheTwoHostsAreKept(t *testing.T) {
	s := shelf(t)
	s.Most = 100 * (54 + packetOverhead)
	ring(t, s.Ring, "1", 0, 100, 20)
	f := keep(t, s, ending(42, 50), 52)
	if len(f.times) != 23 || !strings.Contains(f.filter, "host 192.0.2.1 and host 192.0.2.2") || len(f.kept.OnlyOf) != 2 {
		t.Errorf("%d packets, filter %q", len(f.times), f.filter)
	}
}

func TestOfALongConnectionTheBeginningAndTheEndAreKept(t *testing.T) {
	s := shelf(t)
	s.Most = 10 * (54 + packetOverhead)
	ring(t, s.Ring, "1", 0, 100, 0)
	f := keep(t, s, ending(2, 85), 86)
	if len(f.times) != 11 || f.times[0] != 2 || f.times[1] != 80.5 || len(f.gaps) != 1 || !f.gaps[0].Until.Equal(at(80)) || f.gaps[0].From.After(at(2)) {
		t.Errorf("%v, gaps %v", f.times, f.gaps)
	}
}

// The names of files are rounded to seconds, and a run may begin within one.
func TestWhatEndsRightAfterTheStartIsKept(t *testing.T) {
	s := shelf(t)
	ring(t, s.Ring, "1", 0.4, 30, 0)
	f := keep(t, s, ending(0.5, 0.9), 2)
	if len(f.times) == 0 || f.times[0] != 0.9 || len(f.gaps) != 0 {
		t.Errorf("%v, gaps %v", f.times, f.gaps)
	}
}

func TestARestartIsAGap(t *testing.T) {
	s := shelf(t)
	ring(t, s.Ring, "1", 0, 40, 0)
	ring(t, s.Ring, "2", 60, 100, 0)
	f := keep(t, s, ending(30, 65), 66)
	if !slices.ContainsFunc(f.gaps, func(g testimony.Gap) bool { return g.From.Equal(at(39.9)) && g.Until.Equal(at(60)) }) {
		t.Errorf("gaps %v", f.gaps)
	}
}

func TestTheRoomIsHeldAndTheOldestGoesFirst(t *testing.T) {
	for _, perDay := range []bool{false, true} {
		s := shelf(t)
		s.PerDay = perDay
		var said []string
		s.Say = func(format string, a ...any) { said = append(said, fmt.Sprintf(format, a...)) }
		ring(t, s.Ring, "1", 0, 100, 10)
		s.Room = 1 << 20
		var last string
		for n := range 100 {
			item, err := s.Keep(ending(20, 30+float64(n)/2), at(31+float64(n)/2))
			if err != nil {
				t.Fatal(err)
			}
			if _, used, _ := folder(s.Kept); used > s.Room {
				t.Fatalf("%d bytes are used of %d", used, s.Room)
			}
			last = item.Path
		}
		paths, _, _ := folder(s.Kept)
		if len(paths) == 0 || paths[len(paths)-1] != last || len(said) == 0 || !strings.Contains(said[0], "the oldest") {
			t.Errorf("%q are left, the last was %q, said %q", paths, last, said)
		}
		if left, _ := filepath.Glob(filepath.Join(s.Kept, "*"+partial)); len(left) > 0 {
			t.Errorf("left behind: %q", left)
		}
		s.Room = 1000
		if _, err := s.Keep(ending(20, 99), at(99.5)); !errors.Is(err, ErrNoRoom) {
			t.Errorf("in no room at all: %v", err)
		}
	}
}

func TestNothingIsKeptTwice(t *testing.T) {
	for _, perDay := range []bool{false, true} {
		s := shelf(t)
		s.PerDay = perDay
		ring(t, s.Ring, "1", 0, 100, 0)
		for n := range 3 {
			if item, err := s.Keep(ending(20, 30), at(31)); err != nil || item.Again != (n > 0) {
				t.Errorf("time %d: %+v, %v", n, item, err)
			}
		}
		if item, err := s.Keep(ending(20, 40), at(41)); err != nil || item.Again {
			t.Errorf("another: %+v, %v", item, err)
		}
	}
}

func TestARingIsTrimmedFromItsOldestEnd(t *testing.T) {
	s := shelf(t)
	for n := range 5 {
		ring(t, s.Ring, fmt.Sprint(n), float64(100*n), float64(100*n+50), 10)
	}
	before, used, _ := folder(s.Ring)
	if err := Trim(s.Ring, used/2); err != nil {
		t.Fatal(err)
	}
	after, rest, _ := folder(s.Ring)
	if rest > used/2 || !slices.Equal(after, before[3:]) {
		t.Errorf("%q are left, %d bytes of %d", after, rest, used)
	}
	if err := Trim(s.Ring, 0); err != nil {
		t.Fatal(err)
	}
	if left, _, _ := folder(s.Ring); len(left) != 1 {
		t.Errorf("%q are left", left)
	}
}
