package watch

import (
	"testing"
	"time"

	"bothends/capture"
	"bothends/correlate/segment"
)

// A step is one segment: who sent it, when, and its numbers relative to the initial
// ones.
type step struct {
	at       float64 // seconds
	client   bool
	flags    segment.Flags
	seq, ack uint32
	length   int
	window   uint16
}

const (
	syn = segment.SYN
	ack = segment.ACK
	fin = segment.FIN
	rst = segment.RST
)

func handshake() []step {
	return []step{{0, true, syn, 0, 0, 0, 100}, {0.1, false, syn | ack, 0, 1, 0, 100}, {0.2, true, ack, 1, 1, 0, 100}}
}

// play lets a tracker see the steps, looks until a time, and says what it found.
func play(steps []step, until float64) []Ending {
	t := NewTracker(30 * time.Second)
	begin := time.Date(2026, 11, 28, 18, 0, 0, 0, time.UTC)
	at := func(seconds float64) time.Time { return begin.Add(time.Duration(seconds * float64(time.Second))) }
	var found []Ending
	clock := 0.0
	look := func(to float64) {
		for ; clock <= to; clock++ {
			found = append(found, t.Endings(at(clock))...)
		}
	}
	client, server := segment.Endpoint{IP: [16]byte{15: 9}, Port: 40000}, segment.Endpoint{IP: [16]byte{15: 2}, Port: 587}
	for _, s := range steps {
		look(s.at)
		seg := segment.Segment{TimeNS: at(s.at).UnixNano(), Src: client, Dst: server, Seq: 1000 + s.seq, Ack: 7000 + s.ack, Flags: s.flags, PayloadLen: s.length, Window: s.window}
		if !s.client {
			seg.Src, seg.Dst, seg.Seq, seg.Ack = server, client, 7000+s.seq, 1000+s.ack
		}
		t.Add(&capture.Packet{TimeNS: seg.TimeNS, Data: []byte{1}}, &seg)
	}
	look(until)
	return found
}

