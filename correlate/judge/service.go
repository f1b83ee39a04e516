package judge

import "bothends/correlate/align"

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
	// ThereNS is, by End and by its clock, until when packets between these two hosts
	// passed both taps: until then neither had lost its address to another host.
	ThereNS [2]int64
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

// enoughNeighbours is how many connections to an address must have come to the
// server end, and none anywhere else, before a further one is expected there.
// Were they spread over several hosts, some would be missing.
const enoughNeighbours = 3

// expects reports whether a connection to this address and port would come to the
// recorded host, and stand in its capture.
func (s *Service) expects(port uint16) bool {
	return s.Paired >= enoughNeighbours && s.Translated == 0 && s.Elsewhere == 0 && (s.AdmitsAll || s.Admits[port])
}
