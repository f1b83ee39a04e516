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
		var alone []int32                       // the SYNs
		at := map[[2]segment.Endpoint][]int32{} // pairs, by the addresses that this end knows them by, where a SYN has them
		for i := range pairs {
			p := &pairs[i]
			if p.Paired() || p.view(end) == NoView || p.Remapped {
				continue
			}
			if c := sv.Connections[p.view(end)]; opensOnly(c) {
				alone = append(alone, int32(i))
				at[c.Ends], at[turned(c.Ends)] = nil, nil
			}
		}
		if len(alone) == 0 {
			continue
		}
		for i := range pairs {
			if p := &pairs[i]; p.Paired() && p.Method != Payload {
				c := sv.Connections[p.view(end)]
				if list, asked := at[c.Ends]; asked {
					at[c.Ends] = append(list, int32(i))
				}
			}
		}
		for _, i := range alone {
			p := &pairs[i]
			c := sv.Connections[p.view(end)]
			p.placeInside(pairs, at[c.Ends], sv, end, c, false)
			p.placeInside(pairs, at[turned(c.Ends)], sv, end, c, true)
		}
	}
}

func turned(ends [2]segment.Endpoint) [2]segment.Endpoint {
	return [2]segment.Endpoint{ends[1], ends[0]}
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
