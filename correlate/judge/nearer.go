package judge

import (
	"bothends/correlate/align"
	"bothends/correlate/segment"
	"bothends/correlate/tap"
)

// Address is an IP address as package segment has it.
type Address = [16]byte

// A Service is one address at which the client end reached the server end, as the
// client end knows it, and what became of the connections to it.
type Service struct {
	Paired     int // connections to it that both captures hold as one
	Translated int // of those, how many go to another address or port at the server end
	Elsewhere  int // connections to it that were answered and are not among those
	// Packets of the server's passed on them, over Route; RouteVaries tells that
	// they showed several.
	Packets     int64
	Route       align.Route
	RouteVaries bool
	// Admits are the ports of which the server end's capture holds packets; AdmitsAll
	// tells that its filter, which is known, leaves out no TCP port.
	Admits    map[uint16]bool
	AdmitsAll bool
}

// Add counts a connection to the service that both captures hold as one.
func (s *Service) Add(c *Case) {
	route := c.Routes[tap.Server]
	s.RouteVaries = s.RouteVaries || !route.Known || s.Paired > 0 && route.Hops != s.Route.Hops
	s.Route, s.Packets = route, s.Packets+c.Passed[tap.Server]
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
	// enoughTrips is how many packets must have been timed in each direction before
	// the fastest of them stands for the path.
	enoughTrips = 10
	// nearerByNS is the round trip within the network of one site, and more: five
	// milliseconds are 500 km of fibre there and back.
	nearerByNS = 5e6
	// nearerByHops leaves a site's own router and one router's difference between
	// two ways.
	nearerByHops = 2
)

// nearer decides on a reset that answers a SYN which the sender's capture does not
// hold. That silence alone shows nothing: the port may be forwarded to another
// machine at the sender's site. But where the answer came sooner than the fastest
// packets can have gone to the sender and back, and from fewer routers away, it was
// made between the two taps, and not at that site. Neither sign is enough alone:
// all packets that were timed may have waited, and a TTL can begin anywhere. No
// more than Supported: an address announced from several places would look so, too.
func (h *hearing) nearer(f *Finding, r *align.Reset) {
	for _, s := range f.Evidence {
		if s.Outcome == Fails || s.Outcome != Holds && (s.Rule == "coverage" || s.Rule == "capture-loss") {
			return
		}
	}
	service := h.Services[r.Src.IP]
	if service == nil || !h.answersSYN(r) || !service.expects(r.Src.Port) {
		return
	}
	soon, near := h.sooner(r), h.fewerHops(r, service)
	for _, t := range []testimony{soon, near} {
		if t.Outcome != "" {
			f.Evidence = append(f.Evidence, t.Step)
		}
	}
	if soon.Outcome != Supports || near.Outcome != Supports {
		return
	}
	f.Verdict, f.Confidence = Injected, Supported
	f.Evidence = append(f.Evidence, Step{Rule: "nearer-than-sender", Outcome: Supports,
		Values: map[string]any{"connections_there": service.Paired}}.because(
		"something nearer than the %s answered for it: by time and by routers the answer was made on the way, while all of %s to this address came to the %s, where it is the host's own address",
		h.sender, count(service.Paired, "other connection"), h.sender))
}

// expects tells whether a connection to this address and port would come to the
// recorded host, and stand in its capture.
func (s *Service) expects(port uint16) bool {
	return s.Paired >= enoughNeighbours && s.Translated == 0 && s.Elsewhere == 0 && (s.AdmitsAll || s.Admits[port])
}

// sooner: the answer came back faster than any round trip to its alleged sender.
func (h *hearing) sooner(r *align.Reset) testimony {
	syn := r.Own[0]
	once := syn.Copies == 1 && syn.First.Number == syn.Number
	if h.Trips == nil || !once || !h.comparable(r.TimeNS) || !h.receiverComplete() ||
		r.Flags&segment.ACK == 0 || r.Ack0 != syn.End0() {
		return testimony{}
	}
	enough := min(len(h.Trips.By[tap.Client]), len(h.Trips.By[tap.Server]))
	took, rtt := r.TimeNS-syn.TimeNS, h.stripAt(r.TimeNS).MinRTT()
	if enough < enoughTrips || took < 0 || rtt-took < max(h.margin(r.TimeNS), nearerByNS) {
		return testimony{}
	}
	t := supports("it answers the SYN (frame %d) after %s; the fastest round trip between the two taps took %s, by %d packets and more in each direction",
		syn.Number, readable(took), readable(rtt), enough)
	t.Rule = "sooner-than-sender"
	t.Values = map[string]any{"answered_after_ns": took, "min_rtt_ns": rtt, "timed_packets": enough}
	return t
}

// fewerHops: it passed fewer routers than everything that its alleged sender is
// known to have sent from that address.
func (h *hearing) fewerHops(r *align.Reset, s *Service) testimony {
	hops := hopsTravelled(r.TTL)
	// A host that begins with a TTL of its own begins its resets with it, too.
	usual := hopsTravelled(s.Route.TTL) == int(s.Route.Hops)
	if s.RouteVaries || !usual || s.Packets < enoughTrips || int(s.Route.Hops)-hops < nearerByHops {
		return testimony{}
	}
	t := supports("it arrived with TTL %d, %s from an initial value; all %s from the %s to this client came over %s, by both taps",
		r.TTL, count(hops, "hop"), count(s.Packets, "packet"), h.sender, count(int(s.Route.Hops), "hop"))
	t.Rule = "hop-count"
	t.Values = map[string]any{"ttl": r.TTL, "hops": hops, "genuine_ttl": s.Route.TTL, "path_hops": s.Route.Hops}
	return t
}
