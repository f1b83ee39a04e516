package pair

import (
	"net/netip"
	"strings"

	"bothends/correlate/segment"
	"bothends/correlate/survey"
)

// made is a connection as a tap saw it, put together by hand.
type made struct{ survey.Connection }

const (
	initiator = survey.Initiator
	responder = survey.Responder
	second    = int64(1e9)
	epoch     = 1_700_000_000 * second
)

func end(text string) segment.Endpoint {
	at := netip.MustParseAddrPort(text)
	return segment.Endpoint{IP: at.Addr().As16(), Port: at.Port()}
}

// opened is a connection whose handshake was captured, with 1000 bytes each way.
func opened(client, server string, clientISN, serverISN uint32) made {
	c := made{survey.Connection{Flows: new([2]survey.Flow), Ends: [2]segment.Endpoint{end(client), end(server)}, Handshake: true,
		FirstNS: epoch, LastNS: epoch + second, SYNNS: epoch, AnswerNS: epoch + 40e6, CompleteNS: epoch + 60e6}}
	for side, isn := range []uint32{clientISN, serverISN} {
		c.Flows[side] = survey.Flow{ISN: isn, KnowISN: true, Begun: true, Base: isn, Hi: 1001, Segments: 5, TTL: 60}
	}
	return c
}

// midway is a connection whose beginning was not captured: the given ranges of
// sequence numbers are.
func midway(client, server string, clientLow uint32, clientLen int64, serverLow uint32, serverLen int64) made {
	c := opened(client, server, 0, 0)
	c.Handshake, c.SYNNS, c.AnswerNS, c.CompleteNS = false, 0, 0, 0
	c.Flows[initiator] = survey.Flow{Begun: true, Base: clientLow, Hi: clientLen, Segments: 5, TTL: 60}
	c.Flows[responder] = survey.Flow{Begun: true, Base: serverLow, Hi: serverLen, Segments: 5, TTL: 60}
	return c
}

// copied is a connection with flows of its own, to be changed.
func (c made) copied() made {
	flows := *c.Flows
	c.Flows = &flows
	return c
}

// unanswered is a SYN alone.
func unanswered(client, server string, isn uint32) made {
	c := opened(client, server, isn, 0)
	c.AnswerNS, c.CompleteNS = 0, 0
	c.Flows[initiator].Hi = 1
	c.Flows[responder] = survey.Flow{}
	return c
}

// turned is the same connection with its roles guessed the other way round.
func (c made) turned() made {
	c = c.copied()
	c.Ends[0], c.Ends[1] = c.Ends[1], c.Ends[0]
	c.Flows[0], c.Flows[1] = c.Flows[1], c.Flows[0]
	c.Handshake = false
	return c
}

func (c made) stamped(syn, answer uint32) made {
	c = c.copied()
	c.Flows[initiator].TSVal, c.Flows[initiator].HasTSVal = syn, true
	c.Flows[responder].TSVal, c.Flows[responder].HasTSVal = answer, true
	return c
}

// later is the same connection at another time.
func (c made) later(seconds int64) made {
	for _, t := range []*int64{&c.FirstNS, &c.LastNS, &c.SYNNS, &c.AnswerNS, &c.CompleteNS} {
		if *t != 0 {
			*t += seconds * second
		}
	}
	return c
}

// acked lets the initiator have acknowledged what the responder sent up to a position.
func (c made) acked(position int64) made {
	c = c.copied()
	c.Flows[responder].Acked = position
	return c
}

// says is what the responder's stream begins with.
func (c made) says(head string) made {
	c = c.copied()
	c.Flows[responder].Head = new([survey.HeadBytes]byte)
	c.Flows[responder].HeadLen = uint8(copy(c.Flows[responder].Head[:], head))
	return c
}

func (c made) ttl(fromInitiator, fromResponder uint8) made {
	c = c.copied()
	c.Flows[initiator].TTL, c.Flows[responder].TTL = fromInitiator, fromResponder
	return c
}

// waits says how long the answer to the SYN took and then the initiator's answer to that.
func (c made) waits(answer, completion int64) made {
	c = c.copied()
	c.AnswerNS = c.SYNNS + answer
	c.CompleteNS = c.AnswerNS + completion
	return c
}

func (c made) directed(initiatorInbound, initiatorOutbound int32) made {
	c = c.copied()
	c.Flows[initiator].Inbound, c.Flows[initiator].Outbound = initiatorInbound, initiatorOutbound
	c.Flows[responder].Inbound, c.Flows[responder].Outbound = initiatorOutbound, initiatorInbound
	return c
}

func (c made) at(from, to int64) made {
	c = c.copied()
	c.FirstNS, c.LastNS = from, to
	return c
}

func surveyOf(connections ...made) *survey.Survey {
	sv := &survey.Survey{FirstNS: 1 << 62}
	for _, c := range connections {
		sv.Connections = append(sv.Connections, &c.Connection)
		sv.FirstNS, sv.LastNS = min(sv.FirstNS, c.FirstNS), max(sv.LastNS, c.LastNS)
	}
	return sv
}

// partners lists the partner of each connection of the client end that has one,
// and why the others have none.
func partners(pairs []Pair) (paired map[int32]int32, why []string) {
	paired = map[int32]int32{}
	for _, p := range pairs {
		if p.Paired() {
			paired[p.Client] = p.Server
		} else {
			why = append(why, p.Why)
		}
	}
	return paired, why
}

func mentions(why []string, word string) bool {
	for _, w := range why {
		if strings.Contains(w, word) {
			return true
		}
	}
	return false
}