func TestWhatEndsBadlyIsFoundAndNothingElse(t *testing.T) {
	for _, test := range []struct {
		name  string
		steps []step
		want  string // empty is nothing
		at    float64
	}{
		{"both close", append(handshake(), step{1, true, ack, 1, 1, 10, 100}, step{1.1, false, ack, 1, 11, 0, 100},
			step{2, true, fin | ack, 11, 1, 0, 100}, step{2.1, false, fin | ack, 1, 12, 0, 100}, step{2.2, true, ack, 12, 2, 0, 100}), "", 0},
		{"both close, and a reset follows", append(handshake(), step{2, true, fin | ack, 1, 1, 0, 100}, step{2.1, false, fin | ack, 1, 2, 0, 100}, step{2.2, true, rst, 2, 0, 0, 0}), "", 0},
		{"one closes, and the other resets", append(handshake(), step{2, true, fin | ack, 1, 1, 0, 100}, step{2.1, false, rst, 1, 0, 0, 0}), Reset, 2.1},
		{"a reset in the middle", append(handshake(), step{3, false, rst | ack, 1, 1, 0, 0}), Reset, 3},
		{"refused", []step{{0, true, syn, 0, 0, 0, 100}, {0.1, false, rst | ack, 0, 1, 0, 0}}, Reset, 0.1},
		{"a SYN without an answer", []step{{0, true, syn, 0, 0, 0, 100}, {1, true, syn, 0, 0, 0, 100}, {3, true, syn, 0, 0, 0, 100}}, Unanswered, 0},
		{"the answer to a SYN without one", []step{{0, true, syn, 0, 0, 0, 100}, {0.1, false, syn | ack, 0, 1, 0, 100}, {1.1, false, syn | ack, 0, 1, 0, 100}}, Unanswered, 0.1},
		{"data again and again", append(handshake(), step{5, true, ack, 1, 1, 100, 100}, step{6, true, ack, 1, 1, 100, 100}, step{8, true, ack, 1, 1, 100, 100}, step{12, true, ack, 1, 1, 100, 100}), Stuck, 5},
		{"a large segment again and again, while keep-alives are answered", append(handshake(), step{5, true, ack, 1, 1, 1400, 100}, step{6, true, ack, 1, 1, 1400, 100},
			step{7, false, ack, 1, 1, 0, 100}, step{8, true, ack, 1, 1, 1400, 100}, step{20, false, ack, 1, 1, 0, 100}), Stuck, 5},
		{"data again, and then it arrives", append(handshake(), step{5, true, ack, 1, 1, 100, 100}, step{6, true, ack, 1, 1, 100, 100}, step{8, true, ack, 1, 1, 100, 100}, step{9, false, ack, 1, 101, 0, 100}), "", 0},
		{"a closed window", append(handshake(), step{4, false, ack, 1, 1, 0, 0}, step{5, true, ack, 1, 1, 1, 100}, step{6, true, ack, 1, 1, 1, 100}, step{8, true, ack, 1, 1, 1, 100}), "", 0},
		{"silence", append(handshake(), step{5, true, ack, 1, 1, 100, 100}, step{5.1, false, ack, 1, 101, 0, 100}), "", 0},
		{"an acknowledgment that does not reach the other end", append(handshake(), step{5, true, ack, 1, 1, 100, 100}, step{5.1, false, ack, 1, 101, 0, 100}, step{6, true, ack, 1, 1, 100, 100},
			step{6.1, false, ack, 1, 101, 0, 100}, step{10, true, ack, 1, 1, 100, 100}, step{26, true, ack, 1, 1, 100, 100}), Stuck, 6},
		{"keep-alives that are answered", append(handshake(), step{20, true, ack, 0, 1, 0, 100}, step{20.1, false, ack, 1, 1, 0, 100}, step{40, true, ack, 0, 1, 0, 100}, step{40.1, false, ack, 1, 1, 0, 100},
			step{60, true, ack, 0, 1, 0, 100}, step{60.1, false, ack, 1, 1, 0, 100}, step{80, true, ack, 0, 1, 0, 100}), "", 0},
		{"keep-alives without an answer", append(handshake(), step{20, true, ack, 0, 1, 0, 100}, step{40, true, ack, 0, 1, 0, 100}, step{60, true, ack, 0, 1, 0, 100}), Stuck, 20},
		{"a reset of what nobody saw begin", []step{{3, false, rst, 1, 0, 0, 0}}, Reset, 3},
		{"numbers that wrap around", []step{{0, true, syn, ^uint32(1000), 0, 0, 100}, {0.1, false, syn | ack, 0, ^uint32(999), 0, 100}, {0.2, true, ack, ^uint32(999), 1, 0, 100}, {1, true, ack, ^uint32(999), 1, 2000, 100}, {1.1, false, ack, 1, 1000, 0, 100}}, "", 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			found := play(test.steps, 120)
			if test.want == "" {
				if len(found) > 0 {
					t.Errorf("%+v", found)
				}
				return
			}
			if len(found) != 1 || found[0].Why != test.want || found[0].Client.Port != 40000 || len(found[0].First) == 0 {
				t.Fatalf("%+v, want %s", found, test.want)
			}
			if at := found[0].At.Sub(time.Date(2026, 11, 28, 18, 0, 0, 0, time.UTC)).Seconds(); at != test.at {
				t.Errorf("at %v s, want %v", at, test.at)
			}
		})
	}
}

func TestTheNumberOfConnectionsIsBounded(t *testing.T) {
	tracker := NewTracker(time.Hour)
	for n := range maxConnections + 100 {
		s := segment.Segment{TimeNS: int64(n), Src: segment.Endpoint{Port: uint16(n), IP: [16]byte{1: byte(n >> 16)}}, Flags: syn}
		tracker.Add(&capture.Packet{}, &s)
	}
	if tracker.Open() > maxConnections || tracker.Forgotten != 100 {
		t.Errorf("%d are followed, %d forgotten", tracker.Open(), tracker.Forgotten)
	}
}
