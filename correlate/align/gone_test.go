package align

import (
	"testing"

	"bothends/correlate/clock"
	"bothends/correlate/segment"
	"bothends/correlate/tap"
)

// unknownClock is what is known of the clocks where no handshake tells.
const unknownClock = 1 << 62

// replayed feeds n data segments and as many acknowledgments of the client's, all
// of which pass both taps, and a FIN: first what the client's tap saw, then what
// the server's did, cut to other sizes if join is more than 1.
func replayed(n uint32, roughErr, setBy int64, join uint32) *Stream {
	var bounds clock.Bounds
	c := NewConnection([2]uint32{}, 0, roughErr, [2]tap.Coverage{{FirstNS: began, LastNS: ended + 3600e9}, {FirstNS: began, LastNS: ended + 3600e9}}, &bounds)
	payload := make([]byte, 64)
	for _, end := range []tap.End{tap.Client, tap.Server} {
		size := uint32(10)
		if end == tap.Server {
			size *= join
		}
		at := start
		if end == tap.Server {
			at += 10*milli + setBy
		}
		see := func(i uint32, s segment.Segment) {
			s.TimeNS, s.Frame, s.TTL, s.IPID = at+int64(i)*1000, int64(i+1), 64, uint16(i)
			c.Observe(end, tap.Client, &s)
		}
		see(0, segment.Segment{Flags: segment.SYN, Seq: 999})
		for i := uint32(0); i < 10*n; i += size {
			for k := range size {
				payload[k] = byte((i + k) * 7)
			}
			data := segment.Segment{Flags: segment.ACK, Seq: 1000 + i, Ack: 1, PayloadLen: int(size), Payload: append([]byte(nil), payload[:size]...)}
			see(2*i+1, data)
			if join == 1 {
				see(2*i+2, segment.Segment{Flags: segment.ACK, Seq: 1000 + i + size, Ack: 2 + i})
			}
		}
		see(20*n+1, segment.Segment{Flags: segment.ACK | segment.FIN, Seq: 1000 + 10*n, Ack: 1})
	}
	c.Finish()
	return &c.Streams[tap.Client]
}

func TestWhatTheOtherCaptureHoldsIsNotLostHoweverLateItIsRead(t *testing.T) {
	const n = maxHeld + 5000
	for name, roughErr := range map[string]int64{"clocks unknown": unknownClock, "clocks known": roughErr} {
		t.Run(name, func(t *testing.T) {
			s := replayed(n, roughErr, 0, 1)
			if s.Ledger != (Ledger{Matched: s.Seen[tap.Client] + s.Seen[tap.Server]}) || s.Seen[tap.Client] != 2*n+2 {
				t.Errorf("of a pair in which all arrived: %+v, seen %v", s.Ledger, s.Seen)
			}
		})
	}
}

func TestAClockSetInMidCaptureLosesNothing(t *testing.T) {
	for _, by := range []int64{15e9, 600e9} {
		for name, roughErr := range map[string]int64{"as the handshakes show": by + 1e9, "unknown to the handshakes": 1e9} {
			t.Run(name, func(t *testing.T) {
				s := replayed(100, roughErr, by, 1)
				if s.Ledger != (Ledger{Matched: 404}) || len(s.Leftovers) > 0 || len(s.Astray) > 0 {
					t.Errorf("of a pair in which all arrived: %+v, %+v, astray %v", s.Ledger, s.Leftovers, s.Astray)
				}
			})
		}
	}
}

func TestWhatArrivesLateAndOtherwiseCutIsNotCalledLost(t *testing.T) {
	s := replayed(400, 1e9, 600e9, 4)
	if s.Ledger.Lost != 0 || s.Ledger.LostBytes != 0 || s.Ledger.ReceivedNotSent != 0 || len(s.Leftovers) > 0 {
		t.Errorf("of a pair in which all arrived: %+v, %+v", s.Ledger, s.Leftovers)
	}
	if got, want := s.Ledger.Total(), s.Seen[tap.Client]+s.Seen[tap.Server]; got != want {
		t.Errorf("the buckets hold %d segments of %d", got, want)
	}
}

// Only what is lost stays lost: the bytes decide, not their place alone.
func TestOtherBytesInItsPlaceDoNotBringBackWhatWasLost(t *testing.T) {
	p := newPairing(wholeTime)
	p.pass(0, syn(999))
	p.see(tap.Client, 20, bytesFrom(1000, "what was sent"))
	p.pass(20_000, bytesFrom(1013, "much later"))
	s := &p.Streams[tap.Client]
	if s.Ledger.Lost != 1 {
		t.Fatalf("before: %+v", s.Ledger)
	}
	p.see(tap.Server, 20_020, bytesFrom(1000, "What was sent"))
	if s.Ledger.Matched != 4 {
		t.Errorf("after other bytes arrived: %+v", s.Ledger)
	}
}

func TestRoomForWhatWasGivenUpIsSharedAndGivenBack(t *testing.T) {
	room := &Room{Left: 10}
	s := NewStream()
	s.live = &live{}
	s.gone.room = room
	s.Ledger.Lost, s.MoreAstray = 30, 30
	for i := range int64(30) {
		s.gone.note(departure{start: i << blockBits, end: i<<blockBits + 1, lost: true}, s.forget)
	}
	if room.Left != 0 || s.gone.count != 10 || s.Ledger.Lost != 10 || s.Ledger.SentNotCaptured != 20 || s.MoreAstray != 10 {
		t.Errorf("%d left, %d kept, %+v", room.Left, s.gone.count, s.Ledger)
	}
	for i := range int64(30) {
		_, ok := s.gone.take(i<<blockBits, 0, func(*departure) bool { return true })
		if ok != (i >= 20) {
			t.Errorf("%d found: %v", i, ok)
		}
	}
	if s.gone.finish(s); room.Left != 10 || s.gone.count != 0 {
		t.Errorf("%d left, %d kept", room.Left, s.gone.count)
	}
}
