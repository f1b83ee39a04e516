package align

import (
	"testing"

	"pgregory.net/rapid"

	"bothends/correlate/segment"
	"bothends/correlate/tap"
)

// roughErr is how far the model's clocks may be off.
const roughErr = 50 * milli

// addsUp fails if a segment is in no bucket, or in two.
func addsUp(t *rapid.T, s *Stream) {
	t.Helper()
	if got, want := s.Ledger.Total(), s.Seen[tap.Client]+s.Seen[tap.Server]; got != want {
		t.Fatalf("the buckets hold %d segments of %d: %+v", got, want, s.Ledger)
	}
}

// accusations are the leftovers that arrived and were not sent.
func accusations(s *Stream) (n int) {
	for i := range s.Leftovers {
		if s.Leftovers[i].Bucket != Lost {
			n++
		}
	}
	return n
}

func TestAnyCuttingOfAStreamComesOutAsCountingItsBytesWould(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		x := drawTransfer(t)
		s := x.observe(0, roughErr)
		addsUp(t, s)
		l, want := s.Ledger, x.count()
		if l.ReceivedNotSent != 0 || l.Modified != 0 || l.SentNotCaptured != 0 || s.Missed != 0 || accusations(s) != 0 {
			t.Fatalf("of a complete and honest pair: %+v, missed %d, leftovers %+v", l, s.Missed, s.Leftovers)
		}
		if l.LostBytes != want.lostBytes {
			t.Fatalf("%d bytes lost, want %d", l.LostBytes, want.lostBytes)
		}
		if l.Duplicated != want.duplicated || s.Passed != want.arrivedMatched {
			t.Fatalf("%d duplicated and %d passed, want %d and %d", l.Duplicated, s.Passed, want.duplicated, want.arrivedMatched)
		}
	})
}

func TestAClockErrorAccusesNobody(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		x := drawTransfer(t)
		s := x.observe(rapid.Int64Range(-roughErr, roughErr).Draw(t, "clock error"), roughErr)
		addsUp(t, s)
		l, want := s.Ledger, x.count()
		if l.ReceivedNotSent != 0 || l.Modified != 0 || l.SentNotCaptured != 0 || s.Missed != 0 || accusations(s) != 0 {
			t.Fatalf("of a complete and honest pair: %+v, missed %d, leftovers %+v", l, s.Missed, s.Leftovers)
		}
		if sent, got := l.LostBytes, want.lostBytes; sent < got && l.Duplicated < want.duplicated {
			return // a second copy took the place of the first: both counts go down together
		}
	})
}

func TestHolesInTheSendersCaptureAreNotTakenForForgeries(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		x := drawTransfer(t)
		captured, high := map[int64]bool{}, int64(0)
		for i := range x.events {
			e := &x.events[i]
			if e.end != tap.Client {
				continue
			}
			e.hidden = e.start > 0 && rapid.IntRange(0, 3).Draw(t, "hole") == 0
			if !e.hidden {
				high = max(high, e.start+e.len)
				for p := e.start; p < e.start+e.len; p++ {
					captured[p] = true
				}
			}
		}
		s := x.observe(rapid.Int64Range(-roughErr, roughErr).Draw(t, "clock error"), roughErr)
		addsUp(t, s)
		passedOver := int64(0) // arrivals of which the capture has no byte although it goes on behind
		for _, e := range x.events {
			lacking := e.end == tap.Server && e.len > 0 && e.start+e.len <= high
			for p := e.start; p < e.start+e.len; p++ {
				lacking = lacking && !captured[p]
			}
			if lacking {
				passedOver++
			}
		}
		if s.Missed < passedOver {
			t.Fatalf("%d missed, want at least %d", s.Missed, passedOver)
		}
		for _, l := range s.Leftovers {
			end := int64(int32(l.Seq-x.shift-x.isn)) + int64(l.PayloadLen)
			if l.Flags&segment.FIN != 0 {
				end++
			}
			if l.PayloadLen == 0 && end == high {
				continue // a FIN whose first copy the capture lacks, and that no byte can follow
			}
			if l.Bucket != Lost && end <= high {
				t.Fatalf("accused up to %d, which the sender passed over on its way to %d: %+v", end, high, l)
			}
		}
	})
}

func TestWhatIsForgedIsAlwaysLeftOver(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		x := drawTransfer(t)
		f := event{end: tap.Server, forged: true, ipid: 999}
		f.at = start + rapid.Int64Range(0, 300).Draw(t, "when")*milli
		f.start = rapid.Int64Range(1, x.length+100).Draw(t, "where")
		f.len = rapid.Int64Range(1, 60).Draw(t, "length")
		f.flags = segment.ACK | segment.PSH
		switch rapid.IntRange(0, 2).Draw(t, "kind") {
		case 0:
			f.flags, f.len = segment.ACK|segment.FIN, 1
			if f.start == x.length-1 {
				f.start-- // else it is the genuine FIN
			}
			if f.start == 0 {
				f.start = x.length
			}
		case 1:
			f.flags, f.len = segment.SYN|segment.ACK, 1
		default:
			for p := f.start; p < f.start+f.len; p++ {
				f.payload = append(f.payload, ^content(p))
			}
		}
		x.events = append(x.events, f)
		x.sort()
		s := x.observe(0, roughErr)
		addsUp(t, s)
		found := 0
		for _, l := range s.Leftovers {
			switch {
			case l.Bucket == Lost:
			case l.IPID == 999:
				found++
			default:
				t.Fatalf("a genuine segment is left over: %+v", l)
			}
		}
		if found != 1 || s.Missed != 0 || s.Ledger.SentNotCaptured != 0 {
			t.Fatalf("the forged segment is left over %d times; missed %d, ledger %+v", found, s.Missed, s.Ledger)
		}
	})
}
