package correlate

import (
	"fmt"

	"bothends/correlate/judge"
	"bothends/correlate/pair"
	"bothends/correlate/survey"
	"bothends/correlate/tap"
	"bothends/correlate/witness"
)

// ownAddresses are, by End, those that the host there has in the paired connections,
// as its own capture shows them.
func (both *pairing) ownAddresses() (own [2]map[judge.Address]bool) {
	own = [2]map[judge.Address]bool{{}, {}}
	for i := range both.pairs {
		p := &both.pairs[i]
		if !p.Paired() {
			continue
		}
		own[tap.Client][both.surveys[tap.Client].Connections[p.Client].Ends[p.ClientSide].IP] = true
		own[tap.Server][both.surveys[tap.Server].Connections[p.Server].Ends[p.ServerSide.Other()].IP] = true
	}
	return own
}

// tuples are how each capture knows the two hosts of a pair.
func (both *pairing) tuples(p *pair.Pair) (known *[2]judge.Tuple) {
	known = new([2]judge.Tuple)
	if p.Client != pair.NoView {
		ends := &both.surveys[tap.Client].Connections[p.Client].Ends
		known[tap.Client] = judge.Tuple{tap.Client: ends[p.ClientSide], tap.Server: ends[p.ClientSide.Other()]}
	}
	if p.Server != pair.NoView {
		ends := &both.surveys[tap.Server].Connections[p.Server].Ends
		known[tap.Server] = judge.Tuple{tap.Client: ends[p.ServerSide], tap.Server: ends[p.ServerSide.Other()]}
	}
	return known
}

// peers is how many remote addresses a capture holds packets of: 0, 1 or 2 for more.
func peers(sv *survey.Survey, own map[judge.Address]bool) int {
	var first judge.Address
	n := 0
	for _, c := range sv.Connections {
		for _, e := range c.Ends {
			if own[e.IP] || n > 0 && e.IP == first {
				continue
			}
			if n++; n > 1 {
				return n
			}
			first = e.IP
		}
	}
	return n
}

// filterContradicted is why a capture cannot have been recorded with the filter that
// somebody states: it holds a connection that the filter leaves out. In tunnels the
// filter looks at what is outside, and the capture is believed.
func filterContradicted(stated judge.Statement, sv *survey.Survey) error {
	if stated.Fact != judge.Filter || len(sv.Wrappings) > 0 {
		return nil
	}
	filter := witness.ParseFilter(stated.Value)
	for i := range sv.Connections {
		ends := &sv.Connections[i].Ends
		if a, b := ends[0].AddrPort(), ends[1].AddrPort(); filter.LeavesOut(a, b) {
			return fmt.Errorf("%s: that capture holds packets between %s and %s, which this filter leaves out", stated, a, b)
		}
	}
	return nil
}
