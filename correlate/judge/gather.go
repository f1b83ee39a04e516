package judge

import (
	"fmt"
	"slices"

	"bothends/correlate/align"
	"bothends/correlate/segment"
	"bothends/correlate/tap"
)

// A suspect is a packet that arrived and that the sender's capture does not hold: a
// reset, or a leftover.
type suspect struct {
	kind string
	tap.Frame
	align.Header
	reset    *align.Reset
	leftover *align.Leftover
	position int64 // in the stream
}

func resetSuspect(r *align.Reset) suspect {
	return suspect{kind: "rst", Frame: r.Frame, Header: r.Header, reset: r, position: r.Position}
}

// astrayWindowNS is how long before a packet what went astray can have called for it:
// the longest that a segment is taken to be under way.
const astrayWindowNS = 10e9

// growWithinNS is how close together resets with growing numbers stand (Weaver,
// Sommer and Paxson 2009, section 4: two seconds).
const growWithinNS = 2e9

// gather works out all facts of one packet.
func (s *stream) gather(p *suspect) *Facts {
	f := &Facts{
		Sender: s.sender, Receiver: s.sender.Other(), Kind: p.kind, Packet: p.Header, Frame: p.Frame,
		OneSided: !s.pair.Paired(),
		Clocks:   s.clockFacts(p),
		Stated:   s.stated[s.sender], StatedThere: s.stated[s.sender.Other()],
	}
	f.Sending, f.Getting = s.sendingFacts(p, &f.Clocks), s.gettingFacts()
	f.Numbers = s.numberFacts(p)
	f.Way = s.wayFacts(p, &f.Clocks)
	f.Answer = s.answerFacts(p, &f.Clocks)
	f.Kernel = s.kernelFacts(p, &f.Clocks)
	f.After = s.afterFacts(p, &f.Clocks)
	f.Others = s.otherFacts(p)
	return f
}

func (s *stream) clockFacts(p *suspect) ClockFacts {
	c := ClockFacts{Known: s.Clock.Known(), Comparable: s.comparable(p.TimeNS), TickNS: s.TickNS}
	if c.Known && c.Comparable {
		c.BesideNS, c.Bracketed = s.beside(p.TimeNS)
	}
	if c.Known {
		c.LatestNS, c.MinRTTNS = s.latestSent(p.TimeNS), s.stripAt(p.TimeNS).MinRTT()
		c.DoubtNS = s.Clock.UncertaintyAt(s.clientTime(p.TimeNS))
		c.MarginNS = s.margin(p.TimeNS)
	}
	return c
}

// beside is the most that the sender's clock can show ahead of the receiver's at a time
// by the receiver's clock, by the packets to the sender right before and right after
// it. Resets that both captures hold count as such packets, too.
func (s *stream) beside(received int64) (most int64, ok bool) {
	at := s.clientTime(received)
	if s.sender == tap.Server {
		most, ok = s.Clock.Beside(at)
	} else {
		most, ok = s.Clock.Below(at)
	}
	if ok || s.opposite == nil {
		return most, ok
	}
	// Nothing but resets may have passed afterwards.
	before, known := s.Clock.Before(at, s.sender == tap.Server)
	if !known {
		return 0, false
	}
	m := &s.opposite.matched
	for i, r := range s.opposite.flow.Resets[s.sender] {
		if j := m.twinOf[i]; j >= 0 && !m.doubtful[i] {
			if left := s.opposite.flow.Resets[s.sender.Other()][j]; left.TimeNS > received {
				return max(before, r.TimeNS-left.TimeNS), true
			}
		}
	}
	return 0, false
}

func (s *stream) sendingFacts(p *suspect, c *ClockFacts) RecordingFacts {
	bytes, unexplained := s.unsentBefore(p)
	r := RecordingFacts{
		Witness: s.alleged, FromSYN: s.flow.SentFromSYN,
		Passed: s.flow.Passed, Missed: s.flow.Missed,
		Lacking:     s.flow.Sent.Missing(s.flow.AckedAtReceiver) - bytes,
		Deaf:        s.back.Got.Missing(s.back.AckedAtReceiver),
		Unexplained: unexplained, MoreResets: s.flow.MoreReset, IPIDs: s.flow.IPIDs,
		OtherNames: s.alleged.OtherNames, OnlyPeer: s.alleged.Peers <= 1,
	}
	if c.Comparable {
		r.Gap = s.alleged.gapAt(c.LatestNS-c.MinRTTNS, c.LatestNS)
	}
	return r
}

