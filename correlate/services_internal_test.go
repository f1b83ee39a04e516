package correlate

import (
	"maps"
	"testing"

	"bothends/correlate/judge"
	"bothends/correlate/segment"
	"bothends/correlate/survey"
)

// Which end is the service is a guess where the handshake is missing, and what a
// host opened itself says nothing of the ports that it serves.
func TestACaptureAdmitsThePortsThatConnectionsToItUsed(t *testing.T) {
	host := judge.Address{15: 25}
	at := func(ip judge.Address, port uint16) segment.Endpoint { return segment.Endpoint{IP: ip, Port: port} }
	other := judge.Address{15: 9}
	seen := func(handshake bool, initiator, responder segment.Endpoint) *survey.Connection {
		return &survey.Connection{Handshake: handshake, Ends: [2]segment.Endpoint{initiator, responder}, Flows: new([2]survey.Flow)}
	}
	service := &judge.Service{Admits: map[uint16]bool{}}
	a := alignment{services: map[judge.Address]*judge.Service{host: service}}
	a.surveys = [2]*survey.Survey{{}, {Connections: []*survey.Connection{
		seen(true, at(other, 40000), at(host, 587)), seen(false, at(other, 40001), at(host, 25)), seen(true, at(host, 50000), at(other, 443)),
	}}}
	a.fillServices()
	if want := map[uint16]bool{587: true}; !maps.Equal(service.Admits, want) {
		t.Errorf("admits %v, want %v", service.Admits, want)
	}
}
