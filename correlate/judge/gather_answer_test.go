package judge

import (
	"testing"

	"bothends/correlate/align"
	"bothends/correlate/segment"
)

// RFC 9293 section 3.10.7.1: a host without the connection answers what has ACK with
// <SEQ=SEG.ACK><CTL=RST>, and with ACK of its own only what has none.
func TestAResetIsCalledForByTheNumbersThatALostSegmentAcknowledges(t *testing.T) {
	lost := align.Astray{SentNS: 100, Ack: 5001}
	for name, c := range map[string]struct {
		reset *align.Reset
		want  bool
	}{
		"its number is what the lost one acknowledges": {&align.Reset{Header: align.Header{Flags: segment.RST}, Seq0: 5001, PassedNS: 90}, true},
		"with an acknowledgment":                       {&align.Reset{Header: align.Header{Flags: segment.RST | segment.ACK}, Seq0: 5001, PassedNS: 90}, false},
		"another number":                               {&align.Reset{Header: align.Header{Flags: segment.RST}, Seq0: 5002, PassedNS: 90}, false},
		"one that left later arrived":                  {&align.Reset{Header: align.Header{Flags: segment.RST}, Seq0: 5001, PassedNS: 101}, false},
	} {
		if got := calledFor(c.reset, lost); got != c.want {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}
