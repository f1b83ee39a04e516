package agent

import (
	"bytes"
	"context"
	"encoding/hex"
	"io"
	"slices"
	"syscall"
	"testing"
	"time"

	"bothends/capture"
	"bothends/capture/live"
	"bothends/capture/pcapng"
	"bothends/capture/testimony"
	"bothends/cmd/bothcap/internal/target"
)

// Ethernet frames of one connection between 192.0.2.1:587 and
// 198.51.100.2:40000, made by hand: a SYN, data, a reset each way, FINs.
const (
	toServer = "02000000000102000000000208004500002c000040004006" + "0000c6336402c00002019c40024b0000000100000000"
	toClient = "02000000000202000000000108004500002c000040004006" + "0000c0000201c6336402024b9c400000000100000000"
)

const (
	fin, syn, rst, ack = "01", "02", "04", "10"
)

// segmentOf has the flags byte and, with four bytes of data, 58 bytes.
func segmentOf(direction, flags string) []byte {
	b, err := hex.DecodeString(direction + "50" + flags + "0400" + "00000000" + "64617461")
	if err != nil {
		panic(err)
	}
	return b
}

// A recorded source yields packets that were recorded before.
type recorded struct {
	packets  []capture.Packet
	next     int
	endless  bool // wait for more when they are over
	state    live.State
	gone     bool // Read says so
	counters live.Counters
	filter   string
	closed   bool
}

func (r *recorded) Read(take func([]capture.Packet) bool) error {
	const batch = 100
	switch {
	case r.gone:
		return live.ErrGone
	case r.next < len(r.packets):
		end := min(r.next+batch, len(r.packets))
		take(slices.Clone(r.packets[r.next:end]))
		r.next = end
		return nil
	case r.endless:
		time.Sleep(time.Millisecond)
		return live.ErrTimeout
	}
	return io.EOF
}

func (r *recorded) Filter(f string) error { r.filter = f; return nil }

func (r *recorded) LinkType() capture.LinkType { return capture.LinkEthernet }

func (r *recorded) Nanoseconds() bool { return true }

func (r *recorded) Counters() (live.Counters, error) { return r.counters, nil }

func (r *recorded) State() live.State { return r.state }

func (r *recorded) Refresh() {}

func (r *recorded) Close() { r.closed = true }

// packets makes one packet of each frame, a millisecond apart.
func packets(direction capture.Direction, frames ...[]byte) []capture.Packet {
	var list []capture.Packet
	for n, f := range frames {
		list = append(list, capture.Packet{TimeNS: 1_700_000_000_000_000_000 + int64(n)*1e6, LinkType: capture.LinkEthernet,
			Direction: direction, OrigLen: len(f), Data: f})
	}
	return list
}

// memory keeps files in memory, on a disk of limited size.
type memory struct {
	files [][]byte
	room  int
}

func (m *memory) Write(b []byte) (int, error) {
	if m.files == nil {
		m.files = [][]byte{nil}
	}
	n := len(b)
	var err error
	if used := len(m.last()); m.room > 0 && used+n > m.room {
		n, err = m.room-used, syscall.ENOSPC
	}
	m.files[len(m.files)-1] = append(m.last(), b[:n]...)
	return n, err
}

func (m *memory) last() []byte { return m.files[len(m.files)-1] }

func (m *memory) Rotate() error { m.files = append(m.files, nil); return nil }

func (m *memory) Truncate(size int64) error {
	m.files[len(m.files)-1] = m.last()[:size]
	return nil
}

func config() Config {
	return Config{
		Interfaces: []string{"test0"},
		Live:       live.Options{SnapLen: 262144, Timeout: time.Millisecond},
		Target:     target.Target{Ports: []uint16{587}},
		Host: Host{
			Section:  capture.Section{Hardware: "a laptop", OS: "Linux", Application: "bothcap"},
			Clock:    func() (*testimony.Clock, error) { return &testimony.Clock{Synchronised: true, MaximumErrorNS: 5}, nil },
			Counters: func() (map[string]uint64, error) { return map[string]uint64{outResets: 7, establishedResets: 1}, nil },
			Uplinks:  func() ([]string, error) { return []string{"eth0", "wwan0"}, nil },
			Describe: func(string) (capture.Interface, map[string]bool) {
				return capture.Interface{Description: "a test"}, map[string]bool{"tso": true}
			},
		},
		Say: func(string, ...any) {},
	}
}

// run records the source into memory until it ends by itself.
func run(t *testing.T, c Config, source *recorded, out *memory) (*Agent, error) {
	t.Helper()
	a, err := Start(c, func(string, live.Options) (Source, error) { return source, nil }, func() (Output, error) { return out, nil })
	if err != nil {
		t.Fatal(err)
	}
	err = a.Record(context.Background())
	a.Close()
	return a, err
}

// A file as our reader reads it.
type file struct {
	packets    []capture.Packet
	interfaces []capture.Interface
	sections   []capture.Section
	end        capture.End
}

func read(t *testing.T, b []byte) file {
	t.Helper()
	r, err := pcapng.NewReader(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	var f file
	for {
		var p capture.Packet
		if err = r.Next(&p); err != nil {
			break
		}
		p.Data = bytes.Clone(p.Data)
		f.packets = append(f.packets, p)
	}
	if err != io.EOF {
		t.Fatal(err)
	}
	f.interfaces, f.sections, f.end = r.Interfaces(), r.Sections(), r.End()
	return f
}

// unplugged is a source that is gone once its packets are.
type unplugged struct{ *recorded }

func (u *unplugged) Read(take func([]capture.Packet) bool) error {
	if u.next < len(u.packets) {
		return u.recorded.Read(take)
	}
	u.state = live.Gone
	return live.ErrGone
}