func (s *stream) gettingFacts() RecordingFacts {
	return RecordingFacts{
		Witness: s.receiving, Passed: s.back.Passed, Missed: s.back.Missed,
		Lacking: s.back.Sent.Missing(s.back.AckedAtReceiver), MoreResets: s.back.MoreReset,
	}
}

// unsentBefore looks at what else arrived on this stream without having been sent.
// What bears a mark of forgery of its own does not count against the capture: bytes
// are those that the receiver may have acknowledged for its sake, and for the packet
// in question. unexplained is how many others there are.
func (s *stream) unsentBefore(p *suspect) (bytes int64, unexplained int) {
	path := &s.flow.Path
	for i := range s.flow.Leftovers {
		l := &s.flow.Leftovers[i]
		if l.Bucket != align.ReceivedNotSent {
			continue
		}
		strangeWay := path.HopsKept() && hopsTravelled(l.TTL) != hopsTravelled(path.TTL)
		if l == p.leftover || l.Rival.Number != 0 || strangeWay {
			bytes += l.Beyond
		} else {
			unexplained++
		}
	}
	return bytes, unexplained + int(s.flow.MoreLeft)
}

func (s *stream) numberFacts(p *suspect) NumberFacts {
	n := NumberFacts{There: s.flow.Passed, Back: s.back.Passed, Shift: s.pair.Shift, Split: s.pair.Split[s.sender]}
	n.InStream = p.position >= s.flow.Sent.First && p.position <= s.flow.Sent.Next+maxWindow
	if p.leftover != nil {
		n.Rival = p.leftover.Rival
	}
	known := s.shapes[s.sender]
	n.ShapeSame, n.ShapeAll = known[shapeOf(&p.Header)], total(known)
	r := p.reset
	if r == nil {
		return n
	}
	for j, sent := range s.flow.Resets[s.sender] {
		if !s.matched.arrived[j] && s.sentBefore(sent.TimeNS, r.TimeNS) && s.likeness(sent, r) == bothSigns {
			n.Altered = sent
		}
		if s.mistimed(sent, r) { // even if it arrived: the network may have doubled it
			n.Mistimed = sent
		}
		if sent.Window == p.Window && sent.Options == p.Options && hopsTravelled(sent.TTL)+s.flow.Path.Hops == hopsTravelled(p.TTL) && s.sentBefore(sent.TimeNS, p.TimeNS) {
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
		if o == r || growing(o, r) {
			n.Burst++
			if s.ahead(o) > 0 {
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
	highest := max(flow.Sent.Next, flow.Got.Next, flow.AckedAtReceiver, flow.AckedAtSender)
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

func abs(n int64) int64 { return max(n, -n) }

func (s *stream) wayFacts(p *suspect, c *ClockFacts) WayFacts {
	path, there := &s.flow.Path, &s.Cases[s.index]
	w := WayFacts{
		Known: path.HopsKept(), Hops: path.Hops, TTL: path.TTL, Same: path.HopsSame,
		Initials:   map[int]bool{int(path.TTL) + path.Hops: true},
		Translated: there.Translated[s.sender], TranslatedR: there.Translated[s.sender.Other()],
		Initiator: s.acceptor() != s.sender,
	}
	if service := there.Service; path.HopsSame+path.HopsOther < minSame && service != nil {
		// Too few here: what the sender's packets show on all connections between the
		// two hosts.
		if way := &service.Ways[s.sender]; way.Known && !way.Varies && way.Packets >= minSame && (path.HopsSame == 0 || path.Hops == int(way.Hops)) {
			w.Known, w.Hops, w.TTL, w.Same = true, int(way.Hops), way.TTL, way.Packets
			w.Initials = map[int]bool{int(way.TTL) + int(way.Hops): true}
		}
	}
	w.Seen = s.flow.GotTTLs.Has(p.TTL)
	for ttl := range s.sentTTLs[s.sender] {
		w.Initials[int(ttl)] = true
	}
	for ttl := range w.Initials {
		// A program may ask for a TTL of its own (IP_TTL); what its kernel sends without
		// a socket then begins with the usual one.
		w.Initials[usualTTL(ttl)] = true
	}
	if p.reset != nil {
		s.otherEnd(p.reset, c, &w)
	}
	return w
}

// minSame is how many packets must show the length of the path.
const minSame = 3

// otherEnd finds whether the sender, too, received a reset that this end never sent,
// so that this one is no consequence of it: a host that was reset by a forger answers
// whatever still comes with resets of its own, but not resets (RFC 9293 section
// 3.10.7.1).
func (s *stream) otherEnd(r *align.Reset, c *ClockFacts, w *WayFacts) {
	if s.opposite == nil || !c.Comparable || len(s.opposite.unmatched) == 0 {
		return
	}
	for _, hit := range s.opposite.unmatched {
		if abs(hit.TimeNS-c.LatestNS) <= soonNS {
			w.OtherHit, w.OtherEnd = hit.Frame, hopsTravelled(hit.TTL)
			break
		}
	}
	w.OtherWhy = "and nothing came after it that could have called for this one"
	for _, hit := range s.opposite.unmatched {
		if !s.provoked(hit) {
			continue
		}
		if hit.TimeNS <= c.LatestNS+c.MarginNS {
			return
		}
		w.OtherWhy = fmt.Sprintf("%s after this one must have left: it is no answer to it", readable(hit.TimeNS-c.LatestNS))
	}
	w.BothHit = true
	if w.OtherHit.Number == 0 {
		w.OtherHit = s.opposite.unmatched[0].Frame
	}
}

// provoked reports whether anything but resets reached the sender after it was hit,
// or may have without its capture showing it: each such segment calls for a reset by
// a host that no longer knows the connection.
func (s *stream) provoked(hit *align.Reset) bool {
	return s.back.LastGot.TimeNS >= hit.TimeNS || s.back.LastPassedNS < s.back.LastSent.TimeNS
}

// Hops is how many routers a packet with this TTL has passed, inferred from the initial
// TTLs in use.
func Hops(ttl uint8) int { return hopsTravelled(ttl) }

// usualTTL is the least initial TTL in use that is not below ttl: 64, 128 or 255.
func usualTTL(ttl int) int {
	for _, usual := range []int{64, 128} {
		if ttl <= usual {
			return usual
		}
	}
	return 255
}

// hopsTravelled infers the number of routers passed from the initial TTLs in use.
func hopsTravelled(ttl uint8) int {
	for _, initial := range []int{32, 64, 128, 255} {
		if int(ttl) <= initial {
			return initial - int(ttl)
		}
	}
	return 0
}

func (s *stream) answerFacts(p *suspect, c *ClockFacts) AnswerFacts {
	a := AnswerFacts{Stateless: statelessReset(&p.Header)}
	for _, left := range s.back.Astray {
		if left <= p.TimeNS && left >= p.TimeNS-astrayWindowNS {
			a.Astray++
		}
	}
	a.Astray += s.back.MoreAstray
	for _, left := range s.back.Unwatched {
		if left <= p.TimeNS && left >= p.TimeNS-astrayWindowNS {
			a.Unwatched++
		}
	}
	a.Unwatched += s.back.MoreUnwatched
	r := p.reset
	if r == nil {
		return a
	}
	a.IdleNS = r.IdleNS
	for _, m := range r.Own {
		a.AnyFromPeer = a.AnyFromPeer || m != nil && p.TimeNS-m.TimeNS <= astrayWindowNS
	}
	a.AnyFromPeer = a.AnyFromPeer || r.IdleNS < longIdleNS
	if a.Acknowledges = p.Flags&segment.ACK != 0; !a.Acknowledges {
		return a
	}
	a.LeftNS, a.Reached, a.ReachedAt = r.AckSent, r.AckReached, r.AckArrived
	a.Trips, a.FastestNS = s.fastest(p.TimeNS)
	return a
}

// fastest is the smaller of the smallest round trips that were timed before a time by
// the receiver's clock and after it, and by how many packets each way at least.
func (s *stream) fastest(received int64) (trips int, roundTrip int64) {
	if s.Trips == nil {
		return 0, 0
	}
	receiver := s.sender.Other()
	var least [2][2]int64 // before and after, by direction
	var n [2][2]int
	for end, list := range s.Trips.By {
		for _, t := range list {
			at := t.GotNS
			if tap.End(end) == receiver {
				at = t.SentNS
			}
			side := 0
			if at > received {
				side = 1
			}
			if under := t.GotNS - t.SentNS; n[side][end] == 0 || under < least[side][end] {
				least[side][end] = under
			}
			n[side][end]++
		}
	}
	trips = min(n[0][0], n[0][1], n[1][0], n[1][1])
	return trips, min(least[0][0]+least[0][1], least[1][0]+least[1][1])
}

func (s *stream) kernelFacts(p *suspect, c *ClockFacts) KernelFacts {
	if p.kind != "rst" || !c.Comparable {
		return KernelFacts{}
	}
	before, after := s.alleged.around(c.LatestNS-c.MinRTTNS, c.LatestNS)
	if before == nil || after == nil || after.Resets < before.Resets {
		return KernelFacts{}
	}
	return KernelFacts{
		Known: true, FromNS: before.TimeNS, UntilNS: after.TimeNS,
		Counted: after.Resets - before.Resets, Captured: s.sentBetween(before.TimeNS, after.TimeNS),
	}
}

// sentBetween is how many resets of the sender's its own capture holds in a time by
// its clock, over all connections.
func (s *stream) sentBetween(from, to int64) uint64 {
	sent := s.sentAt[s.sender]
	first, _ := slices.BinarySearch(sent, from)
	behind, _ := slices.BinarySearch(sent, to+1)
	return uint64(behind - first)
}

func (s *stream) afterFacts(p *suspect, c *ClockFacts) AfterFacts {
	last := s.flow.LastSent
	if last.Number == 0 || !c.Comparable || s.OneSidedCase() {
		return AfterFacts{}
	}
	a := AfterFacts{LaterNS: min(last.TimeNS-c.LatestNS, last.TimeNS-p.TimeNS-c.BesideNS), Flags: last.Flags}
	if c.Bracketed && last.TimeNS-c.LatestNS > c.MarginNS && a.LaterNS > 2*c.TickNS {
		a.Sent = last.Frame
	}
	// TCP resets a bad acknowledgment and goes on until the handshake is done.
	a.Established = last.Flags&segment.SYN == 0 && s.back.Passed > 0
	if p.reset != nil {
		if m := p.reset.Own[0]; m != nil && m.Reached == align.Never {
			a.TriggerUnseen = m.Frame
		}
	}
	return a
}

// OneSidedCase reports whether one capture only holds the connection.
func (s *stream) OneSidedCase() bool { return !s.pair.Paired() }

func (s *stream) otherFacts(p *suspect) OtherFacts {
	var o OtherFacts
	r := p.reset
	if r == nil {
		return o
	}
	for _, forged := range s.forged {
		if forged != r && abs(forged.TimeNS-r.TimeNS) <= soonNS && forged.TTL == r.TTL && shapeOf(&forged.Header) == shapeOf(&r.Header) {
			o.VolleyForged, o.VolleyHere = forged.Frame, true
		}
	}
	if s.opposite != nil && !o.VolleyHere {
		for _, forged := range s.opposite.forged {
			if s.comparable(r.TimeNS) && abs(forged.TimeNS-s.latestSent(r.TimeNS)) <= soonNS && shapeOf(&forged.Header) == shapeOf(&r.Header) {
				o.VolleyForged = forged.Frame
			}
		}
	}
	service := s.Services[r.Src.IP]
	if service == nil || !s.answersSYN(r) {
		return o
	}
	o.Neighbours, o.Expected = service.Paired, service.expects(r.Src.Port)
	o.Sooner, o.FewerHops = s.sooner(r), s.fewerHops(r, service)
	return o
}

// steady reports whether packets that passed before and after a time by the sender's
// clock show that no clock was set by half of step in between. That would make the
// fastest of one direction faster by as much as those of the other slower.
func (s *stream) steady(at, step int64) bool {
	var change [2]int64 // by direction
	for end := range change {
		var before, after []int64
		if s.Trips == nil {
			return false
		}
		for _, t := range s.Trips.By[end] {
			mine := t.SentNS
			if tap.End(end) != s.sender {
				mine = t.GotNS
			}
			if mine < at {
				before = append(before, t.GotNS-t.SentNS)
			} else {
				after = append(after, t.GotNS-t.SentNS)
			}
		}
		if min(len(before), len(after)) < steadyTrips {
			return false
		}
		change[end] = slices.Min(after) - slices.Min(before)
	}
	set := abs(change[tap.Client]-change[tap.Server]) / 2
	return 2*set < step
}

// steadyTrips is how many packets must have been timed in each direction, before
// and after.
const steadyTrips = 3
