package survey

import (
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"bothends/correlate/segment"
)

// Two hosts, a client's port and a service's.
var (
	alice = endpoint(1, 50000)
	bob   = endpoint(2, 587)
)

func endpoint(host byte, port uint16) segment.Endpoint {
	e := segment.Endpoint{Port: port}
	copy(e.IP[:], []byte{10: 0xff, 11: 0xff, 12: 192, 13: 0, 14: 2, 15: host})
	return e
}

const (
	syn    = segment.SYN
	synAck = segment.SYN | segment.ACK
	ack    = segment.ACK
	finAck = segment.FIN | segment.ACK
	rst    = segment.RST
	rstAck = segment.RST | segment.ACK
)

// from is a segment that src sends to the other of alice and bob.
func from(src segment.Endpoint, flags segment.Flags, seq, ack uint32, length int) segment.Segment {
	dst := bob
	if src == bob {
		dst = alice
	}
	return segment.Segment{Src: src, Dst: dst, Flags: flags, Seq: seq, Ack: ack, PayloadLen: length}
}

func TestSegmentsAreSplitIntoConnections(t *testing.T) {
	type step struct {
		segment.Segment
		connection int32
		side       Side
	}
	handshake := []step{
		{from(alice, syn, 1000, 0, 0), 0, Initiator},
		{from(bob, synAck, 5000, 1001, 0), 0, Responder},
		{from(alice, ack, 1001, 5001, 0), 0, Initiator},
	}
	after := func(steps ...step) []step { return append(slices.Clone(handshake), steps...) }
	for name, steps := range map[string][]step{
		"a SYN sent again is the same connection": {
			{from(alice, syn, 1000, 0, 0), 0, Initiator},
			{from(alice, syn, 1000, 0, 0), 0, Initiator},
			{from(bob, synAck, 5000, 1001, 0), 0, Responder},
			{from(bob, synAck, 5000, 1001, 0), 0, Responder},
		},
		"a port that is used again is another connection": after(
			step{from(alice, finAck, 1001, 5001, 0), 0, Initiator},
			step{from(bob, finAck, 5001, 1002, 0), 0, Responder},
			step{from(alice, ack, 1002, 5002, 0), 0, Initiator},
			step{from(alice, syn, 1<<31, 0, 0), 1, Initiator},
			step{from(bob, synAck, 7<<28, 1<<31+1, 0), 1, Responder},
			step{from(bob, finAck, 5001, 1002, 0), 0, Responder}, // a late copy
			step{from(alice, ack, 1<<31+1, 7<<28+1, 0), 1, Initiator},
		),
		"a late copy of the first SYN stays with the first connection": after(
			step{from(alice, syn, 1<<31, 0, 0), 1, Initiator},
			step{from(alice, syn, 1000, 0, 0), 0, Initiator},
			step{from(bob, synAck, 7<<28, 1<<31+1, 0), 1, Responder},
			step{from(alice, syn, 1<<31, 0, 0), 1, Initiator},
		),
		"a host that restarts and is challenged for its SYN opens a second connection": after(
			step{from(alice, syn, 1<<31, 0, 0), 1, Initiator},
			step{from(bob, ack, 5001, 1001, 0), 0, Responder}, // RFC 5961 section 4
			step{from(alice, rst, 1001, 0, 0), 0, Initiator},
			step{from(alice, syn, 1<<31, 0, 0), 1, Initiator},
			step{from(bob, synAck, 9000, 1<<31+1, 0), 1, Responder},
		),
		"a SYN forged in mid-connection takes nothing with it": after(
			step{from(alice, syn, 1<<31, 0, 0), 1, Initiator},
			step{from(alice, ack, 1001, 5001, 100), 0, Initiator},
			step{from(bob, ack, 5001, 1101, 1000), 0, Responder},
			step{from(alice, ack, 1101, 6001, 0), 0, Initiator},
			step{from(alice, rstAck, 1101, 6001, 0), 0, Initiator},
		),
		"two hosts that open at once share one connection": {
			{from(alice, syn, 1000, 0, 0), 0, Initiator},
			{from(bob, syn, 5000, 0, 0), 0, Responder},
			{from(alice, synAck, 1000, 5001, 0), 0, Initiator},
			{from(bob, synAck, 5000, 1001, 0), 0, Responder},
			{from(alice, ack, 1001, 5001, 10), 0, Initiator},
		},
		"a SYN answered by a reset is one connection": {
			{from(alice, syn, 1000, 0, 0), 0, Initiator},
			{from(bob, rstAck, 0, 1001, 0), 0, Responder},
		},
		"a reset comes first": {
			{from(bob, rst, 77, 0, 0), 0, Responder},
			{from(alice, syn, 1000, 0, 0), 1, Initiator},
			{from(bob, synAck, 5000, 1001, 0), 1, Responder},
			{from(bob, rst, 5001, 0, 0), 1, Responder},
		},
		"a forged reset with wild numbers goes to the newest connection": after(
			step{from(alice, syn, 1<<31, 0, 0), 1, Initiator},
			step{from(bob, rst, 3<<30, 0, 0), 1, Responder},
		),
		"a second answer with another number does not open a connection": after(
			step{from(bob, synAck, 1<<31, 1001, 0), 0, Responder},
			step{from(bob, ack, 5001, 1001, 0), 0, Responder},
		),
		"the answer to the SYN comes before the SYN": {
			{from(bob, synAck, 5000, 1001, 0), 0, Responder},
			{from(alice, syn, 1000, 0, 0), 0, Initiator},
		},
		"a port is used again, and the first answer and the second SYN were missed": {
			{from(alice, syn, 1000, 0, 0), 0, Initiator},
			{from(alice, ack, 1001, 5001, 8), 0, Initiator},
			{from(bob, ack, 5001, 1009, 100), 0, Responder},
			{from(bob, synAck, 5001+20_000_000, 1<<31+1, 0), 1, Responder}, // ISNs a second apart (RFC 6528)
			{from(alice, ack, 1<<31+1, 5002+20_000_000, 8), 1, Initiator},
			{from(bob, ack, 5101, 1009, 0), 0, Responder},
		},
		"a forged answer to no SYN, among the numbers of the responder, opens none": {
			{from(alice, syn, 1000, 0, 0), 0, Initiator},
			{from(bob, ack, 5001, 1001, 100), 0, Responder},
			{from(bob, synAck, 5101, 77, 0), 0, Responder},
		},
		"only answers are seen, of two connections": {
			{from(bob, synAck, 5000, 1001, 0), 0, Responder},
			{from(bob, ack, 5001, 1001, 10), 0, Responder},
			{from(bob, synAck, 9000, 1<<31+1, 0), 1, Responder},
			{from(bob, ack, 9001, 1<<31+1, 10), 1, Responder},
		},
		"an answer to a SYN with data is of the same connection": {
			{from(alice, syn, 1000, 0, 500), 0, Initiator},
			{from(bob, synAck, 5000, 1501, 0), 0, Responder},
			{from(bob, synAck, 5000, 1001, 0), 0, Responder},
		},
		"without a handshake the lower port is the service": {
			{from(bob, ack, 5001, 1001, 10), 0, Responder},
			{from(alice, ack, 1001, 5011, 0), 0, Initiator},
		},
		"a handshake after traffic without one is another connection": {
			{from(bob, ack, 5001, 1001, 10), 0, Responder},
			{from(alice, syn, 1<<31, 0, 0), 1, Initiator},
			{from(bob, synAck, 7<<28, 1<<31+1, 0), 1, Responder},
			{from(bob, ack, 5011, 1001, 10), 0, Responder},
		},
	} {
		t.Run(name, func(t *testing.T) {
			table := NewTable()
			for i := range steps {
				id, side := table.Assign(&steps[i].Segment)
				if id != steps[i].connection || side != steps[i].side {
					t.Errorf("segment %d (%s seq %d): connection %d side %d, want %d side %d",
						i+1, steps[i].Flags, steps[i].Seq, id, side, steps[i].connection, steps[i].side)
				}
			}
		})
	}
}

