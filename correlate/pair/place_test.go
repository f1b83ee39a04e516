package pair

import (
	"testing"

	"pgregory.net/rapid"

	"bothends/correlate/survey"
)

func TestEachClueTellsWhichCaptureIsTheClients(t *testing.T) {
	at := func(isn uint32) made { return opened(client, service, isn, isn+5000) }
	const ms = int64(1e6)
	for name, c := range map[string]struct {
		atClient, atServer made
		clue               survey.Clue
	}{
		"the direction recorded at both ends":       {at(1).directed(0, 9), at(1).directed(9, 0), survey.RecordedDirection},
		"the direction recorded at the client only": {at(1).directed(0, 9), at(1).ttl(58, 62), survey.RecordedDirection},
		"the direction recorded at the server only": {at(1).ttl(62, 58), at(1).directed(9, 0), survey.RecordedDirection},
		"the direction against the TTL":             {at(1).directed(0, 9).ttl(55, 64), at(1).directed(9, 0).ttl(64, 55), survey.RecordedDirection},
		"initial TTLs at both ends":                 {at(1).ttl(64, 120), at(1).ttl(57, 128), survey.InitialTTL},
		"an initial TTL at the client only":         {at(1).ttl(64, 120), at(1).ttl(57, 127), survey.InitialTTL},
		"an initial TTL at the server only":         {at(1).ttl(63, 120), at(1).ttl(57, 128), survey.InitialTTL},
		"TTLs that have fallen at both taps":        {at(1).ttl(63, 120), at(1).ttl(60, 123), survey.InitialTTL},
		"the time that the answer takes":            {at(1).waits(40*ms, ms), at(1).waits(ms, 40*ms), survey.HandshakeWait},
		"the longer of two waits for the answer":    {at(1).waits(40*ms, 15*ms), at(1).waits(20*ms, 15*ms), survey.HandshakeWait},
	} {
		for _, swapped := range []bool{false, true} {
			name := name + map[bool]string{false: "", true: ", captures given the other way round"}[swapped]
			t.Run(name, func(t *testing.T) {
				first, other := surveyOf(c.atClient), surveyOf(c.atServer)
				if swapped {
					first, other = other, first
				}
				pairs, got := match(first, other, false)
				if got.Swapped != swapped || got.Clue != c.clue || got.Votes != 1 || got.Against != 0 || got.SamePlace {
					t.Errorf("%+v, want %v by %s", got, swapped, c.clue)
				}
				if p := pairs[0]; p.ClientSide != initiator || p.ServerSide != initiator {
					t.Errorf("%+v", p)
				}
				// Ends that the caller fixed stay; the initiator is at the server end then.
				pairs, got = match(first, other, true)
				side := map[bool]survey.Side{false: initiator, true: responder}[swapped]
				if p := pairs[0]; got.Swapped || p.ClientSide != side || p.ServerSide != side {
					t.Errorf("fixed: %+v %+v", got, p)
				}
				if swapped && got.Votes+got.Against != 1 {
					t.Errorf("fixed: no word of what speaks against it: %+v", got)
				}
			})
		}
	}
}

func TestWithoutAClueTheOrderStands(t *testing.T) {
	c := opened(client, service, 1, 2).waits(40e6, 40e6)
	pairs, at := match(surveyOf(c), surveyOf(c.ttl(60, 60).waits(40e6, 40e6)), false)
	if at.Swapped || at.Clue != survey.NoClue || at.Votes != 0 || !pairs[0].Paired() {
		t.Errorf("%+v", at)
	}
}

func TestAConnectionThatTheServersHostOpenedCountsAgainstTheRest(t *testing.T) {
	away, back := opened(client, service, 1, 2), opened("203.0.113.25:55000", "192.168.1.5:113", 3, 4)
	pairs, at := match(
		surveyOf(away.ttl(64, 55), opened(client, service, 5, 6).ttl(64, 55), back.ttl(55, 64)),
		surveyOf(away.ttl(55, 64), opened(client, service, 5, 6).ttl(55, 64), back.ttl(64, 55)), false)
	if at.Swapped || at.Votes != 2 || at.Against != 1 {
		t.Errorf("%+v", at)
	}
	for i, want := range []survey.Side{initiator, initiator, responder} {
		if pairs[i].ClientSide != want || pairs[i].ServerSide != want {
			t.Errorf("connection %d: the client end's host is %v", i, pairs[i].ClientSide)
		}
	}
}

func TestAWeakClueDoesNotTurnOneConnectionAgainstTheRest(t *testing.T) {
	sure, odd := opened(client, service, 1, 2), opened(client, service, 3, 4)
	pairs, _ := match(
		surveyOf(sure.directed(0, 9), odd.waits(20e6, 15e6)),
		surveyOf(sure.directed(9, 0), odd.waits(40e6, 15e6)), false)
	if p := pairs[1]; p.ClientSide != initiator || p.ServerSide != initiator {
		t.Errorf("a busy host's wait overruled the recorded direction: %+v", p)
	}
}

