package correlate

import (
	"bothends/correlate/judge"
	"bothends/correlate/pair"
	"bothends/correlate/replay"
	"bothends/correlate/survey"
	"bothends/correlate/tap"
)

// telling reports whether a connection of one capture only has something to judge.
func (m *meeting) telling(p *pair.Pair) bool {
	if m.surveys[tap.Client].LeftOut+m.surveys[tap.Server].LeftOut > 0 {
		return false // the other end's view may have been left out
	}
	if p.Remapped {
		return m.resets(p) > 0
	}
	return m.resetAlone(p) || m.swallowed(p) || m.answeredNearer(p) || m.refused(p)
}

// resetAlone reports whether a connection that one capture only holds went from the
// client end to the server end's address, and was reset: a SYN that a box answers
// itself leaves no more than that.
func (m *meeting) resetAlone(p *pair.Pair) bool {
	if p.Client == pair.NoView {
		return false
	}
	seen := m.surveys[tap.Client].Connections[p.Client]
	far := p.ClientSide.Other()
	return seen.Flows[far].Resets > 0 && m.toServer(seen.Ends[far].IP)
}

// swallowed reports whether a connection that one capture only holds went from the
// client end to the server end's address, and is nothing but a SYN sent again:
// a box that eats it leaves no more than that.
func (m *meeting) swallowed(p *pair.Pair) bool {
	if p.Client == pair.NoView {
		return false
	}
	seen := m.surveys[tap.Client].Connections[p.Client]
	near, far := &seen.Flows[p.ClientSide], &seen.Flows[p.ClientSide.Other()]
	return seen.SYNNS != 0 && near.Segments > 1 && far.Segments+far.Resets == 0 && m.toServer(seen.Ends[p.ClientSide.Other()].IP)
}

// refused reports whether a connection that one capture only holds went from the client end
// to the server end's address, and was refused by an ICMP error in the server's name.
func (m *meeting) refused(p *pair.Pair) bool {
	return p.Client != pair.NoView && m.toServer(m.surveys[tap.Client].Connections[p.Client].Ends[p.ClientSide.Other()].IP) && len(m.errorsOf(p)) > 0
}

// answeredNearer reports whether a connection that one capture only holds went from the
// client end to the server end's address, and was answered from fewer routers away than
// those that came to the server: a box that conducts it in the server's name.
func (m *meeting) answeredNearer(p *pair.Pair) bool {
	if p.Client == pair.NoView {
		return false
	}
	seen := m.surveys[tap.Client].Connections[p.Client]
	far := p.ClientSide.Other()
	hops, known := m.hopsTo[seen.Ends[far].IP]
	return known && seen.SYNNS != 0 && seen.AnswerNS != 0 && judge.Hops(seen.Flows[far].TTL) < hops
}

// findHops finds how many routers away each address is at which the client end reached
// the server end: the least, by the first packets that came from there.
func (both *pairing) findHops() map[judge.Address]int {
	hopsTo := map[judge.Address]int{}
	for i := range both.pairs {
		p := &both.pairs[i]
		if !p.Paired() || p.Method == pair.Payload {
			continue
		}
		seen := both.surveys[tap.Client].Connections[p.Client]
		far := p.ClientSide.Other()
		hops := judge.Hops(seen.Flows[far].TTL)
		if least, known := hopsTo[seen.Ends[far].IP]; !known || hops < least {
			hopsTo[seen.Ends[far].IP] = hops
		}
	}
	return hopsTo
}

// resets are those of a connection that one capture has, in both directions.
func (both *pairing) resets(p *pair.Pair) int64 {
	seen := (*survey.Connection)(nil)
	if p.Client != pair.NoView {
		seen = both.surveys[tap.Client].Connections[p.Client]
	} else {
		seen = both.surveys[tap.Server].Connections[p.Server]
	}
	return seen.Flows[survey.Initiator].Resets + seen.Flows[survey.Responder].Resets
}

// joinRemapped lets the case of each connection know those of its packets that came
// under other addresses.
func (m *meeting) joinRemapped() {
	for i := range m.pairs {
		if p := &m.pairs[i]; p.Remapped && m.caseOf[i] != replay.Nowhere {
			of := &m.cases[m.caseOf[p.Of]]
			of.Remapped = append(of.Remapped, int(m.caseOf[i]))
			m.cases[m.caseOf[i]].Of = int(m.caseOf[p.Of])
		}
	}
}

// interrupted are the pairs in whose midst one capture holds another SYN.
func (both *pairing) interrupted() map[int32]bool {
	found := map[int32]bool{}
	for i := range both.pairs {
		if p := &both.pairs[i]; p.Inside {
			found[p.Of] = true
		}
	}
	return found
}

// joinInside leads the SYNs that came in the midst of a connection to its case.
func (m *meeting) joinInside() {
	for i := range m.pairs {
		p := &m.pairs[i]
		if !p.Inside {
			continue
		}
		n := m.caseOf[p.Of]
		m.route(p, n, false)
		for end, view := range [2]int32{p.Client, p.Server} {
			if view != pair.NoView {
				m.left[n] += total(m.surveys[end].Connections[view])
			}
		}
	}
}

// toServer reports whether an address, as the client end knows it, is one at which the
// server end was reached. Where the server's capture holds no connection at all, any
// may be.
func (m *meeting) toServer(there judge.Address) bool {
	return m.services[there] != nil || len(m.surveys[tap.Server].Connections) == 0
}
