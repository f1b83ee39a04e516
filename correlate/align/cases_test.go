package align

import (
	"testing"

	"bothends/correlate/clock"
	"bothends/correlate/segment"
	"bothends/correlate/tap"
)

// pairing is a connection fed by hand. The client sends; the path takes 10 ms,
// the clocks agree and the sequence numbers too.
type pairing struct {
	*Connection
	bounds clock.Bounds
	frame  int64
}

func newPairing(coverage [2]tap.Coverage) *pairing {
	p := &pairing{}
	p.Connection = NewConnection([2]uint32{}, 0, roughErr, coverage, &p.bounds)
	return p
}

var wholeTime = [2]tap.Coverage{{FirstNS: began, LastNS: ended}, {FirstNS: began, LastNS: ended}}

// see feeds a segment of the client's that the tap at end saw at ms milliseconds.
func (p *pairing) see(end tap.End, ms int64, s segment.Segment) {
	p.frame++
	s.TimeNS, s.Frame, s.TTL = start+ms*milli, p.frame, 64
	if end == tap.Server {
		s.TTL = 60
	}
	p.Observe(end, tap.Client, &s)
}

func bytesFrom(seq uint32, payload string) segment.Segment {
	return segment.Segment{Flags: segment.ACK | segment.PSH, Seq: seq, Payload: []byte(payload), PayloadLen: len(payload)}
}

func syn(seq uint32) segment.Segment { return segment.Segment{Flags: segment.SYN, Seq: seq} }

func acking(seq, ack uint32, ipid uint16) segment.Segment {
	return segment.Segment{Flags: segment.ACK, Seq: seq, Ack: ack, IPID: ipid}
}

// pass feeds a segment that passes both taps.
func (p *pairing) pass(ms int64, s segment.Segment) {
	p.see(tap.Client, ms, s)
	p.see(tap.Server, ms+10, s)
}

func (p *pairing) stream(t *testing.T) *Stream {
	t.Helper()
	p.Finish()
	s := &p.Streams[tap.Client]
	if got, want := s.Ledger.Total(), s.Seen[tap.Client]+s.Seen[tap.Server]; got != want {
		t.Errorf("the buckets hold %d segments of %d: %+v", got, want, s.Ledger)
	}
	return s
}

