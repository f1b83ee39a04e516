package pair

import (
	"bothends/correlate/segment"
	"bothends/correlate/survey"
)

// untranslated marks connections that only the server end has and that carry the
// very addresses and ports which a paired connection has at the client end: its
// packets got past the NAT that translates the others, as those do which a
// connection tracker calls invalid. The server does not know them, and resets.
func untranslated(pairs []Pair, client, server *survey.Survey) {
	atClient := map[[2]segment.Endpoint]bool{}
	for i := range pairs {
		p := &pairs[i]
		if !p.Paired() {
			continue
		}
		here, there := client.Connections[p.Client].Ends[p.ClientSide], server.Connections[p.Server].Ends[p.ServerSide]
		if here != there { // translated
			atClient[[2]segment.Endpoint{here, client.Connections[p.Client].Ends[p.ClientSide.Other()]}] = true
		}
	}
	if len(atClient) == 0 {
		return
	}
	for i := range pairs {
		p := &pairs[i]
		if p.Server == NoView || p.Client != NoView {
			continue
		}
		c := server.Connections[p.Server]
		for side := survey.Initiator; side <= survey.Responder; side++ {
			if atClient[[2]segment.Endpoint{c.Ends[side], c.Ends[side.Other()]}] {
				p.Why = "it carries the client's own address, untranslated: packets of a connection that is translated otherwise got past the NAT (look for what the NAT calls invalid, and drop it there)"
			}
		}
	}
}
