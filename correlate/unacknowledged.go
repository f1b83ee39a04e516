package correlate

import (
	"bothends/correlate/pair"
	"bothends/correlate/tap"
)

// unacknowledged is how much of sequence space each End of a paired connection sent that
// came to the other and was acknowledged at neither tap.
func (both *pairing) unacknowledged(p *pair.Pair) (n [2]int64) {
	if !p.Paired() {
		return n
	}
	here, there := both.surveys[tap.Client].Connections[p.Client].Flows, both.surveys[tap.Server].Connections[p.Server].Flows
	side, thereSide := p.ClientSide, p.ServerSide
	for sender := range n {
		sent, got := &here[side], &there[thereSide]
		if sent.Begun && got.Begun {
			n[sender] = max(0, min(sent.Hi-sent.Acked, got.Hi-got.Acked))
		}
		side, thereSide = side.Other(), thereSide.Other()
	}
	return n
}