func TestTheLedgerOfACase(t *testing.T) {
	lateAt := func(end tap.End, ms int64) [2]tap.Coverage {
		c := wholeTime
		c[end].FirstNS = start + ms*milli
		return c
	}
	endsAt := func(end tap.End, ms int64) [2]tap.Coverage {
		c := wholeTime
		c[end].LastNS = start + ms*milli
		return c
	}
	for name, c := range map[string]struct {
		coverage [2]tap.Coverage
		feed     func(p *pairing)
		want     Ledger
		missed   int64
		left     int
	}{
		"a forged answer with another number overtakes the genuine one": {wholeTime, func(p *pairing) {
			p.see(tap.Server, 0, syn(1<<31+77))
			p.pass(1, syn(1000))
			p.pass(20, bytesFrom(1001, "hello"))
			p.pass(40, bytesFrom(1006, "again"))
		}, Ledger{Matched: 6, ReceivedNotSent: 1}, 0, 1},
		"forged segments that jump ahead do not carry the stream away": {wholeTime, func(p *pairing) {
			p.pass(0, syn(1000))
			for i := range uint32(100) {
				p.see(tap.Server, 11+int64(i), bytesFrom(1001+(i+1)*(1<<26-100), "x"))
			}
			p.pass(200, bytesFrom(1001, "hello"))
			p.pass(220, bytesFrom(1006, "again"))
		}, Ledger{Matched: 6, ReceivedNotSent: 100}, 0, 100},
		"data with other bytes ahead of the genuine ones, which arrive too": {wholeTime, func(p *pairing) {
			p.pass(0, syn(1000))
			p.see(tap.Server, 15, bytesFrom(1001, "HTTP 302"))
			p.pass(20, bytesFrom(1001, "HTTP 200"))
		}, Ledger{Matched: 4, ReceivedNotSent: 1}, 0, 1},
		"data that was changed on the way": {wholeTime, func(p *pairing) {
			p.pass(0, syn(1000))
			p.see(tap.Client, 20, bytesFrom(1001, "250-STARTTLS"))
			p.see(tap.Server, 30, bytesFrom(1001, "250-XXXXXXXX"))
		}, Ledger{Matched: 2, Modified: 2}, 0, 1},
		"a longer answer in the place of a shorter one": {wholeTime, func(p *pairing) {
			p.pass(0, syn(1000))
			p.see(tap.Client, 20, bytesFrom(1001, "short"))
			p.see(tap.Server, 30, bytesFrom(1001, "SHORT AND MORE"))
		}, Ledger{Matched: 2, Modified: 2}, 0, 1},
		"a FIN in the place of the last byte": {wholeTime, func(p *pairing) {
			p.pass(0, syn(1000))
			p.see(tap.Client, 20, bytesFrom(1001, "hello"))
			fin := bytesFrom(1001, "hell")
			fin.Flags |= segment.FIN
			p.see(tap.Server, 30, fin)
		}, Ledger{Matched: 2, Modified: 2}, 0, 1},
		"a super-segment cut to half before the other tap kept it": {wholeTime, func(p *pairing) {
			p.pass(0, syn(1000))
			p.see(tap.Client, 20, bytesFrom(1001, "0123456789"))
			p.see(tap.Server, 30, bytesFrom(1001, "01234"))
		}, Ledger{Matched: 4, LostBytes: 5}, 0, 0},
		"a segment of which only the headers were kept matches by its range": {wholeTime, func(p *pairing) {
			p.pass(0, syn(1000))
			p.see(tap.Client, 20, bytesFrom(1001, "0123456789"))
			cut := bytesFrom(1001, "01")
			cut.PayloadLen = 10
			p.see(tap.Server, 30, cut)
		}, Ledger{Matched: 4}, 0, 0},
		"the sender's capture begins late, and the bytes before it count as no loss of it": {lateAt(tap.Client, 5), func(p *pairing) {
			for i := range uint32(400) {
				p.see(tap.Server, 10*int64(i), bytesFrom(1001+5*i, "12345"))
			}
			p.pass(4100, bytesFrom(3001, "12345"))
			p.see(tap.Server, 4200, bytesFrom(1001, "12345")) // sent long before
		}, Ledger{Matched: 2, SentNotCaptured: 401}, 0, 0},
		"a hole that the sender passed over is a loss of its capture": {wholeTime, func(p *pairing) {
			p.pass(0, syn(1000))
			p.see(tap.Server, 20, bytesFrom(1001, "12345"))
			p.pass(30, bytesFrom(1006, "67890"))
		}, Ledger{Matched: 4, SentNotCaptured: 1}, 1, 0},
		"a hole that a retransmission fills later is one too": {wholeTime, func(p *pairing) {
			p.pass(0, syn(1000))
			p.see(tap.Server, 20, bytesFrom(1001, "12345"))
			p.pass(30, bytesFrom(1006, "67890"))
			p.pass(300, bytesFrom(1001, "12345"))
		}, Ledger{Matched: 6, SentNotCaptured: 1}, 1, 0},
		"what arrived and was only sent later, byte for byte, was sent before as well": {wholeTime, func(p *pairing) {
			p.pass(0, syn(1000))
			p.see(tap.Server, 20, bytesFrom(1001, "12345"))
			p.pass(300, bytesFrom(1001, "12345"))
		}, Ledger{Matched: 4, SentNotCaptured: 1}, 1, 0},
		"a FIN long before the genuine one is none": {wholeTime, func(p *pairing) {
			p.pass(0, syn(1000))
			p.see(tap.Server, 20, segment.Segment{Flags: finAck, Seq: 1001})
			p.pass(300, segment.Segment{Flags: finAck, Seq: 1001})
		}, Ledger{Matched: 4, ReceivedNotSent: 1}, 0, 1},
		"the receiver's capture begins late: what was sent before is not lost": {lateAt(tap.Server, 1000), func(p *pairing) {
			p.see(tap.Client, 0, syn(1000))
			p.see(tap.Client, 10, bytesFrom(1001, "12345"))
			p.pass(1500, bytesFrom(1006, "67890"))
		}, Ledger{Matched: 2, SentNotCaptured: 2}, 0, 0},
		"a receiver's capture that begins behind thousands of acknowledgments finds the rest": {lateAt(tap.Server, 20000), func(p *pairing) {
			for i := range uint32(3000) {
				p.see(tap.Client, int64(6*i), acking(1001, 5000+i, 0))
			}
			for i := range uint32(2000) {
				p.pass(20000+int64(i), acking(1001, 9000+i, 0))
			}
		}, Ledger{Matched: 4000, SentNotCaptured: 3000}, 0, 0},
		"the acknowledgments of a second are lost": {wholeTime, func(p *pairing) {
			for i := range uint32(3000) {
				if p.see(tap.Client, int64(i), acking(1001, 5000+i, 0)); i < 100 || i >= 2100 {
					p.see(tap.Server, int64(i), acking(1001, 5000+i, 0))
				}
			}
		}, Ledger{Matched: 2000, Lost: 2000}, 0, 0},
		"a duplicated acknowledgment behind a NAT that rewrites IP-IDs": {wholeTime, func(p *pairing) {
			for i := range uint16(10) {
				p.see(tap.Client, int64(20*i), acking(1001, 5000+uint32(i), i+1))
				p.see(tap.Server, int64(20*i+10), acking(1001, 5000+uint32(i), i+501))
			}
			p.see(tap.Server, 195, acking(1001, 5009, 510))
		}, Ledger{Matched: 20, Duplicated: 1}, 0, 0},
		"three like acknowledgments for a lost segment": {wholeTime, func(p *pairing) {
			for i := range int64(3) {
				p.pass(i, acking(1001, 5000, 0))
			}
		}, Ledger{Matched: 6}, 0, 0},
		"like acknowledgments by the hundred, of which every other is lost": {wholeTime, func(p *pairing) {
			for i := range int64(3000) {
				if p.see(tap.Client, i, acking(1001, 5000, 0)); i%2 == 0 {
					p.see(tap.Server, i, acking(1001, 5000, 0))
				}
			}
		}, Ledger{Matched: 3000, Lost: 1500}, 0, 0},
		"a forged segment far ahead, before the sender's first": {wholeTime, func(p *pairing) {
			p.see(tap.Server, 0, bytesFrom(1001+1<<30+5, "x"))
			p.pass(10, syn(1000))
			p.pass(20, bytesFrom(1001, "hello"))
			p.see(tap.Server, 35, bytesFrom(1001, "hello"))
		}, Ledger{Matched: 4, Duplicated: 1, ReceivedNotSent: 1}, 0, 1},
		"the part of a super-segment that only the receiver's capture lacks is not lost": {wholeTime, func(p *pairing) {
			p.pass(0, syn(1000))
			p.see(tap.Client, 20, bytesFrom(1001, "0123456789"))
			p.see(tap.Server, 30, bytesFrom(1001, "01234"))
			p.Observe(tap.Server, tap.Server, &segment.Segment{TimeNS: start + 31*milli, Flags: segment.ACK, Seq: 5001, Ack: 1011})
		}, Ledger{Matched: 4}, 0, 0},
		"a segment that only the receiver's capture lacks is not lost": {wholeTime, func(p *pairing) {
			p.pass(0, syn(1000))
			p.see(tap.Client, 20, bytesFrom(1001, "0123456789"))
			p.Observe(tap.Server, tap.Server, &segment.Segment{TimeNS: start + 31*milli, Flags: segment.ACK, Seq: 5001, Ack: 1011})
		}, Ledger{Matched: 2, SentNotCaptured: 1}, 0, 0},
		"a second copy with an IP-ID of its own, where the path keeps them, is a loss of the capture": {wholeTime, func(p *pairing) {
			p.pass(0, syn(1000))
			for i := range uint16(5) {
				data := bytesFrom(1001+uint32(i), "x")
				data.IPID = i + 1
				p.pass(20*int64(i+1), data)
			}
			again := bytesFrom(1005, "x")
			again.IPID = 6
			p.see(tap.Server, 130, again)
		}, Ledger{Matched: 12, SentNotCaptured: 1}, 1, 0},
		"what was under way when the receiver's capture ended is not known to be lost": {endsAt(tap.Server, 100), func(p *pairing) {
			p.pass(0, syn(1000))
			p.see(tap.Client, 95, bytesFrom(1001, "hello"))
			p.see(tap.Client, 96, acking(1006, 5000, 7))
		}, Ledger{Matched: 2, SentNotCaptured: 2}, 0, 0},
		"it is, if something that left later arrived": {endsAt(tap.Server, 100), func(p *pairing) {
			p.pass(0, syn(1000))
			p.see(tap.Client, 70, bytesFrom(1001, "hello"))
			p.see(tap.Client, 71, acking(1006, 5000, 7))
			p.pass(80, bytesFrom(1006, "again"))
		}, Ledger{Matched: 4, Lost: 2, LostBytes: 5}, 0, 0},
		"keep-alives": {wholeTime, func(p *pairing) {
			p.pass(0, syn(1000))
			p.pass(10, bytesFrom(1001, "12345"))
			p.pass(4000, acking(1005, 5000, 0))
			p.pass(8000, acking(1005, 5000, 0))
		}, Ledger{Matched: 8}, 0, 0},
	} {
		t.Run(name, func(t *testing.T) {
			p := newPairing(c.coverage)
			c.feed(p)
			s := p.stream(t)
			if s.Ledger != c.want || s.Missed != c.missed || accusations(s) != c.left {
				t.Errorf("ledger %+v, %d missed, %d accused;\n   want %+v, %d and %d", s.Ledger, s.Missed, accusations(s), c.want, c.missed, c.left)
			}
		})
	}
}

