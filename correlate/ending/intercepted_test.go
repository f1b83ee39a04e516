package ending

import (
	"context"
	"strings"
	"testing"

	"bothends/correlate/align"
	"bothends/correlate/clock"
	"bothends/correlate/judge"
	"bothends/correlate/pair"
	"bothends/correlate/segment"
	"bothends/correlate/survey"
	"bothends/correlate/tap"
)

// neighbours are connections of the client's to one address, seven routers and forty
// milliseconds away, at times that are given, and one more at half past that nothing of
// came to the server.
type neighbours struct {
	startedNS []int64
	hops      uint8 // of the answer to the one that did not come
	took      int64 // until that answer
	ran       bool  // the server's recording
	admits    bool  // the port
	oneHost   bool  // stated
	loopback  bool  // the answer came in on the client's loopback device
	proxied   bool  // another connection came to the server meanwhile
}

// ending is that of the connection of which nothing came to the server.
func (n neighbours) ending(t *testing.T) (Ending, Result) {
	t.Helper()
	const ms = int64(1e6)
	server := segment.Endpoint{IP: [16]byte{15: 9}, Port: 80}
	service := &judge.Service{Paired: len(n.startedNS), AdmitsAll: n.admits, Admits: map[uint16]bool{}}
	service.Ways[tap.Server] = judge.Way{Route: align.Route{Hops: 7, TTL: 57, Known: true}, Packets: 30}
	var bounds clock.Bounds
	for i := range int64(20) {
		bounds.ToServer(i*100*ms, i*100*ms+20*ms)
		bounds.ToClient(i*100*ms, i*100*ms+20*ms)
	}
	fit := bounds.Fit()
	in := &Input{
		Clock: &fit, Judgement: &judge.Judgement{}, Trips: &align.Trips{}, OneHost: n.oneHost,
		Service: func(*pair.Pair) *judge.Service { return service },
		Surveys: [2]*survey.Survey{{}, {}}, Ran: [2]bool{true, n.ran},
		Coverage: [2]tap.Coverage{{LastNS: 2000 * ms}, {LastNS: 2000 * ms}},
	}
	view := func(started int64) *survey.Connection {
		return &survey.Connection{FirstNS: started, LastNS: started, Flows: new([2]survey.Flow), Ends: [2]segment.Endpoint{{Port: 4000}, server}}
	}
	for i, started := range n.startedNS {
		for end, sv := range in.Surveys {
			sv.Connections = append(sv.Connections, view(started+int64(end)*20*ms))
		}
		in.Pairs = append(in.Pairs, pair.Pair{Client: int32(i), Server: int32(i), Method: pair.ISN})
		in.CaseOf = append(in.CaseOf, int32(i))
		in.Cases = append(in.Cases, judge.Case{Pair: &pair.Pair{Client: int32(i), Server: int32(i)}})
	}
	missing := view(500 * ms)
	missing.SYNNS, missing.AnswerNS = 500*ms, 500*ms+n.took
	missing.Flows[survey.Initiator] = survey.Flow{Segments: 3, TTL: 64}
	missing.Flows[survey.Responder] = survey.Flow{Segments: 4, TTL: 64 - n.hops}
	in.Surveys[tap.Client].Connections = append(in.Surveys[tap.Client].Connections, missing)
	in.Pairs = append(in.Pairs, pair.Pair{Client: int32(len(n.startedNS)), Server: pair.NoView})
	in.CaseOf = append(in.CaseOf, int32(len(n.startedNS)))
	c := judge.Case{Connection: align.NewConnection([2]uint32{}, 0, 0, [2]tap.Coverage{}, new(clock.Bounds))}
	c.Streams[tap.Server].GotOpening = &align.Opening{Frame: tap.Frame{Number: 16}, Header: align.Header{TTL: 64 - n.hops, Loopback: n.loopback}}
	in.Cases = append(in.Cases, c)
	if n.proxied {
		in.Surveys[tap.Server].Connections = append(in.Surveys[tap.Server].Connections, view(530*ms))
		in.Pairs = append(in.Pairs, pair.Pair{Client: pair.NoView, Server: int32(len(n.startedNS))})
		in.CaseOf, in.Cases = append(in.CaseOf, int32(len(in.Cases))), append(in.Cases, judge.Case{Pair: &pair.Pair{Client: pair.NoView, Server: pair.NoView}})
	}
	r, err := Of(context.Background(), in)
	if err != nil {
		t.Fatal(err)
	}
	return *r.Endings[len(n.startedNS)], r
}

