package correlate

import (
	"slices"
	"strings"

	"bothends/correlate/judge"
	"bothends/correlate/pair"
	"bothends/correlate/segment"
	"bothends/correlate/survey"
	"bothends/correlate/tap"
)

// findServices finds the addresses at which the client end reached the server end.
func (both *pairing) findServices() map[judge.Address]*judge.Service {
	services := map[judge.Address]*judge.Service{}
	for i := range both.pairs {
		p := &both.pairs[i]
		if !p.Paired() {
			continue
		}
		if at := both.farEnd(p).IP; services[at] == nil {
			services[at] = &judge.Service{Admits: map[uint16]bool{}}
		}
	}
	return services
}

// farEnd is the server end's host, as the client end's capture names it.
func (both *pairing) farEnd(p *pair.Pair) segment.Endpoint {
	return both.surveys[tap.Client].Connections[p.Client].Ends[p.ClientSide.Other()]
}

// fillServices adds up what became of the connections to each service.
func (a *alignment) fillServices() {
	all := admitsAllTCP(a.surveys[tap.Server])
	for _, s := range a.services {
		s.AdmitsAll = all
	}
	for i := range a.surveys[tap.Server].Connections {
		seen := a.surveys[tap.Server].Connections[i]
		service := seen.Ends[survey.Responder]
		if s := a.services[service.IP]; s != nil && seen.Handshake {
			s.Admits[service.Port] = true
		}
	}
	for i := range a.pairs {
		p := &a.pairs[i]
		if p.Client == pair.NoView {
			continue
		}
		there := a.farEnd(p)
		switch s := a.services[there.IP]; {
		case s == nil:
		case p.Paired() && p.Method != pair.Payload:
			s.Add(&a.cases[a.caseOf[i]])
			a.noteThere(s, p, &a.cases[a.caseOf[i]])
			a.cases[a.caseOf[i]].Service = s
		case a.surveys[tap.Client].Connections[p.Client].Flows[p.ClientSide.Other()].Segments > 0:
			s.Elsewhere++
		}
	}
}

// noteThere notes until when packets of a connection show that both hosts had their
// addresses. Of one that has nothing left to judge all packets passed both taps.
func (a *alignment) noteThere(s *judge.Service, p *pair.Pair, c *judge.Case) {
	last := [2]int64{a.surveys[tap.Client].Connections[p.Client].LastNS, a.surveys[tap.Server].Connections[p.Server].LastNS}
	for end := range s.ThereNS {
		if c.Connection != nil {
			last[end] = c.Streams[end].LastPassedNS
		}
		s.ThereNS[end] = max(s.ThereNS[end], last[end])
	}
}

// wholeTCP are the words of filters that leave out no TCP segment.
var wholeTCP = []string{"tcp", "ip", "ip6", "or", "icmp", "icmp6"}

// admitsAllTCP reports whether a capture is known to have been filtered by nothing
// that leaves out a TCP port: a file without a word on its filter says nothing.
func admitsAllTCP(sv *survey.Survey) bool {
	for i := range sv.Interfaces {
		words := strings.Fields(sv.Interfaces[i].Filter)
		if !slices.Contains(words, "tcp") || slices.ContainsFunc(words, func(w string) bool { return !slices.Contains(wholeTCP, w) }) {
			return false
		}
	}
	return len(sv.Interfaces) > 0
}
