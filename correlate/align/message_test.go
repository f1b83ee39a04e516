package align

import (
	"strings"
	"testing"

	"bothends/correlate/segment"
	"bothends/correlate/tap"
)

func TestAResetKeepsWhatWasSaidBeforeIt(t *testing.T) {
	long := strings.Repeat("a", messageHead+5)
	reset := func(p *pairing, ms int64) *Reset {
		p.frame++
		p.Observe(tap.Client, tap.Server, &segment.Segment{TimeNS: start + ms*milli, Frame: p.frame, Flags: segment.RST | segment.ACK, Seq: 5001, Ack: 1002})
		list := p.Streams[tap.Server].Resets[tap.Client]
		return list[len(list)-1]
	}
	p := newPairing(wholeTime)
	p.pass(0, syn(1000))                          // frames 1, 2
	p.see(tap.Client, 20, bytesFrom(1001, "one")) // 3
	first := reset(p, 30)                         // 4
	p.see(tap.Client, 230, bytesFrom(1001, "one"))
	again := reset(p, 240)
	p.see(tap.Server, 250, bytesFrom(1001, "one")) // 7
	p.pass(260, bytesFrom(1004, long))
	p.see(tap.Client, 270, bytesFrom(1003, "ea")) // both sent before, in two segments
	odd := reset(p, 280)
	p.Finish()

	if m := first.Own[0]; m.Number != 3 || m.Copies != 1 || string(m.Head) != "one" || first.Own[1].Number != 1 || m.Reached != Seen || m.Arrived.Number != 7 {
		t.Errorf("before the first reset: %+v, %+v", m, first.Own[1])
	}
	if m := again.Own[0]; m.Number != 5 || m.Copies != 2 || m.First.Number != 3 || again.Own[1].Number != 1 {
		t.Errorf("after a retransmission: %+v, %+v", m, again.Own[1])
	}
	if m := odd.Own[0]; m.First.Number != 0 || string(m.Head) != "ea" {
		t.Errorf("bytes that left before in other segments: %+v", m)
	}
	if m := odd.Own[1]; len(m.Head) != messageHead || m.PayloadLen != len(long) {
		t.Errorf("of %d bytes %d are kept, want %d", m.PayloadLen, len(m.Head), messageHead)
	}
}