// What answers honestly for the server's address, where no recording is, must not be
// accused: a content delivery network's edge, an address of several places, a second
// backend, the client's own machine.
func TestAnInterceptionIsProvedByWhatNoHonestNeighbourShows(t *testing.T) {
	const ms = int64(1e6)
	around := []int64{100 * ms, 200 * ms, 900 * ms}
	for name, c := range map[string]struct {
		neighbours
		want    judge.Confidence
		verdict judge.Verdict
	}{
		"answered on the client's own link":                    {neighbours{around, 0, 1 * ms, true, true, false, false, false}, judge.Strong, judge.Injected},
		"the same, with a single neighbour":                    {neighbours{around[:1], 0, 1 * ms, true, true, false, false, false}, judge.Strong, judge.Injected},
		"on the link, the server's recording has ended":        {neighbours{around[:1], 0, 1 * ms, false, true, false, false, false}, judge.Unsure, judge.Conditional},
		"on the link, the filter may leave the port out":       {neighbours{around[:1], 0, 1 * ms, true, false, false, false, false}, judge.Unsure, judge.Conditional},
		"by the client's own machine":                          {neighbours{around[:1], 0, 1 * ms, true, true, false, true, false}, judge.Unsure, judge.Conditional},
		"two routers away, an edge of a network may be there":  {neighbours{around[:2], 2, 10 * ms, true, true, false, false, false}, judge.Unsure, judge.Conditional},
		"the same, and the user states that there is one host": {neighbours{around[:2], 2, 10 * ms, true, true, true, false, false}, judge.Strong, judge.Injected},
		"two routers away, neighbours before and after":        {neighbours{around, 2, 10 * ms, true, true, false, false, false}, judge.Supported, judge.Injected},
		"two routers away, neighbours only before":             {neighbours{[]int64{100 * ms, 200 * ms, 300 * ms}, 2, 10 * ms, true, true, false, false, false}, judge.Unsure, judge.Conditional},
		"as far as the server: a second backend":               {neighbours{around, 7, 40 * ms, true, true, false, false, false}, judge.Unsure, ""},
		"on the link, by a virtual machine's own network":      {neighbours{around, 0, 1 * ms, true, true, true, false, true}, judge.Unsure, ""},
		"near, but as late as the server could":                {neighbours{around, 0, 41 * ms, true, true, false, false, false}, judge.Unsure, ""},
	} {
		t.Run(name, func(t *testing.T) {
			end, r := c.ending(t)
			if end.Kind != Intercepted || end.Confidence != c.want {
				t.Errorf("%s (%s): %s; want %s (%s)", end.Kind, end.Confidence, end.Text, Intercepted, c.want)
			}
			if c.verdict == "" {
				if len(r.Added) > 0 {
					t.Errorf("added %+v; want nothing", r.Added)
				}
				return
			}
			if len(r.Added) != 1 || r.Added[0].Verdict != c.verdict || end.Finding != 0 || r.Added[0].Number != 16 {
				t.Errorf("added %+v, for the ending's finding %d; want one %s, of frame 16", r.Added, end.Finding, c.verdict)
			}
		})
	}
}

// A reverse proxy has an address of its own, which the client asked for. One that speaks
// under the server's was put there by somebody else.
func TestAProxyThatTheClientDidNotAskForIsToldApart(t *testing.T) {
	asked, behind := segment.Endpoint{IP: [16]byte{15: 9}, Port: 25}, segment.Endpoint{IP: [16]byte{15: 7}, Port: 25}
	for name, c := range map[string]struct {
		answered segment.Endpoint
		unasked  bool
	}{
		"the server's own address": {asked, true},
		"another":                  {behind, false},
	} {
		view := func(server segment.Endpoint) *survey.Survey {
			return &survey.Survey{Connections: []*survey.Connection{{Flows: new([2]survey.Flow), Ends: [2]segment.Endpoint{{Port: 4000}, server}}}}
		}
		r, err := Of(context.Background(), &Input{
			Clock: &clock.Fit{}, Judgement: &judge.Judgement{}, Trips: &align.Trips{}, Service: func(*pair.Pair) *judge.Service { return nil },
			Surveys: [2]*survey.Survey{view(asked), view(c.answered)}, CaseOf: []int32{0}, Cases: []judge.Case{{Connection: align.NewConnection([2]uint32{}, 0, 0, [2]tap.Coverage{}, new(clock.Bounds))}},
			Pairs: []pair.Pair{{Method: pair.Payload}},
		})
		if err != nil {
			t.Fatal(err)
		}
		end := r.Endings[0]
		if end.Kind != SplitByProxy || (end.Advice != "") != c.unasked || (len(end.Evidence) == 3) != c.unasked {
			t.Errorf("%s: %+v", name, end)
		}
	}
}

// A proxy's two connections end each by itself, and each is told.
func TestBothLegsOfAProxyAreTold(t *testing.T) {
	closed, reset, open := [2]survey.Flow{{FIN: true}, {FIN: true, Resets: 1}}, [2]survey.Flow{{Resets: 2}, {FIN: true}}, [2]survey.Flow{}
	for name, c := range map[string]struct {
		flows  [2]survey.Flow
		opener survey.Side
		want   string
	}{
		"closed, and reset after that":        {closed, survey.Initiator, "closed in order"},
		"reset by the client":                 {reset, survey.Initiator, "reset by who opened it (2 resets)"},
		"reset by the host that answers here": {reset, survey.Responder, "reset by who answered (2 resets)"},
		"neither":                             {open, survey.Initiator, "open when the recording ends"},
	} {
		ends := [2]segment.Endpoint{{IP: [16]byte{10: 0xff, 11: 0xff, 12: 192, 13: 0, 14: 2, 15: 1}, Port: 4000}, {IP: [16]byte{10: 0xff, 11: 0xff, 12: 192, 13: 0, 14: 2, 15: 9}, Port: 25}}
		e := &ender{Input: &Input{Surveys: [2]*survey.Survey{{Connections: []*survey.Connection{{Flows: &c.flows, Ends: ends}}}, {}}}}
		if got := e.leg(tap.Client, 0, c.opener).Text; !strings.HasSuffix(got, ": "+c.want) || !strings.Contains(got, "192.0.2.1:4000") {
			t.Errorf("%s: %s", name, got)
		}
	}
}
