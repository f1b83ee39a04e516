package agent

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"bothends/capture"
	"bothends/capture/live"
	"bothends/capture/testimony"
)

func TestARecordingHoldsThePacketsAndSaysHowItWasMade(t *testing.T) {
	c := config()
	c.Session, c.End = "first try", "client"
	source := &recorded{packets: append(packets(capture.Outbound, segmentOf(toServer, syn)), packets(capture.Inbound, segmentOf(toClient, rst), segmentOf(toClient, rst))...),
		counters: live.Counters{Received: 5, Dropped: 2, IfDropped: 1}}
	var out memory
	a, err := run(t, c, source, &out)
	if err != nil {
		t.Fatal(err)
	}
	f := read(t, out.last())
	if len(f.packets) != 3 || f.packets[0].Direction != capture.Outbound || f.packets[1].Direction != capture.Inbound ||
		!bytes.Equal(f.packets[1].Data, segmentOf(toClient, rst)) || f.packets[1].TimeNS != 1_700_000_000_000_000_000 || f.end.Kind != capture.Complete {
		t.Errorf("got %+v, %v", f.packets, f.end)
	}
	i := f.interfaces[0]
	if i.Name != "test0" || i.Description != "a test" || i.Filter != source.filter || source.filter == "" || i.Resolution != 1e9 || i.Hardware != "a laptop" || !source.closed {
		t.Errorf("interface %+v of %+v", i, source)
	}
	k := func(n uint64) capture.Count { return capture.Count{N: n, Known: true} }
	if n := i.Counters; n.Received != k(5) || n.OSDropped != k(2) || n.IfDropped != k(1) || n.Delivered != k(3) || n.StartNS == 0 || n.EndNS < n.StartNS {
		t.Errorf("counters %+v", n)
	}
	for where, comments := range map[string][]string{"section": f.sections[0].Comments, "interface": i.Comments} {
		r := testimony.Parse(comments)
		if len(r) != 1 || r[0].Event != testimony.Start || r[0].Session != "first try" || r[0].End != "client" || r[0].Kernel[outResets] != 7 || !r[0].Clock.Synchronised ||
			!slices.Equal(r[0].Uplinks, []string{"eth0", "wwan0"}) {
			t.Errorf("the %s says %+v", where, r)
		}
	}
	if r := testimony.Parse(i.Comments)[0]; !r.Offloads["tso"] || r.Nanoseconds == nil || !*r.Nanoseconds {
		t.Errorf("the interface says %+v", r)
	}
	s := a.Status()
	if s.Packets != 3 || s.Inbound != 2 || s.Outbound != 0 || s.Drops != (Drops{Kernel: 2, Interface: 1}) || s.OnDisk != int64(len(out.last())) || s.Kernel == nil || s.Kernel.Sent != 0 {
		t.Errorf("status %+v", s)
	}
}

func TestHeadersOnlyKeepsNothingOfWhatWasSaid(t *testing.T) {
	c := config()
	c.HeadersOnly = true
	var out memory
	if _, err := run(t, c, &recorded{packets: packets(capture.Inbound, segmentOf(toClient, ack))}, &out); err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(out.last(), []byte("data")) {
		t.Error("the payload is in the file")
	}
	if p := read(t, out.last()).packets[0]; len(p.Data) != 54 || p.OrigLen != 58 {
		t.Errorf("%d of %d bytes were kept, want 54 of 58", len(p.Data), p.OrigLen)
	}
}

