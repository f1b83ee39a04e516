package align

import (
	"testing"

	"bothends/correlate/segment"
	"bothends/correlate/tap"
)

// A window that arrives as 0 and left as more was changed on the way, if both taps have
// the same packet: of acknowledgments that look alike only an IP-ID of their own says so.
func TestAWindowIsShutOnlyInAPacketThatBothTapsHave(t *testing.T) {
	at := func(window, ipID uint16, change func(*Header)) Opening {
		h := Header{Seq: 1000, Ack: 500, Window: window, IPID: ipID, Flags: segment.ACK}
		if change != nil {
			change(&h)
		}
		return Opening{tap.Frame{Number: 7}, h}
	}
	six := func(h *Header) { h.IPv6, h.IPID = true, 0 }
	dataOverSix := func(ts uint32) func(*Header) {
		return func(h *Header) { six(h); h.PayloadLen, h.Options, h.TSVal = 10, segment.Timestamps, ts }
	}
	for name, c := range map[string]struct {
		sent, got Opening
		cut       bool
		want      int64
		before    uint16 // the IP-ID of the packet before
	}{
		"changed":                        {at(501, 9, nil), at(0, 9, nil), false, 1, 8},
		"left so":                        {at(0, 9, nil), at(0, 9, nil), false, 0, 8},
		"made smaller":                   {at(501, 9, nil), at(50, 9, nil), false, 0, 8},
		"another acknowledgment like it": {at(501, 9, nil), at(0, 10, nil), false, 0, 8},
		"without IP-IDs":                 {at(501, 0, nil), at(0, 0, nil), false, 0, 8},
		"an acknowledgment over IPv6":    {at(501, 0, six), at(0, 0, six), false, 0, 8},
		"data over IPv6":                 {at(501, 0, dataOverSix(4)), at(0, 0, dataOverSix(4)), false, 1, 0},
		"data over IPv6, sent again":     {at(501, 0, dataOverSix(4)), at(0, 0, dataOverSix(5)), false, 0, 8},
		"by a host that gives all packets one IP-ID": {at(501, 9, nil), at(0, 9, nil), false, 0, 9},
		"merged by a network card":                   {at(501, 9, nil), at(0, 9, nil), true, 0, 8},
		"of a reset, whose window means nothing":     {at(501, 9, func(h *Header) { h.Flags = segment.RST }), at(0, 9, func(h *Header) { h.Flags = segment.RST }), false, 0, 8},
	} {
		s := &Stream{live: &live{}}
		s.ownIPID = c.before
		s.shut(c.sent, c.got, !c.cut)
		if s.Shut.Segments != c.want {
			t.Errorf("%s: %d", name, s.Shut.Segments)
		}
	}
}
