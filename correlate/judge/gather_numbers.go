package judge

import (
	"slices"

	"bothends/correlate/align"
)

// growWithinNS is how close together resets with growing numbers stand (Weaver,
// Sommer and Paxson 2009, section 4: two seconds).
const growWithinNS = 2e9

// unsentBefore looks at what else arrived on this stream without having been sent.
// What bears a mark of forgery of its own does not count against the capture: bytes
// are those that the receiver may have acknowledged for its sake, and for the packet
// in question. unexplained is how many others there are.
func (s *stream) unsentBefore(p *suspect) (bytes int64, unexplained int) {
	path := &s.flow.Path
	for i := range s.flow.Leftovers {
		l := &s.flow.Leftovers[i]
		if l.Bucket != align.ReceivedNotSent || p.kind == "ack" && kind(&l.Header) == "ack" {
			continue // it is as suspect, and excuses nothing
		}
		strangeWay := path.HopsKept() && hopsTravelled(l.TTL) != hopsTravelled(path.TTL)
		if l == p.leftover || rivalOf(l).Number != 0 || strangeWay {
			bytes += l.Beyond
		} else {
			unexplained++
		}
	}
	return bytes, unexplained + int(s.flow.MoreLeft)
}

func (s *stream) numberFacts(p *suspect) NumberFacts {
	n := NumberFacts{There: s.flow.Passed, Back: s.back.Passed, Acks: s.flow.Acks, Shift: s.pair.Shift, Remapped: s.pair.RemappedAt[s.sender]}
	n.InStream = p.position >= s.flow.Sent.First && p.position <= s.flow.Sent.Next+maxWindow
	if p.leftover != nil {
		n.Begins = s.flow.Begins(p.leftover)
		n.Rival = rivalOf(p.leftover)
		n.Damaged = p.leftover.Damaged && s.flow.Sums.Mixed() && !s.Cases[s.index].Unheeded[s.sender]
	}
	known := s.shapes[s.sender]
	n.ShapeSame, n.ShapeAll = known[shapeOf(&p.Header)], total(known)
	r := p.reset
	if r == nil {
		n.Mistimed = s.mistimedControl(p)
		return n
	}
	n.Damaged = r.Damaged && s.flow.Sums.Mixed()
	n.Agreed[s.sender] = s.flow.Passed + s.back.SameAcks
	n.Agreed[s.sender.Other()] = s.back.Passed + s.flow.SameAcks
	n.Unarrived = s.flow.MoreReset > 0 || slices.Contains(s.matched.arrived, false)
	for j, sent := range s.flow.Resets[s.sender] {
		if !s.matched.arrived[j] && p.clocks.sentBefore(sent.TimeNS) && s.likeness(sent, r) == bothSigns {
			n.Altered = sent
		}
		if s.mistimed(sent, r, &p.clocks) { // even if it arrived: the network may have doubled it
			n.Mistimed = sent
		}
		if sent.Window == p.Window && sent.Options == p.Options && hopsTravelled(sent.TTL)+s.flow.Path.Hops == hopsTravelled(p.TTL) && p.clocks.sentBefore(sent.TimeNS) {
			n.Alike = sent.Frame
		}
	}
	if s.flow.Passed > 0 {
		n.Ahead = s.ahead(r)
	}
	n.Behind = s.flow.Got.Next - r.Position // what had arrived, the sender had sent
	shift := int64(int32(s.pair.Shift[s.sender]))
	for _, next := range []int64{s.flow.Sent.Next, s.flow.Got.Next, s.flow.AckedAtReceiver} {
		off := int64(int32(r.Position - next))
		n.IsShift = n.IsShift || shift != 0 && (off == shift || off == -shift)
	}
	for _, o := range s.unmatched {
		if o.Reset == r || growing(o.Reset, r) {
			n.Burst++
			if s.ahead(o.Reset) > 0 {
				n.Guesses++
			}
		}
	}
	if n.Burst < 2 || n.Guesses == 0 {
		n.Burst = 0
	}
	n.Offset = r.Position - r.Next
	for _, m := range r.Own {
		if m != nil && !m.IPv6 && m.IPID != 0 && p.IPID == m.IPID-belowTrigger {
			n.IPIDBelow, n.TriggerIPID = m.Frame, m.IPID
		}
	}
	n.HenanPayload = string(r.Head) == henanPayload
	return n
}

// maxWindow is how far behind its end a number still belongs to a stream.
const maxWindow = 1 << 16

// ahead is how far a reset's number lies beyond all that either capture, or an
// acknowledgment in it, shows the sender to have sent; 0 if it does not.
func (s *stream) ahead(r *align.Reset) int64 {
	flow := s.flow
	highest := max(flow.Sent.Next, flow.Got.Next, flow.Acked)
	if d := r.Position - highest; d > 0 && d < maxAhead {
		return d
	}
	return 0
}

// maxAhead is how far ahead a number can be told from one behind.
const maxAhead = 1 << 30

// growing reports whether two resets are of a series with growing numbers.
func growing(a, b *align.Reset) bool {
	return abs(a.TimeNS-b.TimeNS) <= growWithinNS && a.Position != b.Position
}

// mistimedControl is a SYN or FIN that left the sender, if it is p but for its time: by
// a clock that was set in between it arrived before it was sent. nil if there is none.
func (s *stream) mistimedControl(p *suspect) *align.Reset {
	if p.leftover == nil || p.leftover.Later.Number == 0 {
		return nil
	}
	left := &align.Reset{Frame: p.leftover.Later, Header: p.leftover.LaterHeader}
	if !s.mistimed(left, &align.Reset{Frame: p.Frame, Header: p.Header}, &p.clocks) { // of which align has found the numbers equal
		return nil
	}
	return left
}
