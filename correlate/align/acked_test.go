package align

import (
	"testing"

	"bothends/correlate/segment"
	"bothends/correlate/tap"
)

// What the receiver acknowledged the sender had sent, whether its capture was still
// running or not: a number up to there is not ahead of the stream.
func TestAnAcknowledgmentCountsAfterTheSendersCaptureHasEnded(t *testing.T) {
	p := newPairing([2]tap.Coverage{{FirstNS: began, LastNS: start + 20*milli}, {FirstNS: began, LastNS: ended}})
	p.pass(0, syn(99))
	p.pass(10, bytesFrom(100, "EHLO\r\n"))
	answer := segment.Segment{Flags: segment.ACK, Seq: 900, Ack: 100 + 6 + 1448, TimeNS: start + 5000*milli, Frame: 99, TTL: 64}
	p.Observe(tap.Server, tap.Server, &answer)
	s := p.stream(t)
	if want := s.Sent.Next + 1448; s.Acked != want {
		t.Errorf("acknowledged up to %d, want %d: the sender sent up to %d while its capture was running", s.Acked, want, s.Sent.Next)
	}
	if s.AckedAtReceiver > s.Sent.Next {
		t.Errorf("the sender's capture is said to lack what was sent after its end: acknowledged up to %d", s.AckedAtReceiver)
	}
}

// An acknowledgment that the sender's capture lacks is kept if what it acknowledges never
// came there: somebody on the way holds the data back and says that they came. One for
// what came may just be missing.
func TestAnAcknowledgmentOfWhatNeverCameIsKept(t *testing.T) {
	for name, c := range map[string]struct {
		comes, answers bool // the data, and the server's own acknowledgment of them
		ended          bool // the server's capture, before
		want           int
	}{
		"held back and acknowledged":                              {want: 1},
		"the acknowledgment is missing":                           {comes: true},
		"the data are missing, and the server acknowledges later": {answers: true},
		"the server's capture had ended":                          {ended: true},
	} {
		coverage := wholeTime
		if c.ended {
			coverage[tap.Server].LastNS = start + 5*milli
		}
		p := newPairing(coverage)
		p.pass(0, syn(99))
		p.see(tap.Client, 10, bytesFrom(100, "EHLO\r\n"))
		if c.comes {
			p.see(tap.Server, 11, bytesFrom(100, "EHLO\r\n"))
		}
		said := func(end tap.End, ms int64, ack uint32) {
			a := acking(900, ack, uint16(ms))
			a.TimeNS, a.Frame, a.TTL = start+ms*milli, 1000+ms, 60
			p.Observe(end, tap.Server, &a)
		}
		said(tap.Client, 12, 106)
		if c.answers {
			said(tap.Server, 300, 106)
		}
		p.Finish()
		s := &p.Streams[tap.Server]
		if len(s.Leftovers) != c.want {
			t.Errorf("%s: %d kept, want %d", name, len(s.Leftovers), c.want)
		}
	}
}

// Acknowledgments that are all lost are told like a segment that was sent again and again:
// whoever gets none of them repeats what it said until it gives up. Where others arrive
// afterwards, or data show what became of the stream, there is nothing to tell.
func TestAcknowledgmentsThatAllVanishAreTold(t *testing.T) {
	for name, c := range map[string]struct {
		lost      int
		afterward int64 // when one arrives, in ms
		data      bool  // lost, too
		want      int   // copies
	}{
		"three":                             {lost: 3, want: 3},
		"two":                               {lost: 2},
		"three, and one arrives":            {lost: 3, afterward: 900},
		"three, and one arrives much later": {lost: 3, afterward: 25_000},
		"three beside data":                 {lost: 3, data: true, want: 1},
	} {
		p := newPairing(wholeTime)
		p.pass(0, syn(99))
		for i := range int64(5) {
			p.pass(10+i*10, acking(100, 500+uint32(i), uint16(20+i)))
		}
		if c.data {
			p.see(tap.Client, 80, bytesFrom(100, "QUIT\r\n"))
		}
		for i := range int64(c.lost) {
			p.see(tap.Client, 100+i*100, acking(100, 505, uint16(30+i)))
		}
		if c.afterward > 0 {
			p.pass(c.afterward, acking(100, 505, 50))
		}
		p.Finish()
		copies := 0
		for _, v := range p.Streams[tap.Client].Vanished {
			copies += v.Copies
		}
		if copies != c.want {
			t.Errorf("%s: %d copies, want %d", name, copies, c.want)
		}
	}
}

// A capture of one direction holds nothing of the other: what its host acknowledged all the
// same was not lost on the way, nor was what came after it.
func TestNothingIsLostOnTheWayToACaptureOfOneDirection(t *testing.T) {
	for name, c := range map[string]struct {
		heard bool // the receiver's capture holds some of it
		acked uint32
		want  int64
		half  bool
	}{
		"one direction":                  {acked: 106, half: true},
		"both, and the last one is lost": {acked: 106, heard: true, want: 1},
		"nothing was acknowledged":       {acked: 0, want: 3},
		"only the SYN was acknowledged":  {acked: 100, want: 2},
	} {
		p := newPairing(wholeTime)
		send := p.see
		p.see(tap.Client, 0, syn(99))
		if c.heard {
			p.see(tap.Server, 1, syn(99))
		}
		send(tap.Client, 10, bytesFrom(100, "EHLO\r\n"))
		if c.heard {
			send(tap.Server, 11, bytesFrom(100, "EHLO\r\n"))
		}
		for i := range int64(3) {
			a := acking(900, c.acked, uint16(20+i))
			a.TimeNS, a.Frame, a.TTL = start+(12+i)*milli, 2000+i, 60
			if c.acked == 0 {
				a.Flags = segment.SYN
			}
			p.Observe(tap.Server, tap.Server, &a)
		}
		send(tap.Client, 20, bytesFrom(106, "QUIT\r\n"))
		p.Finish()
		sum := p.Summary()
		if sum.Ledger[tap.Client].Lost != c.want || sum.HalfSeen != c.half {
			t.Errorf("%s: %d lost, half seen %v", name, sum.Ledger[tap.Client].Lost, sum.HalfSeen)
		}
	}
}

// A copy of what was acknowledged did not come in vain: the path doubled it. One of what
// nobody acknowledged did.
func TestCopiesOfWhatNobodyAcknowledgedAreCounted(t *testing.T) {
	for name, c := range map[string]struct {
		acked uint32 // by the receiver, before the copies come
		want  int64
	}{
		"acknowledged":                {106, 0},
		"nothing but the SYN was":     {100, 2},
		"half of it was acknowledged": {103, 2},
	} {
		p := newPairing(wholeTime)
		p.see(tap.Client, 0, syn(99))
		p.see(tap.Server, 1, syn(99))
		p.see(tap.Client, 10, bytesFrom(100, "EHLO\r\n"))
		p.see(tap.Server, 11, bytesFrom(100, "EHLO\r\n"))
		a := acking(900, c.acked, 20)
		a.TimeNS, a.Frame, a.TTL = start+12*milli, 2000, 60
		p.Observe(tap.Server, tap.Server, &a)
		for i := range int64(2) {
			p.see(tap.Client, 20+10*i, bytesFrom(100, "EHLO\r\n"))
			p.see(tap.Server, 21+10*i, bytesFrom(100, "EHLO\r\n"))
		}
		p.Finish()
		if got := p.Streams[tap.Client].Sums.Unheeded; got != c.want {
			t.Errorf("%s: %d copies in vain, want %d", name, got, c.want)
		}
	}
}
