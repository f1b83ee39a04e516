package correlate

import (
	"bothends/correlate/pair"
	"bothends/correlate/survey"
	"bothends/correlate/tap"
)

// unacknowledged is how much of sequence space each End of a paired connection sent that
// came to the other and was acknowledged at neither tap, and whether that came again and again.
func (both *pairing) unacknowledged(p *pair.Pair) (n [2]int64, again [2]bool) {
	if !p.Paired() {
		return n, again
	}
	here, there := both.surveys[tap.Client].Connections[p.Client].Flows, both.surveys[tap.Server].Connections[p.Server].Flows
	side, thereSide := p.ClientSide, p.ServerSide
	for sender := range n {
		sent, got := &here[side], &there[thereSide]
		if sent.Begun && got.Begun {
			n[sender] = max(0, min(sent.Hi-sent.Acked, got.Hi-got.Acked))
			again[sender] = n[sender] > 0 && got.Payload >= got.Hi-got.Lo+leastRepeats*n[sender]
		}
		side, thereSide = side.Other(), thereSide.Other()
	}
	return n, again
}

// leastRepeats is how often what nobody acknowledges must have come once more: a capture
// that ends in mid-flight shows no repetition.
const leastRepeats = 2

// cameTwice reports whether something came to an end of a paired connection more than once, as
// far as both captures show: a host that sends again what was lost on the way brings it once.
func (both *pairing) cameTwice(p *pair.Pair) bool {
	if !p.Paired() {
		return false
	}
	here, there := both.surveys[tap.Client].Connections[p.Client].Flows, both.surveys[tap.Server].Connections[p.Server].Flows
	twice := func(got *survey.Flow) bool { return got.Begun && got.Payload > got.Hi-got.Lo }
	return twice(&there[p.ServerSide]) || twice(&here[p.ClientSide.Other()])
}
