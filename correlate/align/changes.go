package align

import (
	"bothends/correlate/segment"
	"bothends/correlate/tap"
)

// A Change is what the path does to a header field that no honest box has a reason to
// touch, so that the connection suffers.
type Change uint8

const (
	// WindowShut is a window that arrives as 0, which forbids its receiver to send.
	WindowShut Change = iota
	// WindowScaled is another window scale than was sent: every window is misread.
	WindowScaled
	// AckLowered is an acknowledgment number that arrives lower than it left: what came
	// counts as lost, and is sent again until its sender gives up.
	AckLowered
	// TimestampLowered is an older timestamp than was sent, after others came unchanged: the
	// receiver takes the packet for an old one and drops it (RFC 7323 section 5).
	TimestampLowered
	// UrgentSet is a packet that became urgent: a byte of its data leaves the stream.
	UrgentSet
	// ChecksumSpoiled is a packet that left with the right TCP checksum and came with another,
	// so that its receiver drops it.
	ChecksumSpoiled
	// ChecksumWrong is a repeated one that came with a wrong checksum, which was not the right
	// one at its sender's tap, either: a card had yet to fill it in, or somebody changed
	// addresses in that capture.
	ChecksumWrong
	// BeyondCut is a packet of which the captures do not hold all, and whose checksum says that
	// more of it was changed than they show.
	BeyondCut
	// FINTaken is a packet that lost its FIN: its receiver waits for more.
	FINTaken
)

// Changed are packets that passed both taps and came with one header field changed. Sent and
// Got are the first of them.
type Changed struct {
	What      Change
	Segments  int64
	Sent, Got Opening
}

// least is how many packets must show a change before it is told: a host may send a segment
// again under the same IP-ID (RFC 1122 section 3.2.1.5), and a capture lack one of the two.
func (c Change) least() int64 {
	switch c {
	case AckLowered, TimestampLowered, ChecksumSpoiled, ChecksumWrong:
		return 2
	}
	return 1
}

// Told reports whether enough packets show it.
func (c *Changed) Told() bool { return c.Segments >= c.What.least() }

// changed reports whether the path is known to have changed something.
func (s *Stream) changed() bool {
	for i := range s.Changes {
		if s.Changes[i].Told() {
			return true
		}
	}
	return false
}

// A packet is what compare needs of one: its header and its acknowledgment number, the
// latter as the client end counts.
type packet struct {
	tap.Frame
	*Header
	ack uint32
}

func (v *view) packet() packet { return packet{v.Frame, &v.Header, v.ack} }
func (a *ack) packet() packet  { return packet{a.Frame, &a.Header, a.ack} }

// change notes that the path changed a packet.
func (s *Stream) change(what Change, sent, got packet) {
	for i := range s.Changes {
		if c := &s.Changes[i]; c.What == what {
			c.Segments++
			return
		}
	}
	s.Changes = append(s.Changes, Changed{what, 1, Opening{sent.Frame, *sent.Header}, Opening{got.Frame, *got.Header}})
}

// compare notes what the path did to a packet that passed both taps. single tells that no
// other packet of its sender looks like it, and that neither tap's card merged it.
func (s *Stream) compare(sent, got packet, single bool) {
	// A host that gives all its packets one IP-ID tells none from another by it.
	one := sent.IPID != 0 && s.ownIPID == sent.IPID
	s.ownIPID = sent.IPID
	if !single || one {
		return
	}
	if sent.Flags&got.Flags&segment.SYN != 0 {
		// A SYN proxy makes each handshake anew, and answers twice where it keeps the numbers:
		// only an IP-ID or a timestamp says that it is one packet.
		stamped := sent.Options&got.Options&segment.Timestamps != 0 && sent.TSVal != 0 && sent.TSVal == got.TSVal
		same := sent.Seq == got.Seq && sent.Ack == got.Ack && (oneID(sent.Header, got.Header) || stamped)
		if same && sent.Options&got.Options&segment.WindowScale != 0 && sent.WindowScale != got.WindowScale {
			s.change(WindowScaled, sent, got)
		}
		return
	}
	if s.stamped(sent, got) {
		s.change(TimestampLowered, sent, got)
		return
	}
	if !samePacket(sent.Header, got.Header) {
		return
	}
	if sent.Window != 0 && got.Window == 0 {
		s.change(WindowShut, sent, got)
	}
	if s.lowered(sent.ack, got.ack) && sent.Flags&got.Flags&segment.ACK != 0 {
		s.change(AckLowered, sent, got)
	}
	if got.Flags&^sent.Flags&segment.URG != 0 {
		s.change(UrgentSet, sent, got)
	}
}

// lowered reports whether an acknowledgment number came lower than it left. Where none came
// as it left, the path shifts the numbers that are acknowledged, by what it may not be known
// to: a SYN proxy whose handshakes the captures lack.
func (s *Stream) lowered(sent, got uint32) bool {
	return s.SameAcks >= minSamples && int32(sent-got) > 0
}

// stamped reports whether a packet came with an older timestamp, where others came unchanged.
// A retransmission that is taken for the first copy comes with a newer one.
func (s *Stream) stamped(sent, got packet) bool {
	return s.Path.TSSame >= minSamples && sent.Options&got.Options&segment.Timestamps != 0 && int32(sent.TSVal-got.TSVal) > 0 &&
		s.Path.IPIDKept() && oneID(sent.Header, got.Header) && sent.ack == got.ack && sent.Window == got.Window &&
		sent.Flags == got.Flags && sent.PayloadLen == got.PayloadLen
}

// oneID reports whether two packets have an IP-ID, and the same.
func oneID(sent, got *Header) bool {
	return !sent.IPv6 && !got.IPv6 && sent.IPID != 0 && sent.IPID == got.IPID
}

// lostItsFIN reports whether got is sent without its FIN.
func lostItsFIN(sent, got packet) bool {
	return sent.Flags&^got.Flags&segment.FIN != 0 && sent.Flags&^segment.FIN == got.Flags && oneID(sent.Header, got.Header) &&
		sent.ack == got.ack && sent.TSVal == got.TSVal && sent.Window == got.Window && sent.PayloadLen == got.PayloadLen
}

// changedAck reports whether an acknowledgment that came was sent, but not like that: with a
// higher number, or with a FIN.
func (s *Stream) changedAck(got *ack, position int64) (found bool) {
	if got.IPID == 0 || !s.Path.IPIDKept() {
		return false
	}
	q := &s.acks.sent
	for i := max(q.head, len(q.list)-disorder); i < len(q.list); i++ {
		sent := &q.list[i]
		if !sent.met && sent.seq == got.seq && oneID(&sent.Header, &got.Header) && sent.TSVal == got.TSVal && sent.Window == got.Window &&
			s.lowered(sent.ack, got.ack) {
			s.change(AckLowered, sent.packet(), got.packet())
			return true
		}
	}
	s.flying.overlapping(position, position+1, func(h *held) {
		if !found && h.start == position && lostItsFIN(h.packet(), got.packet()) {
			s.change(FINTaken, h.packet(), got.packet())
			found = true
		}
	})
	return found
}
