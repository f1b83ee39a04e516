package file

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

	"github.com/google/go-cmp/cmp"

	"bothends/capture"
	"bothends/capture/internal/readertest"
	"bothends/capture/pcapng"
)

// classic is a pcap file with a packet at each of these seconds, whose data is
// its second in decimal and the file's mark.
func classic(link uint32, mark string, seconds ...uint32) []byte {
	var b []byte
	for _, n := range []uint32{0xa1b2c3d4, 4<<16 | 2, 0, 0, 65535, link} {
		b = binary.LittleEndian.AppendUint32(b, n)
	}
	for _, second := range seconds {
		size := uint32(len(mark))
		for _, n := range []uint32{second, 0, size, size} {
			b = binary.LittleEndian.AppendUint32(b, n)
		}
		b = append(b, mark...)
	}
	return b
}

// write puts a file into a directory of its own.
func write(t testing.TB, name string, content []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func open(t testing.TB, paths ...string) *Set {
	t.Helper()
	s, err := Open(context.Background(), paths)
	if err != nil {
		t.Fatalf("Open: %v", err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// readThrough reads a set once and shows each packet as its file, frame, interface and
// data.
func readThrough(t testing.TB, s *Set) ([]capture.Packet, *Reader) {
	t.Helper()
	r := s.Reader()
	packets, err := readertest.All(r)
	if err != nil {
		t.Fatalf("Next: %v", err)
	}
	return packets, r
}

func data(packets []capture.Packet) string {
	var all []string
	for _, p := range packets {
		all = append(all, string(p.Data))
	}
	return strings.Join(all, " ")
}

func base(paths []File) string {
	var all []string
	for _, f := range paths {
		all = append(all, filepath.Base(f.Path))
	}
	return strings.Join(all, " ")
}

func TestASetIsOrderedByFirstPacketAndReadAgain(t *testing.T) {
	late, early, empty := write(t, "late", classic(1, "late", 30, 40)), write(t, "early", classic(113, "early", 10, 20)), write(t, "empty", classic(1, ""))
	s := open(t, late, empty, early)
	if got := base(s.Files()); got != "early late empty" {
		t.Errorf("files are %s, want early, late, and last the one without packets", got)
	}
	for range 2 {
		packets, r := readThrough(t, s)
		want := []capture.Packet{
			{File: 0, Frame: 1, Offset: 24, TimeNS: 10e9, Interface: 0, LinkType: 113, OrigLen: 5, Data: []byte("early")},
			{File: 0, Frame: 2, Offset: 45, TimeNS: 20e9, Interface: 0, LinkType: 113, OrigLen: 5, Data: []byte("early")},
			{File: 1, Frame: 1, Offset: 24, TimeNS: 30e9, Interface: 1, LinkType: 1, OrigLen: 4, Data: []byte("late")},
			{File: 1, Frame: 2, Offset: 44, TimeNS: 40e9, Interface: 1, LinkType: 1, OrigLen: 4, Data: []byte("late")},
		}
		if diff := cmp.Diff(want, packets); diff != "" {
			t.Errorf("packets (-want +got):\n%s", diff)
		}
		files := []File{
			{Path: early, Format: Pcap, Size: 66, Packets: 2, FirstNS: 10e9, LastNS: 20e9, Timed: true},
			{Path: late, Format: Pcap, Size: 64, Packets: 2, FirstNS: 30e9, LastNS: 40e9, Timed: true},
			{Path: empty, Format: Pcap, Size: 24},
		}
		if diff := cmp.Diff(files, r.Files()); diff != "" {
			t.Errorf("files (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff([]Seam{{After: early, Before: late, GapNS: 10e9, FromNS: 20e9, UntilNS: 30e9}}, r.Seams()); diff != "" {
			t.Errorf("seams (-want +got):\n%s", diff)
		}
		var links []capture.LinkType
		for _, about := range r.Interfaces() {
			links = append(links, about.LinkType)
		}
		if diff := cmp.Diff([]capture.LinkType{113, 1, 1}, links); diff != "" {
			t.Errorf("link types (-want +got):\n%s", diff)
		}
	}
}

func TestFilesThatOverlapAreMergedByTime(t *testing.T) {
	for _, test := range []struct {
		name  string
		files [][]byte
		want  string
		gaps  []int64 // seconds
	}{
		{"two that interleave", [][]byte{classic(1, "b", 2, 4, 6), classic(1, "a", 1, 3, 5, 7)}, "a b a b a b a", []int64{-5}},
		{"one within another, and one behind both", [][]byte{classic(1, "long", 1, 9), classic(1, "in", 3, 4), classic(1, "z", 10)},
			"long in in long z", []int64{-6, 1}},
		{"the order within a file stays as it is", [][]byte{classic(1, "a", 1, 5, 3), classic(1, "b", 4)}, "a b a a", []int64{-1}},
		{"the same second, in the order of the files", [][]byte{classic(1, "a", 1, 2), classic(1, "b", 2, 3)}, "a a b b", []int64{0}},
	} {
		t.Run(test.name, func(t *testing.T) {
			var paths []string
			for _, content := range test.files {
				paths = append(paths, write(t, "f", content))
			}
			packets, r := readThrough(t, open(t, paths...))
			if got := data(packets); got != test.want {
				t.Errorf("packets are %q, want %q", got, test.want)
			}
			var gaps []int64
			for _, seam := range r.Seams() {
				gaps = append(gaps, seam.GapNS/1e9)
			}
			if diff := cmp.Diff(test.gaps, gaps); diff != "" {
				t.Errorf("gaps (-want +got):\n%s", diff)
			}
		})
	}
}

func TestTheEndOfASetIsThatOfTheFirstFileThatEndedBadly(t *testing.T) {
	whole := classic(1, "x", 3)
	cut := write(t, "cut", whole[:30])
	zeros := write(t, "zeros", append(classic(1, "x", 5), make([]byte, 64)...))
	_, r := readThrough(t, open(t, write(t, "fine", classic(1, "x", 1)), zeros, cut))
	if end := r.End(); end.Kind != capture.Damaged || end.Offset != 41 || !strings.Contains(end.Reason, zeros) {
		t.Errorf("end is %v, %q; want damaged at offset 41 of %s", end, end.Reason, zeros)
	}
	var ends []string
	for _, f := range r.Files() {
		ends = append(ends, f.End.String())
	}
	if diff := cmp.Diff([]string{"complete", "damaged at offset 41", "truncated at offset 24"}, ends); diff != "" {
		t.Errorf("ends (-want +got):\n%s", diff)
	}
}

func TestAFileThatGrowsIsReadToWhereItWas(t *testing.T) {
	path := write(t, "growing", classic(1, "x", 1))
	s := open(t, path)
	f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.Write(classic(1, "y", 2)[24:]); err != nil {
		t.Fatal(err)
	}
	packets, r := readThrough(t, s)
	if got := data(packets); got != "x" || !r.Files()[0].Growing || r.End().Kind != capture.Complete {
		t.Errorf("packets %q, growing %t, %v; want x, true, complete", got, r.Files()[0].Growing, r.End())
	}
	var p capture.Packet
	if err := r.Next(&p); err != io.EOF {
		t.Errorf("Next after the end: %v, want io.EOF", err)
	}
}

func TestAFileThatShrinksIsAnError(t *testing.T) {
	path := write(t, "shrinking", classic(1, "x", 1, 2))
	s := open(t, path)
	if err := os.Truncate(path, 41); err != nil {
		t.Fatal(err)
	}
	if _, err := readertest.All(s.Reader()); err == nil || !strings.Contains(err.Error(), "shrank from 58 to 41 bytes") {
		t.Errorf("Next: %v, want that it shrank", err)
	}
}

func TestTwoPassesAtOnceDoNotDisturbEachOther(t *testing.T) {
	s := open(t, write(t, "a", classic(1, "a", 1, 2, 3)))
	first, second := s.Reader(), s.Reader()
	for i := range 3 {
		var p, q capture.Packet
		if err := errors.Join(first.Next(&p), second.Next(&q)); err != nil {
			t.Fatal(err)
		}
		if p.TimeNS != int64(i+1)*1e9 || !bytes.Equal(p.Data, q.Data) || p.Frame != q.Frame {
			t.Errorf("packet %d: %+v and %+v", i, p, q)
		}
	}
}

func TestNoFilesAtAllIsAnError(t *testing.T) {
	if _, err := Open(context.Background(), nil); err == nil {
		t.Error("Open: no error")
	}
}

func TestReadingAPacketOfASetAllocatesNothing(t *testing.T) {
	const runs = 5000
	seconds := make([]uint32, runs+10)
	for i := range seconds {
		seconds[i] = uint32(i)
	}
	for name, paths := range map[string][]string{
		"one file":  {write(t, "a", classic(1, "abc", seconds...))},
		"two files": {write(t, "a", classic(1, "abc", seconds...)), write(t, "b", classic(1, "def", seconds...))},
	} {
		t.Run(name, func(t *testing.T) {
			r := open(t, paths...).Reader()
			var p capture.Packet
			if err := r.Next(&p); err != nil {
				t.Fatal(err)
			}
			if n := testing.AllocsPerRun(runs, func() {
				if err := r.Next(&p); err != nil {
					t.Fatal(err)
				}
			}); n != 0 {
				t.Errorf("%v allocations a packet", n)
			}
		})
	}
}

func BenchmarkNext(b *testing.B) {
	seconds := make([]uint32, 100000)
	for i := range seconds {
		seconds[i] = uint32(i)
	}
	s := open(b, write(b, "a", classic(1, strings.Repeat("p", 110), seconds...)))
	r := s.Reader()
	var p capture.Packet
	for b.Loop() {
		if r.Next(&p) != nil {
			r = s.Reader()
		}
	}
}

func waitFor(t *testing.T, what string, done <-chan struct{}) {
	t.Helper()
	select {
	case <-done:
	case <-time.After(10 * time.Second):
		t.Fatal("waited 10 s for " + what)
	}
}

func TestNotesOfAllFilesAreHeardUnderTheNumberThatTheirInterfaceHasInTheSet(t *testing.T) {
	noted := func(second int64, names ...string) string {
		var b bytes.Buffer
		w, err := pcapng.NewWriter(&b, capture.Section{})
		for n, name := range names {
			if err == nil {
				_, err = w.AddInterface(capture.Interface{LinkType: 1, Name: name})
			}
			if err == nil && n == 0 {
				err = w.WritePacket(&capture.Packet{TimeNS: second * 1e9, OrigLen: 1, Data: []byte("x")})
			}
			if err == nil {
				err = w.WriteStatistics(n, second*1e9, capture.Counters{}, "on "+name)
			}
		}
		if err = errors.Join(err, w.Flush()); err != nil {
			t.Fatal(err)
		}
		return write(t, "noted.pcapng", b.Bytes())
	}
	r := open(t, noted(10, "a", "b"), noted(20, "c", "d")).Reader()
	var notes []string
	r.OnRemark(func(number int, text string) { notes = append(notes, fmt.Sprint(number, " ", text)) })
	if _, err := readertest.All(r); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"0 on a", "1 on b", "2 on c", "3 on d"}, notes); diff != "" {
		t.Errorf("(-want +notes):\n%s", diff)
	}
}

// A recorder that rotates goes on counting; a file that is missing shows.
func TestASeamIsJoinedIfTheRecorderCountedOn(t *testing.T) {
	part := func(second int64, packets int, delivered ...uint64) string {
		var b bytes.Buffer
		w, err := pcapng.NewWriter(&b, capture.Section{})
		for n := range max(len(delivered), 1) {
			if err == nil {
				_, err = w.AddInterface(capture.Interface{LinkType: 1, Name: fmt.Sprint("eth", n)})
			}
		}
		for range packets {
			if err == nil {
				err = w.WritePacket(&capture.Packet{TimeNS: second * 1e9, OrigLen: 1, Data: []byte("x")})
			}
		}
		for n, count := range delivered {
			if err == nil {
				err = w.WriteStatistics(n, second*1e9, capture.Counters{Delivered: capture.Count{N: count, Known: true}})
			}
		}
		if err = errors.Join(err, w.Flush()); err != nil {
			t.Fatal(err)
		}
		return write(t, "part.pcapng", b.Bytes())
	}
	for name, test := range map[string]struct {
		files []string
		want  []bool
	}{
		"three parts":               {[]string{part(1, 5, 5), part(2, 3, 8), part(3, 2, 10)}, []bool{true, true}},
		"the second is missing":     {[]string{part(1, 5, 5), part(3, 2, 10)}, []bool{false}},
		"another run":               {[]string{part(1, 5, 5), part(3, 2, 2)}, []bool{false}},
		"two interfaces":            {[]string{part(1, 5, 4, 1), part(2, 3, 5, 3)}, []bool{true}},
		"one of which did not say":  {[]string{part(1, 5), part(2, 3, 8)}, []bool{false}},
		"a format without counters": {[]string{write(t, "a", classic(1, "x", 1)), write(t, "b", classic(1, "x", 2))}, []bool{false}},
	} {
		s := open(t, test.files...)
		_, r := readThrough(t, s)
		var got []bool
		for _, seam := range r.Seams() {
			got = append(got, seam.Joined)
		}
		if !slices.Equal(got, test.want) {
			t.Errorf("%s: joined %v, want %v", name, got, test.want)
		}
	}
}