// anySegment draws a segment between few endpoints with few numbers, so that all
// kinds of collisions come up.
func anySegment(t *rapid.T) segment.Segment {
	few := []segment.Endpoint{alice, bob, endpoint(3, 50000), endpoint(1, 587)}
	numbers := []uint32{0, 1000, 1001, 1 << 24, 1<<24 + 1001, 1 << 31, 1<<32 - 1, 5000}
	return segment.Segment{
		Src:        rapid.SampledFrom(few).Draw(t, "src"),
		Dst:        rapid.SampledFrom(few).Draw(t, "dst"),
		Flags:      segment.Flags(rapid.Byte().Draw(t, "flags")),
		Seq:        rapid.SampledFrom(numbers).Draw(t, "seq"),
		Ack:        rapid.SampledFrom(numbers).Draw(t, "ack"),
		PayloadLen: rapid.IntRange(0, 3000).Draw(t, "length"),
	}
}

func TestASecondPassFindsTheSameConnections(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		list := rapid.SliceOfN(rapid.Custom(anySegment), 1, 80).Draw(t, "segments")
		first, second := NewTable(), NewTable()
		var of []string
		for i := range list {
			before := first.Len()
			id, side := first.Assign(&list[i])
			if int(id) > before || id < 0 {
				t.Fatalf("segment %d went to connection %d of %d", i, id, before)
			}
			if e := first.entries.at(int32(id)); list[i].Src != e.ends[side] || list[i].Dst != e.ends[side.Other()] {
				t.Fatalf("segment %d went to a connection of other endpoints", i)
			}
			of = append(of, fmt.Sprint(id, side))
		}
		for i := range list {
			id, side := second.Assign(&list[i])
			if got := fmt.Sprint(id, side); got != of[i] {
				t.Fatalf("segment %d: connection and side %s, then %s", i, of[i], got)
			}
		}
	})
}

func TestLookingForOlderConnectionsIsBounded(t *testing.T) {
	table := NewTable()
	const n = 1000
	for i := range uint32(n) {
		s := from(alice, syn, i<<20|1, 0, 0)
		table.Assign(&s)
	}
	if table.Len() != n {
		t.Fatalf("%d connections, want %d", table.Len(), n)
	}
	s := from(alice, ack, 1, 0, 10) // the first one's number, but too long ago
	if id, _ := table.Assign(&s); id == 0 {
		t.Errorf("a segment was traced back through %d connections", n)
	}
}

func TestATableKeepsTheFirstConnectionsUpToItsLimit(t *testing.T) {
	table := NewTable()
	table.Limit(2)
	at := func(port uint16) segment.Endpoint { return segment.Endpoint{Port: port} }
	for i, want := range []int32{0, 1, LeftOut, LeftOut, 0, 1} {
		s := segment.Segment{Src: at([]uint16{5001, 5002, 5003, 5004, 5001, 5002}[i]), Dst: at(25), Seq: 7, Flags: segment.SYN}
		if id, _ := table.Assign(&s); id != want {
			t.Errorf("segment %d belongs to %d, want %d", i, id, want)
		}
	}
	if table.Len() != 2 {
		t.Errorf("%d connections are kept, want 2", table.Len())
	}
}
