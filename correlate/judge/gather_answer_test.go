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

// Linux, Windows and BSD give the reset of what they know no connection of neither a
// window nor timestamps; lwIP gives it a window (tcp_rst). A socket's has the next IP-ID.
func TestAWindowAloneIsNoSocket(t *testing.T) {
	last := &align.Message{Header: align.Header{IPID: 1000}}
	for name, c := range map[string]struct {
		header            align.Header
		stateless, reject bool
	}{
		"neither window nor timestamps":           {align.Header{}, true, true},
		"a window, and an IP-ID of its own":       {align.Header{Window: 11680, IPID: 7}, true, false},
		"a window, and the next IP-ID":            {align.Header{Window: 500, IPID: 1001}, false, false},
		"a window, and one not far from the next": {align.Header{Window: 500, IPID: 1064}, false, false},
		"a window, and the IP-ID of what it sent": {align.Header{Window: 500, IPID: 1000}, true, false},
		"timestamps": {align.Header{Options: segment.Timestamps}, false, false},
		"a window, over IPv6, which has no IP-IDs": {align.Header{Window: 500, IPv6: true}, true, false},
	} {
		r := &align.Reset{Header: c.header, Alleged: [2]*align.Message{last}}
		if r.IPv6 {
			r.Alleged[0] = &align.Message{Header: align.Header{IPv6: true}}
		}
		if got := statelessReset(r); got != c.stateless {
			t.Errorf("%s: stateless %v, want %v", name, got, c.stateless)
		}
		if got := rejectLike(&r.Header); got != c.reject {
			t.Errorf("%s: like a firewall's %v, want %v", name, got, c.reject)
		}
	}
}
