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
func (c *comparison) findServices() map[judge.Address]*judge.Service {
	services := map[judge.Address]*judge.Service{}
	for i := range c.pairs {
		if p := &c.pairs[i]; p.Paired() {
			services[c.farEnd(p).IP] = &judge.Service{Admits: map[uint16]bool{}}
		}
	}
	return services
}

// farEnd is the server end's host, as the client end's capture names it.
func (c *comparison) farEnd(p *pair.Pair) segment.Endpoint {
	return c.surveys[tap.Client].Connections[p.Client].Ends[p.ClientSide.Other()]
}

// fillServices adds up what became of the connections to each service.
func (c *comparison) fillServices() {
	all := admitsAllTCP(c.surveys[tap.Server])
	for _, s := range c.services {
		s.AdmitsAll = all
	}
	for i := range c.surveys[tap.Server].Connections {
		seen := c.surveys[tap.Server].Connections[i]
		service := seen.Ends[survey.Responder]
		if s := c.services[service.IP]; s != nil && seen.Handshake {
			s.Admits[service.Port] = true
		}
	}
	for i := range c.pairs {
		p := &c.pairs[i]
		if p.Client == pair.NoView {
			continue
		}
		there := c.farEnd(p)
		switch s := c.services[there.IP]; {
		case s == nil:
		case p.Paired() && p.Method != pair.Payload:
			s.Add(&c.cases[c.caseOf[i]])
			c.cases[c.caseOf[i]].Service = s
		case c.surveys[tap.Client].Connections[p.Client].Flows[p.ClientSide.Other()].Segments > 0:
			s.Elsewhere++
		}
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
