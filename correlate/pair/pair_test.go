package pair

import (
	"maps"
	"testing"

	"bothends/correlate/survey"
)

const (
	client  = "192.168.1.5:40001"
	natted  = "198.51.100.9:61234"
	service = "203.0.113.25:25"
	inside  = "10.0.0.8:2525" // the service behind the server's own NAT
)

func TestConnectionsAreFoundAgainByWhatSurvivesTheWay(t *testing.T) {
	shifted := opened(natted, service, 1000+77, 5000+99).stamped(8001, 9001)
	halfShifted := opened(natted, service, 1000, 5000+99).stamped(8001, 9001)
	bulk := midway(client, service, 100, 3<<30, 500, 2000)
	opposite := opened(natted, service, 5000, 1000)
	opposite.Flows[responder].KnowISN = false
	for name, c := range map[string]struct {
		atClient, atServer made
		method             Method
		why                string // if there is no partner
		shift              [2]uint32
	}{
		"both initial numbers, the same addresses":  {opened(client, service, 1000, 5000), opened(client, service, 1000, 5000), ISN, "", [2]uint32{}},
		"both initial numbers, NAT at both ends":    {opened(client, service, 1000, 5000), opened(natted, inside, 1000, 5000), ISN, "", [2]uint32{}},
		"initial numbers of zero are numbers":       {opened(client, service, 0, 0), opened(natted, service, 0, 0), ISN, "", [2]uint32{}},
		"an answer that the client end lacks":       {unanswered(client, service, 1000), opened(natted, service, 1000, 5000), ClientISN, "", [2]uint32{}},
		"an answer that neither end has":            {unanswered(client, service, 1000), unanswered(natted, inside, 1000), ClientISN, "", [2]uint32{}},
		"another answer, forged, at the client end": {opened(client, service, 1000, 666), opened(natted, service, 1000, 5000), ClientISN, "", [2]uint32{}},
		"a SYN proxy's answer":                      {opened(client, service, 1000, 666).acked(1001), opened(natted, service, 1000, 5000).acked(1001), SeqShift, "", [2]uint32{0, 5000 - 666}},
		"a SYN proxy's, told by the banner":         {opened(client, service, 1000, 666).says("220 mx1 "), opened(natted, service, 1000, 5000).says("220 mx1 "), SeqShift, "", [2]uint32{0, 5000 - 666}},
		"a forged answer that was acknowledged":     {opened(client, service, 1000, 666).acked(1), opened(natted, service, 1000, 5000).acked(666 - 5000), ClientISN, "", [2]uint32{}},
		"a forged answer and a forged banner":       {opened(client, service, 1000, 666).acked(1001).says("220 evil"), opened(natted, service, 1000, 5000).acked(1001).says("220 mx1 "), ClientISN, "", [2]uint32{}},
		"a forged answer to what came to nothing":   {opened(client, service, 1000, 666), opened(natted, service, 1000, 5000).acked(1), ClientISN, "", [2]uint32{}},
		"a SYN that never arrived":                  {unanswered(client, service, 1000), opened(natted, service, 2000, 5000), None, "its SYN is not in the server's capture", [2]uint32{}},
		"another connection, opened later":          {opened(client, service, 1000, 5000), opened(client, service, 70000, 90000), None, "no connection in the server's capture has these sequence numbers", [2]uint32{}},
		"both numbers rewritten by a firewall":      {opened(client, service, 1000, 5000).stamped(8001, 9001), shifted, SeqShift, "", [2]uint32{77, 99}},
		"the server's numbers rewritten":            {opened(client, service, 1000, 5000).stamped(8001, 9001), halfShifted, SeqShift, "", [2]uint32{0, 99}},
		"numbers rewritten and other timestamps":    {opened(client, service, 1000, 5000).stamped(8002, 9001), shifted, None, "no connection", [2]uint32{}},
		"timestamps of zero tell nothing":           {opened(client, service, 1000, 5000).stamped(0, 0), opened(client, service, 2000, 6000).stamped(0, 0), None, "no connection", [2]uint32{}},

		"no handshake at the server end":                     {opened(client, service, 1000, 5000), midway(natted, service, 1500, 100, 5500, 100), SeqRange, "", [2]uint32{}},
		"no handshake at either end":                         {midway(client, service, 900, 400, 4900, 400), midway(natted, service, 1000, 900, 5000, 900), SeqRange, "", [2]uint32{}},
		"the client's range elsewhere":                       {midway(client, service, 900, 400, 4900, 400), midway(client, service, 2000, 900, 5000, 900), None, "no connection", [2]uint32{}},
		"the server's range elsewhere":                       {midway(client, service, 900, 400, 4900, 400), midway(client, service, 1000, 900, 6000, 900), None, "no connection", [2]uint32{}},
		"a range across the wrap of the numbers":             {midway(client, service, 1<<32-200, 400, 4900, 400), midway(natted, service, 100, 900, 5000, 900), SeqRange, "", [2]uint32{}},
		"both across the wrap, the later one starts below":   {midway(client, service, 50, 400, 4900, 400), midway(natted, service, 1<<32-900, 1000, 5000, 900), SeqRange, "", [2]uint32{}},
		"roles guessed the other way round":                  {midway(client, service, 900, 400, 4900, 400).turned(), midway(natted, service, 1000, 900, 5000, 900), SeqRange, "", [2]uint32{}},
		"roles known here, guessed wrongly there":            {opened(client, service, 900, 4900), midway(natted, service, 1000, 900, 5000, 900).turned(), SeqRange, "", [2]uint32{}},
		"roles known at both ends, and the opposite":         {opened(client, service, 1000, 5000), opposite, None, "no connection", [2]uint32{}},
		"keep-alives only":                                   {midway(client, service, 900, 1, 4900, 0), midway(natted, service, 900, 1, 4900, 0), SeqRange, "", [2]uint32{}},
		"3 GiB in one direction":                             {bulk, midway(natted, service, 100+5<<28, 1<<30, 600, 100), SeqRange, "", [2]uint32{}},
		"a capture that begins 3 GiB - 1 into the other":     {bulk, midway(natted, service, 100+3<<30-1, 1<<20, 600, 100), SeqRange, "", [2]uint32{}},
		"a range beyond the end of 3 GiB":                    {bulk, midway(natted, service, 100+3<<30+1, 1<<20, 600, 100), None, "no connection", [2]uint32{}},
		"more than the sequence space in one direction":      {midway(client, service, 100, 5<<30, 500, 2000), midway(natted, service, 7, 5<<30, 600, 100), SeqRange, "", [2]uint32{}},
		"so much in both directions that ranges say nothing": {midway(client, service, 100, 3<<30, 500, 3<<30), midway(natted, service, 100, 3<<30, 500, 3<<30), None, "no connection", [2]uint32{}},

		"recorded at other times": {opened(client, service, 1000, 5000), opened(client, service, 2000, 6000).at(epoch+3600*second, epoch+3601*second), None, "does not cover its time", [2]uint32{}},
	} {
		t.Run(name, func(t *testing.T) {
			pairs, _ := match(surveyOf(c.atClient), surveyOf(c.atServer), true)
			if c.method == None {
				if len(pairs) != 2 || pairs[0].Paired() || pairs[1].Paired() {
					t.Fatalf("paired: %+v", pairs)
				}
				if !mentions([]string{pairs[0].Why}, c.why) || pairs[1].Why == "" {
					t.Errorf("why: %q, %q; want %q", pairs[0].Why, pairs[1].Why, c.why)
				}
				return
			}
			if len(pairs) != 1 || !pairs[0].Paired() {
				t.Fatalf("not paired: %+v", pairs)
			}
			if p := pairs[0]; p.Method != c.method || p.Shift != c.shift || p.Odds > maxOdds || p.Odds <= 0 || p.Why != "" {
				t.Errorf("%+v", p)
			}
		})
	}
}

