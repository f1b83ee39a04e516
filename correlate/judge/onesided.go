package judge

import (
	"bothends/correlate/align"
	"bothends/correlate/segment"
	"bothends/correlate/tap"
)

// oneSidedResets judges the resets that arrived on a connection of which the alleged
// sender's capture holds nothing at all.
func (s *stream) oneSidedResets() []Finding {
	var findings []Finding
	for _, r := range s.flow.Resets[tap.Client] {
		findings = append(findings, s.oneSidedReset(r))
	}
	return findings
}

// oneSidedReset judges one of them. The end that received it cannot show how NAT would have
// mapped the connection, so that the sender's capture may have it under other
// numbers: no verdict, but suspicion, unless the answer was made too near to be the
// sender's.
func (s *stream) oneSidedReset(r *align.Reset) Finding {
	return s.unsent(r)
}

// Address is an IP address as package segment has it.
type Address = [16]byte

// A Service is one address at which the client end reached the server end, as the
// client end knows it, and what became of the connections to it.
type Service struct {
	Paired     int // connections to it that both captures hold as one
	Translated int // of those, how many go to another address or port at the server end
	Elsewhere  int // connections to it that were answered and are not among those
	// Ways are how the packets of each End travelled on them.
	Ways [2]Way
	// Admits are the ports of which the server end's capture holds packets; AdmitsAll
	// says that its filter, which is known, leaves out no TCP port.
	Admits    map[uint16]bool
	AdmitsAll bool
}

// A Way is how the packets of one end came to the other, over all connections between
// two hosts.
type Way struct {
	align.Route
	Packets int64
	Varies  bool // they showed several lengths, or TTLs
}

func (w *Way) add(r align.Route, packets int64) {
	if packets == 0 {
		return
	}
	w.Varies = w.Varies || !r.Known || w.Packets > 0 && (r.Hops != w.Hops || r.TTL != w.TTL)
	r.Mixed = r.Mixed || w.Mixed
	w.Route, w.Packets = r, w.Packets+packets
}

// Add counts a connection to the service that both captures hold as one.
func (s *Service) Add(c *Case) {
	for end := range s.Ways {
		s.Ways[end].add(c.Routes[end], c.Passed[end])
	}
	s.Paired++
	if c.Translated[tap.Server] {
		s.Translated++
	}
}

const (
	// enoughNeighbours is how many connections to an address must have come to the
	// server end, and none anywhere else, before a further one is expected there.
	// Were they spread over several hosts, some would be missing.
	enoughNeighbours = 3
	// nearerByNS is the round trip within the network of one site, and more: five
	// milliseconds are 500 km of fibre there and back.
	nearerByNS = 5e6
	// nearerByHops leaves a site's own router and one router's difference between
	// two ways.
	nearerByHops = 2
)

// expects reports whether a connection to this address and port would come to the
// recorded host, and stand in its capture.
func (s *Service) expects(port uint16) bool {
	return s.Paired >= enoughNeighbours && s.Translated == 0 && s.Elsewhere == 0 && (s.AdmitsAll || s.Admits[port])
}

// sooner: the answer came back faster than any round trip to its alleged sender.
func (s *stream) sooner(r *align.Reset) Result {
	syn := r.Own[0]
	once := syn.Copies == 1 && syn.First.Number == syn.Number
	if s.Trips == nil || !once || !s.comparable(r.TimeNS) || !s.receiverComplete() ||
		r.Flags&segment.ACK == 0 || r.Ack0 != syn.End0() {
		return Result{}
	}
	enough := min(len(s.Trips.By[tap.Client]), len(s.Trips.By[tap.Server]))
	took, rtt := r.TimeNS-syn.TimeNS, s.stripAt(r.TimeNS).MinRTT()
	if enough < enoughTrips || took < 0 || rtt-took < max(s.margin(r.TimeNS), nearerByNS) {
		return Result{}
	}
	t := supports(nil, "it answers the SYN (frame %d) after %s; the fastest round trip between the two taps took %s, by %d packets and more in each direction",
		syn.Number, readable(took), readable(rtt), enough)
	t.Values = map[string]any{"answered_after_ns": took, "min_rtt_ns": rtt, "timed_packets": enough}
	return t
}

// fewerHops: it passed fewer routers than everything that its alleged sender is
// known to have sent from that address.
func (s *stream) fewerHops(r *align.Reset, at *Service) Result {
	hops := hopsTravelled(r.TTL)
	// A host that begins with a TTL of its own begins its resets with it, too.
	way := &at.Ways[tap.Server]
	usual := hopsTravelled(way.TTL) == int(way.Hops)
	if way.Varies || !usual || way.Packets < enoughTrips || int(way.Hops)-hops < nearerByHops {
		return Result{}
	}
	t := supports(nil, "it arrived with TTL %d, %s from an initial value; all %s from the %s to this client came over %s, by both taps",
		r.TTL, count(hops, "hop"), count(way.Packets, "packet"), s.sender, count(int(way.Hops), "hop"))
	t.Values = map[string]any{"ttl": r.TTL, "hops": hops, "genuine_ttl": way.TTL, "path_hops": way.Hops}
	return t
}
