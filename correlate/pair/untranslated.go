package pair

import (
	"bothends/correlate/segment"
	"bothends/correlate/survey"
)

// ends are the endpoints of one view: that of the host at the client end first.
type ends [2]segment.Endpoint

func endsOf(c *survey.Connection, clientSide survey.Side) ends {
	return ends{c.Ends[clientSide], c.Ends[clientSide.Other()]}
}

// untranslated marks connections that one end alone has and that carry the very
// addresses and ports which a paired connection has at the other end: its packets
// got past the NAT that translates the others, as those do which a connection
// tracker calls invalid. The host that gets them does not know them, and resets.
func untranslated(pairs []Pair, client, server *survey.Survey) {
	// By endpoints, those that a connection of one end alone has.
	fromClient, fromServer := map[ends]int32{}, map[ends]int32{}
	ask := func(from map[ends]int32, c *survey.Connection) {
		for side := survey.Initiator; side <= survey.Responder; side++ {
			from[endsOf(c, side)] = NoView
		}
	}
	for i := range pairs {
		switch p := &pairs[i]; {
		case p.Paired() || p.Outdone || p.Ambiguous:
		case p.Server != NoView:
			ask(fromClient, server.Connections[p.Server])
		default:
			ask(fromServer, client.Connections[p.Client])
		}
	}
	if len(fromClient)+len(fromServer) == 0 {
		return
	}
	for i := range pairs {
		p := &pairs[i]
		if !p.Paired() {
			continue
		}
		here := endsOf(client.Connections[p.Client], p.ClientSide)
		there := endsOf(server.Connections[p.Server], p.ServerSide)
		if here == there {
			continue
		}
		if _, asked := fromClient[here]; asked {
			fromClient[here] = int32(i)
		}
		if _, asked := fromServer[there]; asked {
			fromServer[there] = int32(i)
		}
	}
	for i := range pairs {
		p := &pairs[i]
		switch {
		case p.Paired() || p.Outdone || p.Ambiguous:
		case p.Server != NoView:
			if p.markUntranslated(server.Connections[p.Server], &p.ServerSide, fromClient, "the client's own address") {
				pairs[p.Of].RemappedAt[atServer] = true
			}
		default:
			if p.markUntranslated(client.Connections[p.Client], &p.ClientSide, fromServer, "an address that belongs behind the NAT") {
				pairs[p.Of].RemappedAt[atClient] = true
			}
		}
	}
}

// markUntranslated marks p, whose only view is c, if a paired connection has its endpoints
// elsewhere.
func (p *Pair) markUntranslated(c *survey.Connection, clientSide *survey.Side, elsewhere map[ends]int32, what string) bool {
	for side := survey.Initiator; side <= survey.Responder; side++ {
		of, asked := elsewhere[endsOf(c, side)]
		if !asked || of == NoView {
			continue
		}
		*clientSide, p.Remapped, p.Of = side, true, of
		p.Why = "it carries " + what + ", untranslated: packets of a connection that is translated otherwise got past the NAT (look for what the NAT calls invalid, and drop it there)"
		return true
	}
	return false
}
