package pair

import (
	"slices"

	"bothends/correlate/segment"
	"bothends/correlate/survey"
)

// remapped marks connections of which some packets reached the server end under
// other addresses or ports than the rest: a NAT had forgotten them in mid-flow
// and gave them another port, or let them through as they were. To the server end
// they are a connection of their own that begins with no SYN. It does not know it,
// and what it answers there, a reset as a rule, a NAT brings back to the first.
// Where only one connection can be meant, its part is marked as belonging to it.
// Too many to look at are all marked: of those nobody is accused of more than the
// packets show.
func remapped(pairs []Pair, client, server *survey.Survey) {
	services := servicesOf(pairs, client, server)
	comparisons := 0
	for i := range pairs {
		alone := &pairs[i]
		if alone.Client != NoView {
			continue
		}
		c := server.Connections[alone.Server]
		if c.SYNNS != 0 || !ranged(c) {
			continue
		}
		holders := 0
		for side := survey.Initiator; side <= survey.Responder; side++ {
			service := services[c.Ends[side.Other()]]
			if service == nil {
				continue
			}
			others := service.near(pairs, client, &c.Flows[side])
			if comparisons += len(others); comparisons > maxComparisons {
				service.markAll(pairs)
				continue
			}
			for _, of := range others {
				p := &pairs[of]
				held, odds := p.holds(client.Connections[p.Client], c, side)
				if !held {
					continue
				}
				p.RemappedAt[atServer] = true
				if odds*float64(len(pairs)) > maxOdds {
					continue
				}
				if holders++; holders == 1 && !alone.Remapped {
					alone.partOf(of, side)
				}
			}
		}
		if holders > 1 && alone.Why == whyPart {
			alone.Remapped, alone.Why = false, "its numbers lie within those of several connections that a NAT may have forgotten in mid-flow"
		}
	}
}

// served are the paired connections to one endpoint at the server end.
type served struct {
	pairs  []int32  // ascending
	order  *streams // of what the client sent, in the server end's numbers; nil until asked for
	found  []int32  // near's, used again
	marked bool     // all of them are RemappedAt
}

// servicesOf finds the services, by their endpoint as the server end knows it.
func servicesOf(pairs []Pair, client, server *survey.Survey) map[segment.Endpoint]*served {
	services := map[segment.Endpoint]*served{}
	for i := range pairs {
		p := &pairs[i]
		if !p.Paired() || p.Method == Payload {
			continue
		}
		at := server.Connections[p.Server].Ends[p.ServerSide.Other()]
		if services[at] == nil {
			services[at] = new(served)
		}
		services[at].pairs = append(services[at].pairs, int32(i))
	}
	return services
}

// fewPairs is up to how many pairs of a service are all looked at.
const fewPairs = 64

// near lists, in order, those pairs of the service of which the client's stream may hold
// the numbers of a flow; it is valid until the next call.
func (s *served) near(pairs []Pair, client *survey.Survey, part *survey.Flow) []int32 {
	if len(s.pairs) <= fewPairs {
		return s.pairs
	}
	if s.order == nil {
		s.order = new(streams)
		for _, i := range s.pairs {
			p := &pairs[i]
			low, width := extent(&client.Connections[p.Client].Flows[p.ClientSide])
			s.order.add(stream{low: low + p.Shift[atClient], width: width, connection: i})
		}
		s.order.sort()
	}
	low, width := extent(part)
	s.found = s.found[:0]
	s.order.near(low, width, func(o *stream) bool {
		s.found = append(s.found, o.connection)
		return len(s.found) <= maxComparisons
	})
	slices.Sort(s.found)
	return s.found
}

// markAll takes all of them for such as may have been forgotten by a NAT.
func (s *served) markAll(pairs []Pair) {
	if s.marked {
		return
	}
	s.marked = true
	for _, of := range s.pairs {
		pairs[of].RemappedAt[atServer] = true
	}
}

const whyPart = "its numbers lie within those of another connection, which begins under another address or port: a NAT forgot that one in mid-flow, and gave its packets these (look at the NAT's timeouts, and at what flushes its table)"

// partOf marks a view of the server end as packets of a connection.
func (p *Pair) partOf(of int32, clientSide survey.Side) {
	p.ServerSide, p.Remapped, p.Of, p.Why = clientSide, true, of, whyPart
}

// Indices of Pair.RemappedAt.
const (
	atClient = iota
	atServer
)

// holds reports whether all numbers of c, of which side is the client, lie within
// those that the connection has in the client end's view, and bounds the chance
// that those of another connection do.
func (p *Pair) holds(view, c *survey.Connection, side survey.Side) (held bool, odds float64) {
	odds = 1
	for end, shift := range p.Shift {
		own, other := p.ClientSide, side
		if end != 0 {
			own, other = own.Other(), other.Other()
		}
		low, width := extent(&view.Flows[own])
		part, partWidth := extent(&c.Flows[other])
		if int64(part-low-shift)+partWidth > width {
			return false, 1
		}
		odds *= min(1, float64(width+1)*one32)
	}
	return true, odds
}