func TestAForgedBeginningLeavesNoHoleInWhatArrived(t *testing.T) {
	p := newPairing(wholeTime)
	p.see(tap.Server, 0, syn(1<<32+1000-1<<20))
	p.pass(10, syn(1000))
	p.pass(20, bytesFrom(1001, "hello"))
	p.Observe(tap.Server, tap.Server, &segment.Segment{TimeNS: start + 31*milli, Flags: segment.ACK, Seq: 5001, Ack: 1006})
	s := p.stream(t)
	if got := s.Got.Missing(s.AckedAtReceiver); got != 0 {
		t.Errorf("%d bytes seem to be missing from the receiver's capture", got)
	}
}

const finAck = segment.FIN | segment.ACK

// A SYN proxy answers the client before it has asked the server: the two handshakes
// stand for each other, and neither clock nor path is learnt from them.
func TestTheHandshakesOfASYNProxyStandForEachOther(t *testing.T) {
	p := newPairing(wholeTime)
	p.AnsweredOnTheWay()
	answer := segment.Segment{Flags: segment.SYN | segment.ACK, Seq: 5000, Ack: 1001}
	p.see(tap.Server, 20_000, answer) // what arrived, 20 s before it was sent
	p.see(tap.Client, 40_000, answer)
	for i := range 5 {
		p.pass(50_000+int64(i)*10, bytesFrom(5001+uint32(i)*4, "abcd"))
	}
	s := p.stream(t)
	if s.Ledger.Matched != 12 || len(s.Leftovers) != 0 || s.Path.HopsSame != 5 {
		t.Errorf("%+v, %d leftovers, hops of %d packets", s.Ledger, len(s.Leftovers), s.Path.HopsSame)
	}
	if fit := p.bounds.Fit(); len(fit.Strips) > 1 {
		t.Errorf("the clocks seem to have been set: %+v", fit.Strips)
	}
}
