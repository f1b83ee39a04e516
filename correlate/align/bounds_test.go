package align

import (
	"encoding/binary"
	"testing"

	"bothends/correlate/clock"
	"bothends/correlate/segment"
	"bothends/correlate/tap"
)

// holding is how many segments the connection holds on to.
func holding(c *Connection) (n int) {
	for i := range c.Streams {
		if l := c.Streams[i].live; l != nil {
			n = max(n, len(l.flying.list), len(l.waiting.list), len(l.acks.sent.list), len(l.acks.waiting.list), len(l.watches))
		}
	}
	return n
}

// resets is how many resets were seen; they stand in no bucket.
func (s *Stream) resets() int64 {
	return int64(len(s.Resets[tap.Client])+len(s.Resets[tap.Server])) + s.MoreReset
}

func TestALongLossyTransferWithoutAcknowledgmentsStaysSmall(t *testing.T) {
	p := newPairing(wholeTime)
	const n, payload = 500_000, "0123456789"
	const everyNS, perSecond = int64(40e3), 25_000
	most := 0
	for i := range uint32(n) {
		for _, s := range []segment.Segment{
			{Flags: segment.ACK, Seq: 1000 + 1000*i, Payload: []byte(payload), PayloadLen: 1000},
			{Flags: segment.ACK, Seq: 2000 + 1000*i, Ack: 5000 + i},
		} {
			s.TimeNS = start + int64(i)*everyNS
			p.Observe(tap.Client, tap.Client, &s)
			if i%100 != 0 {
				p.Observe(tap.Server, tap.Client, &s)
			}
		}
		if i%1000 == 0 {
			most = max(most, holding(p.Connection))
		}
	}
	// What is lost is waited for during the horizon; the rest is kept while a
	// second copy may come. Lists may be twice as long as they must be.
	const lost, kept = 10 * perSecond / 100, compareBytes / 1000
	if limit := 2 * (lost + kept); most > limit {
		t.Errorf("%d segments held at one time, want at most %d", most, limit)
	}
	s := p.stream(t)
	if want := (Ledger{Matched: 4 * n * 99 / 100, Lost: 2 * n / 100, LostBytes: 1000 * n / 100}); s.Ledger != want {
		t.Errorf("ledger %+v, want %+v", s.Ledger, want)
	}
	if s.live != nil || holding(p.Connection) != 0 {
		t.Error("a finished connection still holds segments")
	}
}

func TestACaptureThatIsNotRunningIsNotWaitedFor(t *testing.T) {
	for name, covered := range map[string]struct {
		gone tap.End
		tap.Coverage
	}{
		"the sender's begins later":   {tap.Client, tap.Coverage{FirstNS: start + 50e9, LastNS: ended}},
		"the sender's ended before":   {tap.Client, tap.Coverage{FirstNS: began, LastNS: start - 1e9}},
		"the receiver's begins later": {tap.Server, tap.Coverage{FirstNS: start + 50e9, LastNS: ended}},
		"the receiver's ended before": {tap.Server, tap.Coverage{FirstNS: began, LastNS: start - 1e9}},
	} {
		t.Run(name, func(t *testing.T) {
			coverage := wholeTime
			coverage[covered.gone] = covered.Coverage
			p := newPairing(coverage)
			for i := range uint32(1000) {
				p.see(covered.gone.Other(), int64(i), bytesFrom(1000+i, "x"))
				p.see(covered.gone.Other(), int64(i), acking(1001+i, 5000+i, 0))
			}
			if n := holding(p.Connection); n != 0 {
				t.Errorf("%d segments held for a capture that cannot have them", n)
			}
			if s := p.stream(t); s.Ledger != (Ledger{SentNotCaptured: 2000}) || s.Missed != 0 {
				t.Errorf("ledger %+v, %d missed", s.Ledger, s.Missed)
			}
		})
	}
}

