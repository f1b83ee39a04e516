package survey

import (
	"context"
	"errors"
	"hash/maphash"
	"testing"
	"unsafe"

	"pgregory.net/rapid"

	"bothends/capture"
	"bothends/correlate/segment"
)

func TestPositionsGoOnWhereTheSequenceSpaceWraps(t *testing.T) {
	for name, isn := range map[string]uint32{"from zero": 0, "just before the wrap": 1<<32 - 10, "from the middle": 1 << 31} {
		t.Run(name, func(t *testing.T) {
			c := Connection{Flows: new([2]Flow)}
			const step, steps = 1 << 29, 40 // 20 GiB
			for i := range uint32(steps) {
				s := segment.Segment{Flags: segment.ACK, Seq: isn + i*step, PayloadLen: 1, TimeNS: int64(i)}
				c.note(c.Flows, &s, Initiator)
				back := segment.Segment{Flags: segment.ACK, Ack: isn + i*step + 1, TimeNS: int64(i)}
				c.note(c.Flows, &back, Responder)
			}
			f := &c.Flows[Initiator]
			if want := int64(step)*(steps-1) + 1; f.Hi != want || f.Acked != want || f.Cover.Next != want {
				t.Errorf("Hi %d, acknowledged %d, covered up to %d, want %d", f.Hi, f.Acked, f.Cover.Next, want)
			}
			if got, want := f.Missing(), int64(step-1)*(steps-1); got != want {
				t.Errorf("%d bytes missing, want %d", got, want)
			}
		})
	}
}

func TestPositionAndSeqAreInverse(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := Flow{Begun: true, Base: rapid.Uint32().Draw(t, "base"), Hi: rapid.Int64Range(0, 1<<40).Draw(t, "high")}
		position := f.Hi + rapid.Int64Range(-1<<31, 1<<31-1).Draw(t, "distance")
		if got := f.Position(f.Seq(position)); got != position {
			t.Errorf("position %d came back as %d", position, got)
		}
	})
}

func TestAcknowledgedBytesThatTheTapNeverSawAreMissing(t *testing.T) {
	data := func(seq uint32, length int) segment.Segment {
		return segment.Segment{Flags: segment.ACK, Seq: seq, PayloadLen: length}
	}
	acked := func(ack uint32) segment.Segment { return segment.Segment{Flags: segment.ACK, Ack: ack} }
	type step struct {
		segment.Segment
		side Side
	}
	for name, c := range map[string]struct {
		steps   []step
		missing int64
	}{
		"nothing": {[]step{{data(1000, 100), Initiator}, {acked(1100), Responder}}, 0},
		"a segment in the middle": {
			[]step{{data(1000, 100), Initiator}, {data(1200, 100), Initiator}, {acked(1300), Responder}}, 100},
		"a segment in the middle, repeated later": {
			[]step{{data(1000, 100), Initiator}, {data(1200, 100), Initiator}, {data(1100, 100), Initiator}, {acked(1300), Responder}}, 0},
		"a segment that is lost and not acknowledged so far": {
			[]step{{data(1000, 100), Initiator}, {data(1200, 100), Initiator}, {acked(1100), Responder}}, 0},
		"the last segments": {
			[]step{{data(1000, 100), Initiator}, {acked(1350), Responder}}, 250},
		"the acknowledgment of what was sent before the tap began": {
			[]step{{acked(900), Responder}, {data(1000, 100), Initiator}, {acked(1100), Responder}}, 0},
		"only acknowledgments: the tap does not see the other direction": {
			[]step{{acked(900), Responder}, {acked(9900), Responder}}, 0},
		"an acknowledgment beyond any window": {
			[]step{{data(1000, 100), Initiator}, {acked(1000 + 1<<31 - 1), Responder}}, 0},
		"the FIN, which takes a number of its own": {
			[]step{{data(1000, 100), Initiator}, {acked(1101), Responder}}, 1},
	} {
		t.Run(name, func(t *testing.T) {
			conn := Connection{Flows: new([2]Flow)}
			for i := range c.steps {
				conn.note(conn.Flows, &c.steps[i].Segment, c.steps[i].side)
			}
			if got := conn.Flows[Initiator].Missing(); got != c.missing {
				t.Errorf("%d bytes missing, want %d", got, c.missing)
			}
		})
	}
}