func TestACaptureWithoutConnectionsLeavesTheOtherOneSided(t *testing.T) {
	pairs, _ := match(surveyOf(opened(client, service, 1, 2)), surveyOf(), false)
	if len(pairs) != 1 || pairs[0].Paired() || pairs[0].Why != "the server's capture holds no TCP connection" {
		t.Errorf("%+v", pairs)
	}
}

// A router records each connection on both its interfaces, before and after NAT.
func TestOfSeveralRecordingsTheOneNearestToTheOtherEndIsTaken(t *testing.T) {
	before, after := opened(client, service, 1000, 5000), opened(natted, service, 1000, 5000)
	atServer := opened(natted, service, 1000, 5000)
	unknown := opened("100.64.0.1:7777", "192.0.2.1:7", 1000, 5000)
	mid := func(at string) made { return midway(at, service, 900, 400, 4900, 400) }
	for name, c := range map[string]struct {
		atClient, atServer []made
		want               map[int32]int32
		why                string
	}{
		"before NAT first":                      {[]made{before, after}, []made{atServer}, map[int32]int32{1: 0}, "recorded several times"},
		"after NAT first":                       {[]made{after, before}, []made{atServer}, map[int32]int32{0: 0}, "recorded several times"},
		"at the server end":                     {[]made{before}, []made{opened(client, inside, 1000, 5000), before}, map[int32]int32{0: 1}, "recorded several times"},
		"at both ends":                          {[]made{before, after}, []made{after, opened(natted, inside, 1000, 5000)}, map[int32]int32{1: 0}, "recorded several times"},
		"only the port is the same":             {[]made{before, opened("198.51.100.9:61234", service, 1000, 5000)}, []made{opened("100.64.7.7:61234", inside, 1000, 5000)}, map[int32]int32{1: 0}, "recorded several times"},
		"the same port at another address":      {[]made{opened("100.64.7.7:61234", service, 1000, 5000), after}, []made{atServer}, map[int32]int32{1: 0}, "recorded several times"},
		"neither is nearer":                     {[]made{before, after}, []made{unknown}, map[int32]int32{}, "several connections"},
		"neither is nearer, at the other end":   {[]made{unknown}, []made{before, after}, map[int32]int32{}, "several connections"},
		"without a handshake, one nearer":       {[]made{mid(client), mid(natted)}, []made{mid(natted)}, map[int32]int32{1: 0}, "recorded several times"},
		"without a handshake, neither nearer":   {[]made{mid(client), mid(natted)}, []made{mid("100.64.0.1:7777")}, map[int32]int32{}, "several connections"},
		"without a handshake, two that overlap": {[]made{mid("100.64.0.1:7777")}, []made{mid(client), mid(natted)}, map[int32]int32{}, "several connections"},
		"one SYN number in two connections":     {[]made{unanswered("100.64.0.1:7777", "192.0.2.1:7", 1000)}, []made{unanswered(client, service, 1000), unanswered(natted, service, 1000)}, map[int32]int32{}, "several connections"},
		"one timestamp in two, numbers rewritten": {
			[]made{opened(client, service, 1, 2).stamped(8, 9)}, []made{opened(natted, service, 3, 4).stamped(8, 9), opened("198.51.100.9:61235", service, 5, 6).stamped(8, 9)},
			map[int32]int32{}, "several connections"},
	} {
		t.Run(name, func(t *testing.T) {
			pairs, _ := match(surveyOf(c.atClient...), surveyOf(c.atServer...), true)
			got, why := partners(pairs)
			if !maps.Equal(got, c.want) {
				t.Errorf("%v, want %v; %q", got, c.want, why)
			}
			for _, w := range why {
				if !mentions([]string{w}, c.why) {
					t.Errorf("why: %q, want %q", w, c.why)
				}
			}
			// What is only a second recording need not be compared; what may be any of
			// several was not, and should have been.
			for i := range pairs {
				if p := &pairs[i]; !p.Paired() && (p.Outdone != (c.why == "recorded several times") || p.Ambiguous != (c.why == "several connections")) {
					t.Errorf("%q: outdone %v, ambiguous %v", p.Why, p.Outdone, p.Ambiguous)
				}
			}
			if len(why) != len(c.atClient)+len(c.atServer)-2*len(got) {
				t.Errorf("%d without partner, of %d and %d", len(why), len(c.atClient), len(c.atServer))
			}
		})
	}
}

