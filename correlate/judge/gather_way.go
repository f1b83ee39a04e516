package judge

import "bothends/correlate/align"

func (s *stream) wayFacts(p *suspect, c *ClockFacts) WayFacts {
	path, there := &s.flow.Path, &s.Cases[s.index]
	w := WayFacts{
		Known: path.HopsKept(), Hops: path.Hops, TTL: path.TTL, Same: path.HopsSame, Mixed: path.TTLOther > 0,
		Initials:   map[int]bool{int(path.TTL) + path.Hops: true},
		Translated: there.Translated[s.sender], TranslatedR: there.Translated[s.sender.Other()],
		Initiator: s.acceptor() != s.sender,
	}
	if service := there.Service; path.HopsSame+path.HopsOther < minSame && service != nil {
		// Too few here: what the sender's packets show on all connections between the
		// two hosts.
		if way := &service.Ways[s.sender]; way.Known && !way.Varies && way.Packets >= minSame && (path.HopsSame == 0 || path.Hops == int(way.Hops)) {
			w.Known, w.Hops, w.TTL, w.Same, w.Mixed = true, int(way.Hops), way.TTL, way.Packets, way.Mixed
			w.Initials = map[int]bool{int(way.TTL) + int(way.Hops): true}
		}
	}
	w.Seen = s.flow.GotTTLs.Has(p.TTL)
	s.genuineResets(p, &w)
	for ttl := range s.sentTTLs[s.sender] {
		w.Initials[int(ttl)] = true
	}
	for ttl := range w.Initials {
		// A program may ask for a TTL of its own (IP_TTL); what its kernel sends without
		// a socket then begins with the usual one.
		w.Initials[usualTTL(ttl)] = true
	}
	if p.quoted != nil {
		for _, initial := range []int{32, 64, 128, 255} { // a kernel's own for ICMP, whatever it is for TCP
			w.Initials[initial] = true
		}
	}
	if p.reset != nil {
		s.otherEnd(p.reset, c, &w)
	}
	return w
}

// genuineResets adds what the resets show that the sender is known to have sent on this
// connection: a host may send them with another TTL than data, and by another way.
func (s *stream) genuineResets(p *suspect, w *WayFacts) {
	path := &s.flow.Path
	same, other := int64(0), false
	for i, r := range s.flow.Resets[s.sender.Other()] {
		j := s.matched.twinOf[i]
		if j < 0 || s.matched.doubtful[i] {
			continue
		}
		w.Seen = w.Seen || r.TTL == p.TTL
		if int(s.flow.Resets[s.sender][j].TTL)-int(r.TTL) == path.Hops {
			same++
			w.Mixed = w.Mixed || r.TTL != path.TTL
		} else {
			other = true
		}
	}
	if path.HopsSame == 0 || path.HopsOther > 0 || other {
		return
	}
	if w.Known = w.Known || path.HopsSame+same >= minSame; w.Known && w.Same == path.HopsSame {
		w.Same += same
	}
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
	for _, hit := range s.opposite.unmatched {
		if !s.provoked(hit) {
			continue
		}
		if hit.TimeNS <= c.LatestNS+c.MarginNS {
			return
		}
		w.OtherLate = hit.TimeNS - c.LatestNS
	}
	w.BothHit = true
	if w.OtherHit.Number == 0 {
		w.OtherHit = s.opposite.unmatched[0].Frame
	}
}

// provoked reports whether anything but resets reached the sender after it was hit,
// or may have without its capture showing it: each such segment calls for a reset by
// a host that no longer knows the connection.
func (s *stream) provoked(hit arrival) bool {
	return s.back.LastGot.TimeNS >= hit.TimeNS || s.back.LastPassedNS < s.back.LastSent.TimeNS
}
