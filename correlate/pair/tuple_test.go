package pair

import (
	"fmt"
	"maps"
	"testing"

	"bothends/correlate/survey"
)

// reset is a connection of which a capture holds a reset of the responder only.
func reset(client, server string, seq uint32) made {
	c := midway(client, server, 0, 0, 0, 0)
	c.Flows[initiator] = survey.Flow{}
	c.Flows[responder] = survey.Flow{Resets: 1, ResetSeq: seq}
	return c
}

// fromPorts are connections of one host's ports, made by one function.
func fromPorts(n int, make func(client string, i int) made) *survey.Survey {
	var list []made
	for i := range n {
		list = append(list, make(fmt.Sprintf("192.168.1.5:%d", 20000+i), i))
	}
	return surveyOf(list...)
}

func TestWhereAddressesAndPortsAreTheSameTheyTellWhatNumbersDoNot(t *testing.T) {
	for name, c := range map[string]struct {
		here, there func(client string, i int) made
		method      Method
	}{
		"one pair of initial numbers": {
			func(client string, _ int) made { return opened(client, service, 7, 9) },
			func(client string, _ int) made { return opened(client, service, 7, 9) }, ISN},
		"one initial number, and no answer at one end": {
			func(client string, _ int) made { return unanswered(client, service, 7) },
			func(client string, _ int) made { return opened(client, service, 7, 9) }, ClientISN},
		"mid-stream at both ends, all in one range": {
			func(client string, _ int) made { return midway(client, service, 100, 1000, 500, 2000) },
			func(client string, _ int) made { return midway(client, service, 600, 1000, 500, 3000) }, SeqRange},
		"one reset and nothing else": {
			func(client string, i int) made { return reset(client, service, uint32(i)) },
			func(client string, i int) made { return reset(client, service, uint32(i)) }, SeqRange},
	} {
		t.Run(name, func(t *testing.T) {
			const n = 300
			pairs, _ := match(fromPorts(n, c.here), fromPorts(n, c.there), true)
			found, why := partners(pairs)
			if len(found) != n {
				t.Fatalf("%d of %d are paired: %.2q", len(found), n, why[:min(2, len(why))])
			}
			for i, j := range found {
				if i != j || pairs[i].Method != c.method || pairs[i].Odds > maxOdds {
					t.Fatalf("%d is taken for %d: %+v", i, j, pairs[i])
				}
			}
		})
	}
}

func TestAddressesAndPortsAloneMakeNoPair(t *testing.T) {
	for name, c := range map[string][2]made{
		"other initial numbers": {opened(client, service, 1, 2), opened(client, service, 3, 4)},
		"another client's SYN":  {unanswered(client, service, 1), unanswered(client, service, 3)},
		"ranges far apart":      {midway(client, service, 100, 50, 500, 50), midway(client, service, 1<<30, 50, 1<<29, 50)},
		"another reset":         {reset(client, service, 1), reset(client, service, 2)},
		"a reset, and more":     {reset(client, service, 1), midway(client, service, 1, 2, 3, 4)},
	} {
		t.Run(name, func(t *testing.T) {
			pairs, _ := match(surveyOf(c[0]), surveyOf(c[1]), true)
			if found, _ := partners(pairs); len(found) > 0 {
				t.Errorf("paired: %+v", pairs)
			}
		})
	}
}

// A load generator begins all its connections with the same numbers. Of the first one the
// client's capture missed the answer to the SYN, of the second one the server's missed the
// handshake; a third both have whole.
func TestConnectionsOfOneISNOneAfterTheOtherAreToldByAddressesAndPorts(t *testing.T) {
	first, second, third := "192.0.2.10:40001", "192.0.2.10:40002", "192.0.2.10:40003"
	half := opened(first, service, 1000, 5000).copied()
	half.Flows[responder].KnowISN, half.AnswerNS = false, 0
	pairs, _ := match(
		surveyOf(half, opened(second, service, 1000, 5000).later(5), opened(third, service, 1000, 5000).later(9)),
		surveyOf(opened(first, service, 1000, 5000), midway(second, service, 1001, 900, 5001, 900).later(5), opened(third, service, 1000, 5000).later(9)), true)
	if got, why := partners(pairs); !maps.Equal(got, map[int32]int32{0: 0, 1: 1, 2: 2}) {
		t.Errorf("%v: %q", got, why)
	}
}
