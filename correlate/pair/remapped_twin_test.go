package pair

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"testing"

	"bothends/correlate/segment"
	"bothends/correlate/survey"
)

// slowRemapped looks at every connection of a service for each part.
func slowRemapped(pairs []Pair, client, server *survey.Survey) {
	at := map[segment.Endpoint][]int32{}
	for i := range pairs {
		if p := &pairs[i]; p.Paired() && p.Method != Payload {
			service := server.Connections[p.Server].Ends[p.ServerSide.Other()]
			at[service] = append(at[service], int32(i))
		}
	}
	for i := range pairs {
		alone := &pairs[i]
		if alone.Client != NoView {
			continue
		}
		c := server.Connections[alone.Server]
		if c.SYNNS != 0 || !ranged(c) {
			continue
		}
		holders := 0
		for side := survey.Initiator; side <= survey.Responder; side++ {
			for _, of := range at[c.Ends[side.Other()]] {
				p := &pairs[of]
				held, odds := p.holds(client.Connections[p.Client], c, side)
				if !held {
					continue
				}
				p.RemappedAt[atServer] = true
				if odds*float64(len(pairs)) > maxOdds {
					continue
				}
				if holders++; holders == 1 && !alone.Remapped {
					alone.partOf(of, side)
				}
			}
		}
		if holders > 1 && alone.Why == whyPart {
			alone.Remapped, alone.Why = false, "its numbers lie within those of several connections that a NAT may have forgotten in mid-flow"
		}
	}
}

func TestPartsOfForgottenConnectionsAreFoundAsIfAllWereLookedAt(t *testing.T) {
	marked, parts, several := 0, 0, 0
	for seed := range uint64(60) {
		r := rand.New(rand.NewPCG(seed, 3))
		width := int64(1) << (8 + r.IntN(24))
		near := func(n uint32) uint32 { return n + uint32(r.Int64N(2*width)) - uint32(width)/2 }
		client, server := new(survey.Survey), new(survey.Survey)
		var pairs []Pair
		for k := range 3 * fewPairs {
			inner := fmt.Sprintf("10.1.0.%d:%d", 1+k%250, 2000+k)
			x, y, shift := near(0), near(7), uint32(0) // around the wrap of the numbers
			if seed%3 == 0 {
				x, y, shift = r.Uint32(), r.Uint32(), r.Uint32()
			}
			here := midway(inner, service, x, r.Int64N(width), y, r.Int64N(width))
			there := midway(fmt.Sprintf("198.51.100.1:%d", 2000+k), service, x+shift, 10, y, 10)
			p := Pair{Client: int32(len(client.Connections)), Server: int32(len(server.Connections)), Method: SeqRange, Shift: [2]uint32{shift, 0}}
			if r.IntN(4) == 0 {
				there, p.ServerSide = there.turned(), survey.Responder
			}
			client.Connections, server.Connections = append(client.Connections, &here.Connection), append(server.Connections, &there.Connection)
			pairs = append(pairs, p)
			if r.IntN(3) > 0 {
				continue
			}
			at, back := x+shift+uint32(r.Int64N(width)), y+uint32(r.Int64N(width))
			part := midway(fmt.Sprintf("198.51.100.1:%d", 9000+k), service, at, r.Int64N(1+width/64), back, r.Int64N(1+width/64))
			if r.IntN(4) == 0 {
				part = part.turned()
			}
			pairs = append(pairs, Pair{Client: NoView, Server: int32(len(server.Connections)), Method: None})
			server.Connections = append(server.Connections, &part.Connection)
		}
		want := append([]Pair(nil), pairs...)
		slowRemapped(want, client, server)
		remapped(pairs, client, server)
		if !reflect.DeepEqual(pairs, want) {
			t.Fatalf("seed %d: not the pairs that all comparisons find", seed)
		}
		for i := range want {
			switch p := &want[i]; {
			case p.RemappedAt[atServer]:
				marked++
			case p.Remapped:
				parts++
			case p.Why != "":
				several++
			}
		}
	}
	if marked == 0 || parts == 0 || several == 0 {
		t.Errorf("%d were marked, %d parts placed, %d fit several: the test shows nothing", marked, parts, several)
	}
}