func TestASurveyCountsWhatTheFramesHold(t *testing.T) {
	at := int64(1e18)
	list := []capture.Packet{
		{TimeNS: at + 5, LinkType: capture.LinkRaw, Data: ipv4ACK(64, 1)},
		{TimeNS: at, LinkType: capture.LinkRaw, Data: ipv4ACK(64, 2)},
		{Untimed: true, LinkType: capture.LinkRaw, Data: ipv4ACK(64, 3)},
		{TimeNS: at + 9, LinkType: capture.LinkRaw, Data: ipv4ACK(64, 4)[:24]},
	}
	sv, _, err := Take(context.Background(), opens(&frames{list: list}), maphash.MakeSeed(), 0, func(*frames) {})
	if err != nil {
		t.Fatal(err)
	}
	if sv.Packets != 4 || sv.Untimed != 1 || sv.HeadersCut() != 1 || sv.Decoded[segment.TCP] != 2 {
		t.Errorf("packets %d, untimed %d, headers cut %d, TCP %d", sv.Packets, sv.Untimed, sv.HeadersCut(), sv.Decoded[segment.TCP])
	}
	if sv.FirstNS != at || sv.LastNS != at+9 || sv.Disorder != 5 {
		t.Errorf("from %d to %d, %d out of order", sv.FirstNS-at, sv.LastNS-at, sv.Disorder)
	}
	if c := sv.Connections; len(c) != 1 || c[0].FirstNS != at || c[0].LastNS != at+5 || c[0].Handshake {
		t.Errorf("connections %+v", c)
	}
}

// Several interfaces are emptied one after the other; only one whose own times run
// back shows that a clock was set.
func TestAClockThatRanBackShowsOnOneInterface(t *testing.T) {
	at := int64(1_700_000_000e9)
	frame := func(number int, ns int64) capture.Packet {
		return capture.Packet{Interface: number, TimeNS: at + ns, LinkType: capture.LinkRaw, Data: ipv4ACK(64, uint16(ns))}
	}
	for name, c := range map[string]struct {
		list []capture.Packet
		want int64
	}{
		"one after the other":         {[]capture.Packet{frame(0, 5), frame(0, 9), frame(1, 2), frame(1, 3), frame(0, 10), frame(1, 4)}, 0},
		"the second one speaks first": {[]capture.Packet{frame(1, 9), frame(0, 5), frame(0, 6), frame(1, 10)}, 0},
		"a clock that was set":        {[]capture.Packet{frame(0, 5), frame(0, 9), frame(0, 2), frame(0, 6)}, 7},
		"on the second interface":     {[]capture.Packet{frame(0, 5), frame(1, 9), frame(1, 6), frame(0, 8)}, 3},
	} {
		t.Run(name, func(t *testing.T) {
			sv, _, err := Take(context.Background(), opens(&frames{list: c.list}), maphash.MakeSeed(), 0, func(*frames) {})
			if err != nil {
				t.Fatal(err)
			}
			if sv.RanBack != c.want {
				t.Errorf("ran back by %d, want %d", sv.RanBack, c.want)
			}
		})
	}
}

func TestASurveyEndsWhenCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, _, err := Take(ctx, opens(&frames{}), maphash.MakeSeed(), 0, func(*frames) {}); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want that of the context", err)
	}
}

// The processor fetches 64 bytes at a time. What each packet changes is to be in as few
// such lines as can be: the first pass waits for memory more than it computes.
func TestWhatEachPacketTouchesFillsWholeLines(t *testing.T) {
	const line = 64
	if n := unsafe.Sizeof(entry{}); n != line {
		t.Errorf("an entry takes %d bytes, not a line", n)
	}
	if n := unsafe.Sizeof(Flow{}); n != 2*line {
		t.Errorf("a flow takes %d bytes, not two lines", n)
	}
	if n := unsafe.Offsetof(Flow{}.Cover) + unsafe.Offsetof(Cover{}.First); n != line {
		t.Errorf("the front of a flow ends at byte %d, not with its first line", n)
	}
}