func TestLimitsAreKept(t *testing.T) {
	many := make([][]byte, 40000)
	for n := range many {
		many[n] = segmentOf(toServer, ack)
	}
	t.Run("packets", func(t *testing.T) {
		c := config()
		c.Limits.Packets = 3
		var out memory
		if _, err := run(t, c, &recorded{packets: packets(capture.Outbound, many...), endless: true}, &out); err != nil {
			t.Fatal(err)
		}
		if n := len(read(t, out.last()).packets); n != 3 {
			t.Errorf("%d packets, want 3", n)
		}
	})
	t.Run("size", func(t *testing.T) {
		c := config()
		c.Limits.Size = 1 << 20
		var out memory
		if _, err := run(t, c, &recorded{packets: packets(capture.Outbound, many...), endless: true}, &out); err != nil {
			t.Fatal(err)
		}
		f := read(t, out.last())
		if len(out.last()) > 1<<20 || len(out.last()) < 1<<20-32<<10 || f.end.Kind != capture.Complete || !f.interfaces[0].Counters.Delivered.Known {
			t.Errorf("%d bytes, %v", len(out.last()), f.end)
		}
	})
	t.Run("rotation, each file complete in itself", func(t *testing.T) {
		c := config()
		c.Limits.RotateSize = 1 << 20
		var out memory
		if _, err := run(t, c, &recorded{packets: packets(capture.Outbound, many...)}, &out); err != nil {
			t.Fatal(err)
		}
		if len(out.files) < 4 {
			t.Fatalf("%d files of %d packets", len(out.files), len(many))
		}
		total := 0
		for n, b := range out.files {
			f := read(t, b)
			total += len(f.packets)
			if len(b) > 1<<20 || f.end.Kind != capture.Complete || len(testimony.Parse(f.sections[0].Comments)) != 1 ||
				f.interfaces[0].Counters.Delivered.N != uint64(total) {
				t.Errorf("file %d: %d bytes, %v, %+v", n, len(b), f.end, f.interfaces[0].Counters)
			}
		}
		if total != len(many) {
			t.Errorf("%d packets in all files, want %d", total, len(many))
		}
	})
	t.Run("a time after the first reset", func(t *testing.T) {
		c := config()
		c.Limits.AfterReset = time.Millisecond
		var out memory
		source := &recorded{packets: packets(capture.Inbound, segmentOf(toClient, ack), segmentOf(toClient, rst)), endless: true}
		if _, err := run(t, c, source, &out); err != nil {
			t.Fatal(err)
		}
		if n := len(read(t, out.last()).packets); n != 2 {
			t.Errorf("%d packets, want 2", n)
		}
	})
}

func TestAFullDiskLeavesWhatIsReadable(t *testing.T) {
	many := make([][]byte, 40000)
	for n := range many {
		many[n] = segmentOf(toServer, ack)
	}
	out := memory{room: 1 << 20}
	_, err := run(t, config(), &recorded{packets: packets(capture.Outbound, many...), endless: true}, &out)
	if !errors.Is(err, syscall.ENOSPC) {
		t.Fatalf("got %v, want %v", err, syscall.ENOSPC)
	}
	f := read(t, out.last())
	if f.end.Kind != capture.Complete || len(f.packets) < 5000 {
		t.Errorf("%d packets, %v", len(f.packets), f.end)
	}
}

func TestStoppingKeepsWhatWasOnTheWireByThen(t *testing.T) {
	late := packets(capture.Inbound, segmentOf(toClient, ack), segmentOf(toClient, ack))
	late[1].TimeNS = time.Now().Add(time.Hour).UnixNano()
	source := &recorded{packets: late, endless: true}
	var out memory
	a, err := Start(config(), func(string, live.Options) (Source, error) { return source, nil }, func() (Output, error) { return &out, nil })
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel() // before the first packet is read
	if err := a.Record(ctx); err != nil {
		t.Fatal(err)
	}
	if n := len(read(t, out.last()).packets); n != 1 {
		t.Errorf("%d packets, want the one that was there before the stop", n)
	}
}

func TestAGapIsNotedAndTheInterfaceOpenedAgain(t *testing.T) {
	gone := &recorded{packets: packets(capture.Inbound, segmentOf(toClient, ack)), counters: live.Counters{Received: 10, Dropped: 1}}
	back := &recorded{packets: packets(capture.Inbound, segmentOf(toClient, ack), segmentOf(toClient, ack)), counters: live.Counters{Received: 4, Dropped: 2}}
	opened := 0
	open := func(string, live.Options) (Source, error) {
		switch opened++; opened {
		case 1:
			return &unplugged{gone}, nil
		case 2:
			return nil, live.ErrNoInterface
		}
		return back, nil
	}
	c := config()
	var said []string
	c.Say = func(format string, _ ...any) { said = append(said, format) }
	var out memory
	a, err := Start(c, open, func() (Output, error) { return &out, nil })
	if err != nil {
		t.Fatal(err)
	}
	if err := a.Record(context.Background()); err != nil {
		t.Fatal(err)
	}
	f := read(t, out.last())
	if len(f.packets) != 3 || len(f.interfaces) != 2 || f.packets[2].Interface != 1 || opened != 3 || !gone.closed {
		t.Errorf("%d packets, %d interfaces, opened %d times", len(f.packets), len(f.interfaces), opened)
	}
	if n := f.interfaces[1].Counters; n.Received.N != 14 || n.OSDropped.N != 3 || n.Delivered.N != 3 {
		t.Errorf("counters after the gap: %+v, want those of both handles", n)
	}
	if len(said) != 2 || !strings.Contains(string(out.last()), `"event":"gap-begins"`) || !strings.Contains(string(out.last()), `"event":"gap-ends"`) {
		t.Errorf("said %q", said)
	}
}

