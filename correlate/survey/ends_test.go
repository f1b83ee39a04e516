package survey

import "testing"

func TestTheTapsOwnHostIsFoundByTheBestClue(t *testing.T) {
	flows := func(initiator, responder Flow) *[2]Flow { return &[2]Flow{initiator, responder} }
	ttls := func(i, r uint8) *[2]Flow { return flows(Flow{Segments: 1, TTL: i}, Flow{Segments: 1, TTL: r}) }
	for name, c := range map[string]struct {
		connection Connection
		side       Side
		clue       Clue
	}{
		"the direction outweighs TTL and timing": {
			Connection{Flows: flows(Flow{Segments: 2, TTL: 64, Inbound: 2}, Flow{Segments: 2, TTL: 57, Outbound: 2}),
				SYNNS: 1000, AnswerNS: 9000, CompleteNS: 9001}, Responder, RecordedDirection},
		"sent by the initiator": {
			Connection{Flows: flows(Flow{Outbound: 3}, Flow{Inbound: 2})}, Initiator, RecordedDirection},
		"directions that contradict each other do not count": {
			Connection{Flows: flows(Flow{Segments: 2, TTL: 64, Outbound: 1, Inbound: 1}, Flow{Segments: 2, TTL: 57})}, Initiator, InitialTTL},
		"more segments of one direction than 32 bits double to": {
			Connection{Flows: flows(Flow{Outbound: 1 << 30}, Flow{Inbound: 1 << 30, Outbound: 1 << 30})}, 0, NoClue},
		"the TTL outweighs the timing": {
			Connection{Flows: ttls(57, 64), SYNNS: 1000, AnswerNS: 9000, CompleteNS: 9001}, Responder, InitialTTL},
		"Windows at the initiator": {Connection{Flows: ttls(128, 57)}, Initiator, InitialTTL},
		"both TTLs are initial, the timing tells": {
			Connection{Flows: ttls(64, 128), SYNNS: 1000, AnswerNS: 9000, CompleteNS: 9001}, Initiator, HandshakeWait},
		"neither TTL is initial, the far end completes late": {
			Connection{Flows: ttls(57, 50), SYNNS: 1000, AnswerNS: 1100, CompleteNS: 9000}, Responder, HandshakeWait},
		"one side only has no TTL to compare": {
			Connection{Flows: flows(Flow{Segments: 1, TTL: 64}, Flow{})}, 0, NoClue},
		"both waits are alike": {
			Connection{Flows: new([2]Flow), SYNNS: 1000, AnswerNS: 2000, CompleteNS: 3000}, 0, NoClue},
		"a handshake recorded backwards tells nothing": {
			Connection{Flows: new([2]Flow), SYNNS: 2000, AnswerNS: 1000, CompleteNS: 3000}, 0, NoClue},
		"a handshake of which a part is missing tells nothing": {
			Connection{Flows: new([2]Flow), SYNNS: 1000, AnswerNS: 9000}, 0, NoClue},
	} {
		t.Run(name, func(t *testing.T) {
			if side, clue := c.connection.Local(); side != c.side || clue != c.clue {
				t.Errorf("side %d by %s, want side %d by %s", side, clue, c.side, c.clue)
			}
		})
	}
}
