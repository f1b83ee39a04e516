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