func TestHostileCapturesAreHeldInBounds(t *testing.T) {
	for name, shape := range map[string]func(i uint32, s *segment.Segment){
		"one byte over and over":     func(i uint32, s *segment.Segment) { s.Seq, s.PayloadLen = 1001, 1 },
		"descending":                 func(i uint32, s *segment.Segment) { s.Seq, s.PayloadLen = 1<<31-i, 1 },
		"every other byte":           func(i uint32, s *segment.Segment) { s.Seq, s.PayloadLen = 2*i, 1 },
		"a super-segment over all":   func(i uint32, s *segment.Segment) { s.Seq, s.PayloadLen = i%2*(2*i), int(1+65000*(1-i%2)) },
		"one acknowledgment":         func(i uint32, s *segment.Segment) { s.Seq, s.Ack = 1001, 77 },
		"descending acknowledgments": func(i uint32, s *segment.Segment) { s.Seq, s.Ack = 1001, 1<<31-i },
		"resets":                     func(i uint32, s *segment.Segment) { s.Seq, s.Ack, s.Flags = i, i, segment.RST|segment.ACK },
		"beginnings":                 func(i uint32, s *segment.Segment) { s.Seq, s.Flags = i*7919, segment.SYN },
	} {
		for taps, seenAt := range map[string]func(i uint32) tap.End{
			"sent only":    func(uint32) tap.End { return tap.Client },
			"arrived only": func(uint32) tap.End { return tap.Server },
			"at both":      func(i uint32) tap.End { return tap.End(i / 3 % 2) },
		} {
			t.Run(name+", "+taps, func(t *testing.T) {
				p := newPairing(wholeTime)
				most := 0
				const n = maxHeld + 8000
				for i := range uint32(n) {
					s := segment.Segment{TimeNS: start, Frame: int64(i + 1), Flags: segment.ACK}
					shape(i, &s)
					p.Observe(seenAt(i), tap.Client, &s)
					if i%997 == 0 {
						most = max(most, holding(p.Connection))
					}
				}
				if most > 2*maxHeld {
					t.Errorf("%d segments held at one time", most)
				}
				p.Finish()
				s := &p.Streams[tap.Client]
				if s.Ledger.Total()+s.resets() != n {
					t.Errorf("%d segments in the buckets and %d resets of %d", s.Ledger.Total(), s.resets(), n)
				}
				if len(s.Leftovers) > maxLeftovers || len(s.Resets[tap.Client])+len(s.Resets[tap.Server]) > 2*maxResets {
					t.Errorf("%d leftovers and %d resets are kept", len(s.Leftovers), s.resets())
				}
			})
		}
	}
}

// FuzzObserve feeds arbitrary segments, 18 bytes each, of both streams to both
// taps: nothing panics, all are in a bucket, and finishing lets all go.
func FuzzObserve(f *testing.F) {
	payload := make([]byte, 1<<16)
	record := func(who, flags byte, seq, ack uint32, length uint16, later uint16) []byte {
		b := []byte{who, flags}
		b = binary.BigEndian.AppendUint32(b, seq)
		b = binary.BigEndian.AppendUint32(b, ack)
		b = binary.BigEndian.AppendUint16(b, length)
		b = binary.BigEndian.AppendUint16(b, later)
		return append(b, 0, 0, 0, 0)
	}
	const fromClient, atServer = 0, 1
	f.Add(append(record(fromClient, byte(segment.SYN), 1000, 0, 0, 0), record(fromClient|atServer, byte(segment.SYN), 1000, 0, 0, 10)...))
	f.Add(append(record(fromClient, byte(segment.ACK), 1<<32-5, 9, 10, 0), record(fromClient|atServer, byte(segment.ACK), 1<<32-9, 9, 20, 65535)...))
	f.Add(append(record(fromClient|atServer, byte(segment.RST|segment.ACK), 7, 9, 0, 0), record(2, byte(segment.FIN|segment.ACK), 9, 8, 100, 65535)...))
	f.Fuzz(func(t *testing.T, data []byte) {
		const size = 18
		var bounds clock.Bounds
		c := NewConnection([2]uint32{0, 5}, 0, roughErr, wholeTime, &bounds)
		now, fed := start, [2]int64{}
		for ; len(data) >= size; data = data[size:] {
			sender := tap.End(data[0] >> 1 & 1)
			length := int(binary.BigEndian.Uint16(data[10:]))
			now += int64(binary.BigEndian.Uint16(data[12:])) * milli / 10
			s := segment.Segment{
				TimeNS: now - int64(data[14])*milli, Flags: segment.Flags(data[1]),
				Seq: binary.BigEndian.Uint32(data[2:]), Ack: binary.BigEndian.Uint32(data[6:]),
				PayloadLen: length, Payload: payload[:length/(1+int(data[15]&1))], IPID: uint16(data[16]), TTL: data[17],
			}
			c.Observe(tap.End(data[0]&1), sender, &s)
			fed[sender]++
		}
		c.Finish()
		for end := range c.Streams {
			s := &c.Streams[end]
			if got := s.Ledger.Total() + s.resets(); got != fed[end] || s.Seen[0]+s.Seen[1] != fed[end] {
				t.Errorf("stream %d: %d segments accounted for, %d seen, %d fed: %+v", end, got, s.Seen[0]+s.Seen[1], fed[end], s.Ledger)
			}
			if s.Ledger.LostBytes < 0 || s.live != nil {
				t.Errorf("stream %d: %d bytes lost, live %v", end, s.Ledger.LostBytes, s.live != nil)
			}
		}
	})
}
