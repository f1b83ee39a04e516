package pair

import (
	"testing"

	"bothends/correlate/segment"
	"bothends/correlate/survey"
)

// A NAT that forgot a connection gives what comes next another port. The server
// resets that, and the reset comes back to the client as one of the connection.
func TestAConnectionThatANATRemappedInMidFlowIsKnown(t *testing.T) {
	host := func(last byte, port uint16) segment.Endpoint {
		return segment.Endpoint{IP: [16]byte{10: 0xff, 11: 0xff, 12: 198, 13: 51, 14: 100, 15: last}, Port: port}
	}
	private, first, second, service := host(1, 40000), host(9, 1111), host(9, 2222), host(25, 587)
	flow := func(base uint32, lo, hi int64) survey.Flow {
		return survey.Flow{Begun: true, Base: base, Lo: lo, Hi: hi, Segments: 1}
	}
	whole := func(client segment.Endpoint, shift uint32) *survey.Connection {
		c := &survey.Connection{Flows: new([2]survey.Flow), Ends: [2]segment.Endpoint{client, service}, Handshake: true, SYNNS: 1, AnswerNS: 2}
		for side, isn := range []uint32{1000, 5000} {
			if side == 0 {
				isn += shift
			}
			c.Flows[side] = flow(isn, 0, 300)
			c.Flows[side].ISN, c.Flows[side].KnowISN = isn, true
			c.Flows[side].TSVal, c.Flows[side].HasTSVal = uint32(77+side), true
		}
		return c
	}
	part := func(client segment.Endpoint, seq, ack uint32) *survey.Connection {
		return &survey.Connection{Ends: [2]segment.Endpoint{client, service}, Flows: &[2]survey.Flow{flow(seq, 0, 100), flow(ack, 0, 0)}}
	}
	opened := part(second, 1200, 5300)
	opened.SYNNS = 3
	for _, test := range []struct {
		name  string
		shift uint32 // of the client's numbers on the way
		part  *survey.Connection
		want  bool
	}{
		{"by another port", 0, part(second, 1200, 5300), true},
		{"by its own address", 0, part(private, 1200, 5300), true},
		{"behind a firewall that shifts its numbers", 70000, part(second, 71200, 5300), true},
		{"not if the numbers are others", 0, part(second, 2200, 5300), false},
		{"not if the acknowledged numbers are others", 0, part(second, 1200, 9300), false},
		{"not if the other begins with a SYN", 0, opened, false},
		{"not if it is to another service", 0, func() *survey.Connection {
			c := part(second, 1200, 5300)
			c.Ends[1].Port++
			return c
		}(), false},
	} {
		t.Run(test.name, func(t *testing.T) {
			client := &survey.Survey{Connections: []*survey.Connection{whole(private, 0)}}
			server := &survey.Survey{Connections: []*survey.Connection{whole(first, test.shift), test.part}}
			pairs, _ := match(client, server, true)
			if len(pairs) != 2 || !pairs[0].Paired() {
				t.Fatalf("got %+v", pairs)
			}
			if pairs[0].RemappedAt != [2]bool{false, test.want} {
				t.Errorf("remapped %v, want %v", pairs[0].RemappedAt, test.want)
			}
		})
	}
}
