package pair

import (
	"bothends/correlate/segment"
	"bothends/correlate/survey"
)

// placeAllInside marks the SYNs that came in the midst of a paired connection, with its
// addresses and ports and another number, where the connection went on: one capture has
// them as a connection of their own, without a partner and without data. Whoever sent
// such a packet meant the other connection.
func placeAllInside(pairs []Pair, client, server *survey.Survey) {
	for end, sv := range [2]*survey.Survey{client, server} {
		at := map[[2]segment.Endpoint][]int32{} // pairs, by the addresses that this end knows them by
		for i := range pairs {
			if p := &pairs[i]; p.Paired() && p.Method != Payload {
				c := sv.Connections[p.view(end)]
				at[c.Ends] = append(at[c.Ends], int32(i))
			}
		}
		for i := range pairs {
			alone := &pairs[i]
			if alone.Paired() || alone.view(end) == NoView || alone.Remapped {
				continue
			}
			c := sv.Connections[alone.view(end)]
			if !opensOnly(c) {
				continue
			}
			alone.placeInside(pairs, at[c.Ends], sv, end, c, false)
			alone.placeInside(pairs, at[[2]segment.Endpoint{c.Ends[1], c.Ends[0]}], sv, end, c, true)
		}
	}
}

const whyInside = "it is a SYN in the midst of another connection with the same addresses and ports, which went on"

// placeInside marks a view as a SYN within the one of the pairs that went on around it;
// turned says that its initiator is the other connection's responder.
func (p *Pair) placeInside(pairs []Pair, candidates []int32, sv *survey.Survey, end int, c *survey.Connection, turned bool) {
	for _, of := range candidates {
		around := sv.Connections[pairs[of].view(end)]
		if around.FirstNS > c.FirstNS || around.LastNS <= c.LastNS {
			continue
		}
		side := pairs[of].ClientSide
		if end != atClient {
			side = pairs[of].ServerSide
		}
		if turned {
			side = side.Other()
		}
		p.ClientSide, p.ServerSide = side, side
		p.Inside, p.Of, p.Why = true, of, whyInside
		return
	}
}

// view is the connection in one end's capture.
func (p *Pair) view(end int) int32 {
	if end == atClient {
		return p.Client
	}
	return p.Server
}

// opensOnly reports whether a connection is no more than a SYN and what answers it.
func opensOnly(c *survey.Connection) bool {
	if c.SYNNS == 0 || !c.Handshake {
		return false
	}
	for side := range c.Flows {
		if f := &c.Flows[side]; f.Payload > 0 || f.FIN || f.Hi > 1 {
			return false
		}
	}
	return true
}
