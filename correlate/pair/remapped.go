package pair

import (
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
	at := map[segment.Endpoint][]int32{} // pairs by the server's endpoint, as seen there
	for i := range pairs {
		if p := &pairs[i]; p.Paired() && p.Method != Payload {
			service := server.Connections[p.Server].Ends[p.ServerSide.Other()]
			at[service] = append(at[service], int32(i))
		}
	}
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
			others := at[c.Ends[side.Other()]]
			if comparisons += len(others); comparisons > maxComparisons {
				for _, of := range others {
					pairs[of].RemappedAt[atServer] = true
				}
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
