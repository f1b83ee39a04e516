package judge

import (
	"bothends/correlate/segment"
	"bothends/correlate/tap"
)

func (s *stream) otherFacts(p *suspect, known forged) OtherFacts {
	var o OtherFacts
	r := p.reset
	if r == nil {
		return o
	}
	for _, f := range known[s.sender] {
		if f.Reset != r && abs(f.TimeNS-r.TimeNS) <= soonNS && f.TTL == r.TTL && shapeOf(&f.Header) == shapeOf(&r.Header) {
			o.VolleyForged, o.VolleyHere = f.Frame, true
		}
	}
	if !o.VolleyHere {
		for _, f := range known[s.sender.Other()] {
			if p.clocks.Comparable && abs(f.TimeNS-p.clocks.LatestNS) <= soonNS && shapeOf(&f.Header) == shapeOf(&r.Header) {
				o.VolleyForged = f.Frame
			}
		}
	}
	service := s.Services[r.Src.IP]
	if service == nil || !answersSYN(r) {
		return o
	}
	o.Neighbours, o.Expected = service.Paired, service.expects(r.Src.Port)
	o.Sooner, o.FewerHops = s.sooner(p), fewerHops(p, service)
	return o
}

const (
	// nearerByNS is the round trip within the network of one site, and more: five
	// milliseconds are 500 km of fibre there and back.
	nearerByNS = 5e6
	// nearerByHops leaves a site's own router and one router's difference between
	// two ways.
	nearerByHops = 2
)

// sooner: the answer came back faster than any round trip to its alleged sender.
func (s *stream) sooner(p *suspect) SoonerFacts {
	syn := p.reset.Own[0]
	once := syn.Copies == 1 && syn.First.Number == syn.Number
	if s.Trips == nil || !once || !p.clocks.Comparable || !s.receiverComplete() ||
		p.Flags&segment.ACK == 0 || p.reset.Ack0 != syn.End0() {
		return SoonerFacts{}
	}
	enough := min(len(s.Trips.By[tap.Client]), len(s.Trips.By[tap.Server]))
	took, rtt := p.TimeNS-syn.TimeNS, p.clocks.MinRTTNS
	return SoonerFacts{
		Known: enough >= enoughTrips && took >= 0 && rtt-took >= max(p.clocks.MarginNS, nearerByNS),
		SYN:   syn.Number, TookNS: took, LeastNS: rtt, Timed: enough,
	}
}

// receiverComplete reports whether the receiver's capture has all that its host
// sent and the sender acknowledged. One that lacks a first copy dates the second.
func (s *stream) receiverComplete() bool {
	return s.receiving.Drops == 0 && s.receiving.Missed == 0 && s.back.Sent.Missing(s.back.AckedAtSender) == 0
}

// fewerHops: it passed fewer routers than everything that its alleged sender is
// known to have sent from that address.
func fewerHops(p *suspect, at *Service) HopsFacts {
	hops, way := hopsTravelled(p.TTL), &at.Ways[tap.Server]
	// A host that begins with a TTL of its own begins its resets with it, too.
	usual := hopsTravelled(way.TTL) == int(way.Hops)
	return HopsFacts{
		Known: !way.Varies && usual && way.Packets >= enoughTrips && int(way.Hops)-hops >= nearerByHops,
		Hops:  hops, UsualHops: int(way.Hops), UsualTTL: way.TTL, Packets: way.Packets,
	}
}