func TestAConnectionWithoutAClueWasOpenedFromTheClientEnd(t *testing.T) {
	sure := opened(client, service, 90_001, 90_002)
	whole := opened(client, service, 900, 4900)
	part := midway(natted, service, 1000, 900, 5000, 900).turned()
	// Guessed the other way round at the end that lacks the handshake, be that
	// the client's or the server's.
	for name, c := range map[string][2]made{"part at the server": {whole, part}, "part at the client": {part, whole}} {
		for _, swapped := range []bool{false, true} {
			first, other := surveyOf(sure.directed(0, 9), c[0]), surveyOf(sure.directed(9, 0), c[1])
			if swapped {
				first, other = other, first
			}
			pairs, at := match(first, other, false)
			p := pairs[1]
			if at.Swapped != swapped || !p.Paired() {
				t.Fatalf("%s: %+v %+v", name, at, p)
			}
			want := [2]survey.Side{initiator, responder}
			if name == "part at the client" {
				want = [2]survey.Side{responder, initiator}
			}
			if got := [2]survey.Side{p.ClientSide, p.ServerSide}; got != want {
				t.Errorf("%s, swapped %v: %v", name, swapped, got)
			}
		}
	}
}

func TestTheRecordedDirectionCountsWhereRolesAreTurned(t *testing.T) {
	whole := opened(client, service, 900, 4900).directed(0, 9)
	part := midway(natted, service, 1000, 900, 5000, 900).directed(9, 0).turned()
	pairs, at := match(surveyOf(part), surveyOf(whole), false)
	if p := pairs[0]; !at.Swapped || at.Clue != survey.RecordedDirection || at.Votes != 1 || p.ClientSide != initiator || p.ServerSide != responder {
		t.Errorf("%+v %+v", at, p)
	}
}

func TestTwoTapsAtOnePlaceAreNoticed(t *testing.T) {
	c := opened(client, service, 1, 2).ttl(64, 55)
	c = c.directed(0, 9)
	for name, other := range map[string]struct {
		made
		same bool
	}{
		"the same host":                                  {c, true},
		"the same host, recorded 3 µs apart":             {c.directed(0, 0).waits(40e6+3e3, 20e6), true},
		"the other end":                                  {c.directed(0, 0).ttl(55, 64).waits(1e5, 60e6), false},
		"a router away, without any delay":               {c.directed(0, 0).ttl(63, 56), false},
		"a wire away: equal TTLs, and 100 µs":            {c.directed(0, 0).waits(40e6-1e5, 20e6), false},
		"equal in all, but sent here and received there": {c.directed(9, 0), false},
		"nothing but the middle of it":                   {midway(client, service, 500, 300, 500, 300).ttl(64, 55), false},
	} {
		t.Run(name, func(t *testing.T) {
			if _, at := match(surveyOf(c), surveyOf(other.made), false); at.SamePlace != other.same {
				t.Errorf("%+v", at)
			}
		})
	}
}

func TestTheOrderOfTheCapturesDoesNotMatterIfAnythingTellsTheEnds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		shift := [2]uint32{rapid.Uint32().Draw(t, "shift"), rapid.Uint32().Draw(t, "shift back")}
		var atClient, atServer []made
		for n := range rapid.IntRange(1, 6).Draw(t, "connections") {
			isn := rapid.Uint32Range(0, 20) // few, so that some collide
			c := opened(client, service, isn.Draw(t, "isn"), isn.Draw(t, "isn")).stamped(uint32(n+1), uint32(n+1))
			s := opened(natted, service, c.Flows[0].ISN, c.Flows[1].ISN).stamped(uint32(n+1), uint32(n+1))
			switch rapid.IntRange(0, 4).Draw(t, "kind") {
			case 0:
				s.Flows[0].ISN += shift[0]
				s.Flows[1].ISN += shift[1]
			case 1:
				c = unanswered(client, service, c.Flows[0].ISN)
			case 2:
				s = midway(natted, service, c.Flows[0].ISN+10, 300, c.Flows[1].ISN+10, 300)
			case 3:
				s = midway(natted, service, c.Flows[0].ISN+10, 300, c.Flows[1].ISN+10, 300).turned().ttl(64, 55)
				atClient, atServer = append(atClient, c.ttl(64, 55)), append(atServer, s)
				continue
			}
			atClient, atServer = append(atClient, c.ttl(64, 55)), append(atServer, s.ttl(55, 64))
		}
		straight, at := match(surveyOf(atClient...), surveyOf(atServer...), false)
		reversed, back := match(surveyOf(atServer...), surveyOf(atClient...), false)
		if at.Clue == survey.NoClue {
			t.Skip("nothing tells the ends")
		}
		if at.Swapped == back.Swapped || at.Votes != back.Votes || at.Clue != back.Clue || at.SamePlace != back.SamePlace {
			t.Fatalf("%+v, %+v", at, back)
		}
		if len(straight) != len(reversed) {
			t.Fatalf("%d and %d pairs", len(straight), len(reversed))
		}
		for i := range straight {
			if straight[i] != reversed[i] {
				t.Fatalf("%+v\n%+v", straight[i], reversed[i])
			}
		}
	})
}