func TestSettleWaitsForTheConnectionsEnd(t *testing.T) {
	for _, test := range []struct {
		name   string
		frames [][]byte
		open   int
	}{
		{"a connection that goes on", [][]byte{segmentOf(toServer, syn), segmentOf(toClient, ack)}, 1},
		{"one end has finished", [][]byte{segmentOf(toServer, syn), segmentOf(toServer, fin)}, 1},
		{"one end has finished twice", [][]byte{segmentOf(toServer, syn), segmentOf(toServer, fin), segmentOf(toServer, fin)}, 1},
		{"both ends have finished", [][]byte{segmentOf(toServer, syn), segmentOf(toServer, fin), segmentOf(toClient, fin)}, 0},
		{"a reset", [][]byte{segmentOf(toServer, syn), segmentOf(toClient, rst)}, 0},
		{"one that was there before", [][]byte{segmentOf(toServer, ack), segmentOf(toClient, ack)}, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			var out memory
			a, err := run(t, config(), &recorded{packets: packets(capture.Inbound, test.frames...)}, &out)
			if err != nil {
				t.Fatal(err)
			}
			if n := len(a.sessions.open); n != test.open {
				t.Errorf("%d connections are open, want %d", n, test.open)
			}
		})
	}
}

func TestCountersDoNotWrapAround(t *testing.T) {
	var w wide
	for _, now := range []uint32{10, 1<<32 - 1, 5} {
		w.add(now)
	}
	if w.n != 1<<32+5 {
		t.Errorf("got %d, want %d", w.n, uint64(1<<32+5))
	}
}

func TestStatisticsComeByTheClock(t *testing.T) {
	var out memory
	source := &recorded{endless: true}
	a, err := Start(config(), func(string, live.Options) (Source, error) { return source, nil }, func() (Output, error) { return &out, nil })
	if err != nil {
		t.Fatal(err)
	}
	count := func() int { return strings.Count(string(out.last()), `"event":"statistics"`) }
	start := a.statsAt
	var counts []int
	for _, after := range []time.Duration{9 * time.Second, 10 * time.Second, 11 * time.Second, 20 * time.Second} {
		a.tick(start.Add(after))
		a.tick(start.Add(after + flushInterval)) // what was written is flushed within a second
		counts = append(counts, count())
	}
	if !slices.Equal(counts, []int{0, 1, 1, 2}) {
		t.Errorf("statistics blocks after 9, 10, 11 and 20 seconds: %v", counts)
	}
}

func TestNothingIsCreatedWhereNothingCanBeRecorded(t *testing.T) {
	_, err := Start(config(), func(string, live.Options) (Source, error) { return nil, live.ErrPermission },
		func() (Output, error) { t.Error("the output was created"); return nil, nil })
	if !errors.Is(err, live.ErrPermission) {
		t.Errorf("got %v", err)
	}
}

func TestRecordingAPacketAllocatesNothing(t *testing.T) {
	frame := segmentOf(toServer, ack)
	a, err := Start(config(), func(string, live.Options) (Source, error) { return &recorded{}, nil }, func() (Output, error) { return discard{}, nil })
	if err != nil {
		t.Fatal(err)
	}
	batch := packets(capture.Outbound, frame, frame)
	if n := testing.AllocsPerRun(10000, func() { a.packets(a.taps[0], batch) }); n != 0 {
		t.Errorf("%v allocations a batch: the collector would run while packets are lost", n)
	}
}

type discard struct{}

func (discard) Write(b []byte) (int, error) { return len(b), nil }
func (discard) Rotate() error               { return nil }
func (discard) Truncate(int64) error        { return nil }

func BenchmarkBatch(b *testing.B) {
	a, err := Start(config(), func(string, live.Options) (Source, error) { return &recorded{}, nil }, func() (Output, error) { return discard{}, nil })
	if err != nil {
		b.Fatal(err)
	}
	batch := packets(capture.Outbound, slices.Repeat([][]byte{segmentOf(toServer, ack)}, 256)...)
	for b.Loop() {
		a.packets(a.taps[0], batch)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(batch)), "ns/packet")
}
