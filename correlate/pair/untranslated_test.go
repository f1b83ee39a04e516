package pair

import (
	"strings"
	"testing"

	"bothends/correlate/segment"
	"bothends/correlate/survey"
)

// A connection tracker that takes a packet for invalid lets it pass as it is:
// the server sees the address that only the client's network knows.
func TestAConnectionThatPassedTheNATUntranslatedIsNamed(t *testing.T) {
	private := segment.Endpoint{IP: [16]byte{10: 0xff, 11: 0xff, 12: 192, 13: 168, 14: 42, 15: 129}, Port: 40000}
	public := segment.Endpoint{IP: [16]byte{10: 0xff, 11: 0xff, 12: 100, 13: 64, 14: 7, 15: 9}, Port: 1234}
	service := segment.Endpoint{IP: [16]byte{10: 0xff, 11: 0xff, 12: 198, 13: 51, 14: 100, 15: 25}, Port: 587}
	known := func(ends [2]segment.Endpoint, isn uint32) *survey.Connection {
		c := &survey.Connection{Ends: ends, Handshake: true, SYNNS: 1, AnswerNS: 2, Flows: new([2]survey.Flow)}
		c.Flows[survey.Initiator] = survey.Flow{ISN: isn, KnowISN: true, Begun: true, Segments: 3}
		c.Flows[survey.Responder] = survey.Flow{ISN: isn + 77, KnowISN: true, Begun: true, Segments: 3}
		return c
	}
	for _, tt := range []struct {
		name       string
		translated segment.Endpoint
		want       bool
	}{{"behind a NAT", public, true}, {"without a NAT it is only the port used again", private, false}} {
		client := &survey.Survey{Connections: []*survey.Connection{known([2]segment.Endpoint{private, service}, 1000)}}
		server := &survey.Survey{Connections: []*survey.Connection{
			known([2]segment.Endpoint{tt.translated, service}, 1000),
			{Ends: [2]segment.Endpoint{private, service}, Flows: &[2]survey.Flow{{Resets: 1}, {Resets: 1}}},
		}}
		pairs, _ := match(client, server, true)
		got := false
		for _, p := range pairs {
			got = got || strings.Contains(p.Why, "untranslated") && p.Remapped && pairs[p.Of].Paired() && pairs[p.Of].RemappedAt == [2]bool{false, true}
		}
		if got != tt.want {
			t.Errorf("%s: named untranslated %v, want %v: %+v", tt.name, got, tt.want, pairs)
		}
	}
}

// The other way round: the server's packet came back with the server's own address,
// where the client knows only that of the service.
func TestAPacketToAServiceThatPassedUntranslatedIsNamed(t *testing.T) {
	pod := segment.Endpoint{IP: [16]byte{10: 0xff, 11: 0xff, 12: 10, 13: 1, 14: 0, 15: 5}, Port: 40000}
	service := segment.Endpoint{IP: [16]byte{10: 0xff, 11: 0xff, 12: 10, 13: 96, 14: 0, 15: 1}, Port: 443}
	backend := segment.Endpoint{IP: [16]byte{10: 0xff, 11: 0xff, 12: 10, 13: 1, 14: 0, 15: 9}, Port: 8443}
	known := func(to segment.Endpoint) *survey.Connection {
		c := &survey.Connection{Flows: new([2]survey.Flow), Ends: [2]segment.Endpoint{pod, to}, Handshake: true, SYNNS: 1, AnswerNS: 2}
		c.Flows[survey.Initiator] = survey.Flow{ISN: 1000, KnowISN: true, Begun: true, Segments: 3}
		c.Flows[survey.Responder] = survey.Flow{ISN: 1077, KnowISN: true, Begun: true, Segments: 3}
		return c
	}
	client := &survey.Survey{Connections: []*survey.Connection{
		known(service), {Ends: [2]segment.Endpoint{backend, pod}, Flows: &[2]survey.Flow{{Segments: 1}, {Resets: 1}}},
	}}
	server := &survey.Survey{Connections: []*survey.Connection{known(backend)}}
	pairs, _ := match(client, server, true)
	for _, p := range pairs {
		if !p.Paired() && (!p.Remapped || p.Of != 0 || p.ClientSide != survey.Responder) {
			t.Errorf("%+v, want it to belong to the first pair, with the client as its responder", p)
		}
	}
	if len(pairs) != 2 || !pairs[0].Paired() || pairs[0].RemappedAt != [2]bool{true, false} {
		t.Errorf("%+v, want one pair, remapped at the client, and one view by itself", pairs)
	}
}