func TestShiftIsTheServerEndsNumbersLessTheClientEndsWhicheverWayRound(t *testing.T) {
	// The host at the client end sends 77 higher at the server end, the other
	// host 99 higher, whoever opened the connection.
	for _, fromServer := range []bool{false, true} {
		for _, swapped := range []bool{false, true} {
			isn := [2]uint32{1000, 5000}
			higher := [2]uint32{77, 99}
			if fromServer {
				higher = [2]uint32{99, 77}
			}
			atClient := opened(client, service, isn[0], isn[1]).stamped(8001, 9001)
			atServer := opened(natted, service, isn[0]+higher[0], isn[1]+higher[1]).stamped(8001, 9001)
			local, far := atClient.ttl(64, 55), atServer.ttl(55, 64)
			if fromServer { // the initiator is the host at the server end
				local, far = atClient.ttl(55, 64), atServer.ttl(64, 55)
			}
			// Two more, opened from the client end, say which end is which.
			first := surveyOf(local, opened(client, service, 7, 8).ttl(64, 55), opened(client, service, 9, 10).ttl(64, 55))
			other := surveyOf(far, opened(natted, service, 7, 8).ttl(55, 64), opened(natted, service, 9, 10).ttl(55, 64))
			if swapped {
				first, other = other, first
			}
			pairs, at := match(first, other, false)
			if at.Swapped != swapped || at.Clue != survey.InitialTTL {
				t.Fatalf("from server %v, swapped %v: %+v", fromServer, swapped, at)
			}
			p := pairs[0]
			side := initiator
			if fromServer {
				side = responder
			}
			if !p.Paired() || p.Client != 0 || p.Server != 0 || p.ClientSide != side || p.ServerSide != side || p.Shift != [2]uint32{77, 99} {
				t.Errorf("from server %v, swapped %v: %+v", fromServer, swapped, p)
			}
		}
	}
}

func TestTurnedRolesAreToldApartAtEachEnd(t *testing.T) {
	atClient := midway(client, service, 900, 400, 4900, 400).ttl(64, 55).turned()
	atServer := midway(natted, service, 1000, 900, 5000, 900).ttl(55, 64)
	for _, swapped := range []bool{false, true} {
		first, other := surveyOf(atClient), surveyOf(atServer)
		if swapped {
			first, other = other, first
		}
		// One midway connection alone cannot say who is the client; the caller can.
		pairs, at := match(first, other, true)
		p := pairs[0]
		if !p.Paired() || at.Swapped {
			t.Fatalf("%+v %+v", p, at)
		}
		client, server := first.Connections[0].Ends[p.ClientSide], other.Connections[0].Ends[p.ServerSide]
		want := [2]string{"192.168.1.5:40001", "198.51.100.9:61234"}
		if swapped { // then the service's host is at the client end
			want = [2]string{service, service}
		}
		if client.String() != want[0] || server.String() != want[1] {
			t.Errorf("swapped %v: the client end's host is %s at the client end and %s at the server end", swapped, client, server)
		}
	}
}
