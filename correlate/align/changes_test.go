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
		s := NewStream()
		s.live = &live{}
		s.ownIPID = c.before
		s.compare(packet{c.sent.Frame, &c.sent.Header, c.sent.Ack}, packet{c.got.Frame, &c.got.Header, c.got.Ack}, !c.cut)
		if got := s.changes(WindowShut); got != c.want {
			t.Errorf("%s: %d", name, got)
		}
	}
}

// changes is how many segments show a change.
func (s *Stream) changes(what Change) int64 {
	for i := range s.Changes {
		if s.Changes[i].What == what {
			return s.Changes[i].Segments
		}
	}
	return 0
}

// A box on the way that changes a field of the header cuts the connection without a packet
// of its own: what both taps have is compared, and nothing else taken for the same packet.
func TestAChangedHeaderIsOfAPacketThatBothTapsHave(t *testing.T) {
	type change func(sent, got *segment.Segment)
	answer := func(at int64, id uint16, seq, ack uint32, text string) segment.Segment {
		s := bytesFrom(seq, text)
		s.Flags, s.Ack, s.Window, s.IPID, s.TTL, s.TimeNS = segment.ACK|segment.PSH, ack, 500, id, 64, at
		s.Options.Has, s.Options.TSVal, s.Options.TSEcr = segment.Timestamps, 70_000+uint32(at/milli), 9
		return s
	}
	for name, c := range map[string]struct {
		change change
		empty  bool // bare acknowledgments
		want   map[Change]bool
	}{
		"nothing": {change: func(_, _ *segment.Segment) {}},
		"acknowledgments lowered": {change: func(sent, got *segment.Segment) { got.Ack = sent.Ack - 100 },
			want: map[Change]bool{AckLowered: true}},
		"bare acknowledgments lowered": {empty: true, change: func(sent, got *segment.Segment) { got.Ack = sent.Ack - 100 },
			want: map[Change]bool{AckLowered: true}},
		"acknowledgments raised, as in a copy sent later": {change: func(sent, got *segment.Segment) { got.Ack = sent.Ack + 100 }},
		"other packets with lower acknowledgments":        {change: func(sent, got *segment.Segment) { got.Ack, got.IPID = sent.Ack-100, sent.IPID+1000 }},
		"timestamps lowered": {change: func(sent, got *segment.Segment) { got.Options.TSVal = sent.Options.TSVal - 1000 },
			want: map[Change]bool{TimestampLowered: true}},
		"timestamps raised, as in a copy sent later": {change: func(sent, got *segment.Segment) { got.Options.TSVal = sent.Options.TSVal + 1000 }},
		"urgent": {change: func(_, got *segment.Segment) { got.Flags |= segment.URG },
			want: map[Change]bool{UrgentSet: true}},
		"pushed": {change: func(sent, got *segment.Segment) { sent.Flags &^= segment.PSH }},
		"without a FIN": {change: func(sent, _ *segment.Segment) { sent.Flags |= segment.FIN },
			want: map[Change]bool{FINTaken: true}},
		"without a FIN, and without data": {empty: true, change: func(sent, _ *segment.Segment) { sent.Flags |= segment.FIN },
			want: map[Change]bool{FINTaken: true}},
		"cut out of a larger one that ended the stream": {change: func(sent, _ *segment.Segment) {
			sent.Flags |= segment.FIN
			sent.Payload, sent.PayloadLen = append(sent.Payload, "more"...), sent.PayloadLen+4
		}},
	} {
		p := newPairing(wholeTime)
		send := func(i int64, change change) {
			text := "250 ok\r\n"
			if c.empty {
				text = ""
			}
			sent := answer(start+i*10*milli, uint16(200+i), 100+uint32(i)*uint32(len(text)), 1000+uint32(i)*50, text)
			got := sent
			got.TimeNS, got.TTL = sent.TimeNS+milli, 60
			change(&sent, &got)
			p.Observe(tap.Client, tap.Client, &sent)
			p.Observe(tap.Server, tap.Client, &got)
		}
		for i := range int64(5) {
			send(i, func(_, _ *segment.Segment) {})
		}
		for i := range int64(3) {
			send(5+i, c.change)
		}
		p.Finish()
		s := &p.Streams[tap.Client]
		for what := range FINTaken + 1 {
			if told := s.changed() && s.changes(what) > 0; told != c.want[what] {
				t.Errorf("%s: change %d told %v in %d segments", name, what, told, s.changes(what))
			}
		}
	}
}

// A window scale counts for the whole connection, and stands in the SYN and the SYN/ACK.
func TestAChangedWindowScaleIsTold(t *testing.T) {
	for _, scales := range [][2]uint8{{7, 7}, {7, 2}} {
		p := newPairing(wholeTime)
		sent := syn(99)
		sent.Options.Has, sent.Options.WindowScale, sent.IPID, sent.TimeNS = segment.WindowScale|segment.MSS, scales[0], 7, start
		got := sent
		got.Options.WindowScale, got.TimeNS = scales[1], start+milli
		p.Observe(tap.Client, tap.Client, &sent)
		p.Observe(tap.Server, tap.Client, &got)
		p.Finish()
		if told := p.Streams[tap.Client].changes(WindowScaled) > 0; told != (scales[0] != scales[1]) {
			t.Errorf("%v: told %v", scales, told)
		}
	}
}

// A SYN proxy of which the captures lack the handshakes shifts all numbers by what nobody
// told of: nothing came as it left, and no number was lowered.
func TestNumbersThatThePathShiftsAreNotLowered(t *testing.T) {
	for _, c := range []struct {
		same      int64
		sent, got uint32
		want      bool
	}{
		{3, 5000, 4000, true},
		{2, 5000, 4000, false},
		{0, 5000, 4000, false},
		{300, 5000, 5000, false},
		{300, 4000, 5000, false},
		{300, 100, 1<<32 - 100, true}, // across the wrap
	} {
		s := NewStream()
		s.SameAcks = c.same
		if got := s.lowered(c.sent, c.got); got != c.want {
			t.Errorf("%d came as it left, %d came as %d: lowered %v, want %v", c.same, c.sent, c.got, got, c.want)
		}
	}
}

// A SYN proxy answers with numbers of its own, and asks with a packet of its own: its window
// scale is no change of anybody's.
func TestTheHandshakesOfASYNProxyAreNoChangedOnes(t *testing.T) {
	for name, c := range map[string]struct {
		change func(got *Header)
		want   int64
	}{
		"changed on the way":                   {func(*Header) {}, 1},
		"asked anew, with an IP-ID of its own": {func(got *Header) { got.IPID++ }, 0},
		"answered twice, without an IP-ID":     {func(got *Header) { got.IPID = 0 }, 0},
		"answered with other numbers":          {func(got *Header) { got.Seq += 1000 }, 0},
	} {
		sent := Header{Seq: 1, Ack: 2, IPID: 9, Flags: segment.SYN | segment.ACK, Options: segment.WindowScale, WindowScale: 10}
		got := sent
		got.WindowScale = 7
		c.change(&got)
		s := NewStream()
		s.live = &live{}
		s.compare(packet{Header: &sent}, packet{Header: &got}, true)
		if n := s.changes(WindowScaled); n != c.want {
			t.Errorf("%s: %d, want %d", name, n, c.want)
		}
	}
}
