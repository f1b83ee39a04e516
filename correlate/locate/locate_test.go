package locate

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"bothends/correlate/tap"
)

const ms = 1_000_000

// still is an event on a path of 40 ms there and back, eight routers, without
// queues: the client sends the trigger at 1000 ms, the box stands 10 ms from it
// and answers both ways after 0.5 ms. The server's clock is 5 s ahead.
//
//	client 1000 --10--> box 1010 --10--> server 1020 (6020)
//	client 1020.5 <--10-- box 1010.5 --10--> server 1020.5 (6020.5)
func still() *Event {
	const offset = 5000 * ms
	return &Event{
		Sender:  tap.Client,
		Sent:    Moment{1000 * ms, true},
		Reached: Moment{1020*ms + offset, true},
		Resets: [2]Burst{
			{First: Moment{1020*ms + ms/2, true}, TTLs: []uint8{125}},
			{First: Moment{1020*ms + ms/2 + offset, true}, TTLs: []uint8{123}},
		},
		OffsetNS: offset,
		Trips:    [2][]int64{slices.Repeat([]int64{20 * ms}, minTrips), slices.Repeat([]int64{20 * ms}, minTrips)},
		Routes:   [2]Route{{true, 8, 56}, {true, 8, 56}},
	}
}

func exactly(ns int64) Span { return Span{LoNS: ns, HiNS: ns, BestNS: ns} }

func TestTimesOfAStillNetworkGiveThePlaceExactly(t *testing.T) {
	tests := []struct {
		name   string
		change func(*Event)
		method Method
		want   [2]Span
	}{
		{"resets at both ends", func(*Event) {}, ByDifference, [2]Span{exactly(10 * ms), exactly(10 * ms)}},
		{"the trigger eaten", func(e *Event) { e.Reached = Moment{} }, ByArrivals, [2]Span{exactly(10 * ms), exactly(10 * ms)}},
		{"the trigger sent twice, the second time 8 ms later", func(e *Event) {
			e.Repeated = true
			e.Sent.NS -= 8 * ms
		}, ByArrivals, [2]Span{exactly(10 * ms), exactly(10 * ms)}},
		{"a box that takes 300 ms to answer", func(e *Event) {
			e.Resets[0].First.NS += 300 * ms
			e.Resets[1].First.NS += 300 * ms
		}, ByDifference, [2]Span{exactly(10 * ms), exactly(10 * ms)}},
		{"a box 4 ms nearer the client, with the reset to it 8 ms earlier", func(e *Event) { e.Resets[0].First.NS -= 8 * ms }, ByDifference,
			[2]Span{exactly(6 * ms), exactly(14 * ms)}},
		{"a trigger that lost 3 ms in a queue before the box", func(e *Event) {
			e.Reached.NS += 3 * ms
			e.Resets[0].First.NS += 3 * ms
			e.Resets[1].First.NS += 3 * ms
		}, ByDifference, [2]Span{exactly(10 * ms), exactly(10 * ms)}},
		{"two resets an end, 1 ms apart", func(e *Event) { e.Resets[0].StepNS = ms }, ByDifference,
			[2]Span{{10*ms - ms/2, 10*ms + ms/4, 10 * ms, true}, {10*ms - ms/4, 10*ms + ms/2, 10 * ms, false}}},
		{"time stamps of 1 ms", func(e *Event) { e.TickNS = ms; e.Resets[0].First.NS += ms / 2; e.Resets[1].First.NS += ms / 2 }, ByDifference,
			[2]Span{{9 * ms, 11 * ms, 10 * ms, true}, {9 * ms, 11 * ms, 10 * ms, false}}},
		{"an offset that is wrong by 15 ms, and the trips by the same", func(e *Event) {
			e.OffsetNS += 15 * ms
			e.Trips = [2][]int64{slices.Repeat([]int64{5 * ms}, minTrips), slices.Repeat([]int64{35 * ms}, minTrips)}
			e.Reached = Moment{}
		}, ByArrivals, [2]Span{exactly(10 * ms), exactly(10 * ms)}},
		{"no packets from the server but the resets", func(e *Event) { e.Trips[1] = nil }, ByWait, [2]Span{{0, 10*ms + ms/4, 0, true}, {}}},
		{"no reset at the server", func(e *Event) { e.Resets[1] = Burst{} }, ByWait,
			[2]Span{{0, 10*ms + ms/4, 0, true}, {10*ms - ms/4, 20 * ms, 0, false}}},
		{"no reset at the server, and an answer after 300 ms", func(e *Event) {
			e.Resets[1] = Burst{}
			e.Resets[0].First.NS += 300 * ms
		}, ByWait, [2]Span{{0, 20 * ms, 0, false}, {0, 20 * ms, 0, false}}},
		{"one packet too few to know how delays vary", func(e *Event) { e.Trips[1] = e.Trips[1][1:] }, ByWait,
			[2]Span{{0, 10*ms + ms/4, 0, true}, {0, 20 * ms, 0, false}}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			e := still()
			test.change(e)
			got := Find(e).Timing
			if got.Void != "" || got.Method != test.method || got.From != test.want {
				t.Errorf("by %s: %+v %s; want by %s: %+v", got.Method, got.From, got.Void, test.method, test.want)
			}
		})
	}
}

// A delay of 2 ms for most packets and 4 for the slowest widens the interval by
// that, on the side on which it can have struck.
func TestTheIntervalIsAsWideAsDelaysVary(t *testing.T) {
	e := still()
	e.Resets[0].First.NS += 100 * ms // far from the hard bound
	e.Resets[1].First.NS += 100 * ms
	e.Trips[tap.Client] = slices.Repeat([]int64{22 * ms}, minTrips)
	e.Trips[tap.Server] = slices.Repeat([]int64{21 * ms}, minTrips)
	e.Trips[tap.Client][0], e.Trips[tap.Server][3] = 24*ms, 26*ms
	e.Trips[tap.Client][7], e.Trips[tap.Server][8] = 20*ms, 20*ms
	got := Find(e).Timing
	// Down: 6 of the reset to the client, 2 and 1 of the fastest packets; up: 4 of
	// the reset to the server. From the server: down 4+2+1, up 6. All halved.
	want := [2]Span{{5*ms + ms/2, 12 * ms, 10*ms + ms/4, false}, {6*ms + ms/2, 13 * ms, 9*ms + 3*ms/4, false}}
	if got.From != want {
		t.Errorf("%+v, want %+v", got.From, want)
	}
}

func TestTheServersTriggerIsTheClientsMirrored(t *testing.T) {
	e := still()
	e.Sender = tap.Server
	e.Sent, e.Reached = Moment{6000 * ms, true}, Moment{1020 * ms, true}
	e.Resets[tap.Server].First.NS = 6000*ms + 2*14*ms + ms // 14 ms from the server, answered after 1 ms
	e.Resets[tap.Client].First.NS = 1021 * ms
	if got := Find(e); got.Timing.From != [2]Span{exactly(6 * ms), exactly(14 * ms)} || got.Nearer != tap.Client || got.By != ByTime {
		t.Errorf("%+v", got)
	}
}

func TestEstimatesThatContradictThemselvesAreVoid(t *testing.T) {
	tests := []struct {
		name   string
		change func(*Event)
		why    string
	}{
		{"the reset came before the trigger left", func(e *Event) { e.Resets[0].First.NS = 999 * ms }, "before its trigger left"},
		{"the reset was at the server before the trigger could be", func(e *Event) { e.Resets[1].First.NS -= ms }, "answers something earlier"},
		{"the server's reset is 25 ms late", func(e *Event) { e.Resets[1].First.NS += 25 * ms }, "before the client"},
		{"the client's reset is 25 ms late", func(e *Event) { e.Resets[0].First.NS += 25 * ms }, "beyond the server"},
		{"nobody reset the end that sent the trigger", func(e *Event) { e.Resets[0] = Burst{} }, "no forged reset came back to the client"},
		{"clocks that are not aligned", func(e *Event) { e.Trips[0][2] = -25 * ms }, "less than no time"},
		{"the trigger is not known", func(e *Event) { e.Sent = Moment{} }, "not known for certain"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			e := still()
			test.change(e)
			if got := Find(e).Timing; !strings.Contains(got.Void, test.why) || got.From != [2]Span{} {
				t.Errorf("%+v; want it void: %s", got, test.why)
			}
		})
	}
}

// Of n values drawn alike the next one falls into each of the n+1 gaps with the
// same chance: of 40, 95 % are below the 39th.
func TestTheNextPacketStaysBelowHighWithConfidence(t *testing.T) {
	var sample []int64
	for i := range int64(40) {
		sample = append(sample, 100+(i*7)%40)
	}
	if got := newTrips(sample); got != (trips{n: 40, fastest: 100, median: 19, high: 38}) {
		t.Errorf("%+v", got)
	}
}

func TestIntervalsAreNeverInsideOut(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		time := rapid.Int64Range(-50*ms, 50*ms)
		e := still()
		e.Sender = tap.End(rapid.IntRange(0, 1).Draw(t, "sender"))
		e.Reached.Known = rapid.Bool().Draw(t, "reached")
		e.Repeated = rapid.Bool().Draw(t, "repeated")
		e.OffsetNS = time.Draw(t, "offset")
		e.TickNS = rapid.Int64Range(0, ms).Draw(t, "tick")
		e.Sent.NS, e.Reached.NS = time.Draw(t, "a0"), time.Draw(t, "b0")
		for end := range e.Resets {
			e.Resets[end].First = Moment{time.Draw(t, "arrival"), rapid.IntRange(0, 9).Draw(t, "arrived") > 0}
			e.Resets[end].StepNS = rapid.Int64Range(0, 5*ms).Draw(t, "step")
			e.Resets[end].TTLs = rapid.SliceOfN(rapid.Uint8(), 0, 2).Draw(t, "ttls")
			e.Trips[end] = rapid.SliceOfN(time, 0, 40).Draw(t, "trips")
			e.Routes[end] = Route{rapid.Bool().Draw(t, "known"), rapid.IntRange(-300, 300).Draw(t, "hops"), rapid.Uint8().Draw(t, "ttl")}
		}
		p := Find(e)
		if p.Timing.Void == "" {
			for end, s := range p.Timing.From {
				guess := p.Timing.Method != ByWait
				if known := tap.End(end) == e.Sender || p.Timing.FarKnown; known && (s.LoNS < 0 || s.LoNS > s.HiNS || guess && (s.BestNS < s.LoNS || s.BestNS > s.HiNS)) {
					t.Fatalf("%+v of %+v", p.Timing, e)
				}
			}
		}
		if p.Hops.Void == "" {
			for end, r := range p.Hops.From {
				if known := len(e.Resets[end].TTLs) > 0 || p.Hops.FarKnown; known && (r.Lo < 0 || r.Lo > r.Hi || r.Hi > 1<<9) {
					t.Fatalf("%+v of %+v", p.Hops, e)
				}
			}
		}
	})
}

func TestRoutersAreCountedFromTheTTL(t *testing.T) {
	tests := []struct {
		name    string
		client  []uint8 // TTLs of the resets at the client
		server  []uint8
		change  func(*Event)
		from    [2]Range
		initial [2]uint8
		void    string
	}{
		{"both from 128", []uint8{125}, []uint8{123}, nil, [2]Range{{3, 3}, {5, 5}}, [2]uint8{128, 128}, ""},
		{"one from 64, one from 255", []uint8{61, 61}, []uint8{250}, nil, [2]Range{{3, 3}, {5, 5}}, [2]uint8{64, 255}, ""},
		{"the client's alone", []uint8{30}, nil, nil, [2]Range{{2, 2}, {6, 6}}, [2]uint8{32, 0}, ""},
		{"the server's alone, the way back two routers longer", nil, []uint8{123}, func(e *Event) { e.Routes[1].Hops = 10 }, [2]Range{{3, 5}, {5, 5}}, [2]uint8{0, 128}, ""},
		{"both, the way back two routers longer", []uint8{124}, []uint8{123}, func(e *Event) { e.Routes[1].Hops = 10 }, [2]Range{{3, 5}, {4, 6}}, [2]uint8{128, 128}, ""},
		{"a box two routers beside the path", []uint8{123}, []uint8{121}, nil, [2]Range{{1, 5}, {3, 7}}, [2]uint8{128, 128}, ""},
		{"both within reach of two initial TTLs, of which one adds up", []uint8{28}, []uint8{28}, func(e *Event) { e.Routes[0].Hops, e.Routes[1].Hops = 40, 40 },
			[2]Range{{4, 36}, {4, 36}}, [2]uint8{}, ""},
		{"TTLs that vary", []uint8{125, 97}, []uint8{123}, nil, [2]Range{}, [2]uint8{}, "differ in TTL"},
		{"the client's copied from the server", []uint8{56}, []uint8{123}, nil, [2]Range{}, [2]uint8{}, "copies TTLs"},
		{"the server's copied from the trigger", []uint8{58}, []uint8{56}, nil, [2]Range{}, [2]uint8{}, "copies TTLs"},
		{"a TTL of no box on the path", []uint8{100}, nil, nil, [2]Range{}, [2]uint8{}, "TTL 100 at the client is not one of"},
		{"fewer routers than the path has", []uint8{127}, []uint8{127}, nil, [2]Range{}, [2]uint8{}, "fewer routers"},
		{"the client's own packet turned around, six routers there and back", []uint8{58}, nil, func(e *Event) { e.Resets[0].Turned, e.Routes[0].Hops, e.Routes[1].Hops = 64, 4, 4 },
			[2]Range{{3, 3}, {1, 1}}, [2]uint8{64, 0}, ""},
		{"turned around, or begun anew", []uint8{58}, nil, func(e *Event) { e.Resets[0].Turned = 64 }, [2]Range{{3, 6}, {2, 5}}, [2]uint8{}, ""},
		{"turned around with an odd number", []uint8{95}, nil, func(e *Event) { e.Resets[0].Turned = 100 }, [2]Range{{2, 3}, {5, 6}}, [2]uint8{}, ""},
		{"turned around, with the TTL of the server's packets", []uint8{56}, nil, func(e *Event) { e.Resets[0].Turned = 64 }, [2]Range{{4, 8}, {0, 4}}, [2]uint8{}, ""},
		{"no reset", nil, nil, nil, [2]Range{}, [2]uint8{}, "no forged reset"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			e := still()
			e.Resets[0].TTLs, e.Resets[1].TTLs = test.client, test.server
			if test.change != nil {
				test.change(e)
			}
			got := Find(e).Hops
			if test.void != "" {
				if !strings.Contains(got.Void, test.void) {
					t.Errorf("%+v; want it void: %s", got, test.void)
				}
				return
			}
			if got.Void != "" || got.From != test.from || got.Initial != test.initial || !got.FarKnown {
				t.Errorf("%+v; want %+v of %v", got, test.from, test.initial)
			}
		})
	}
}

func TestWithoutTheLengthOfThePathOnlyTheNearEndIsCounted(t *testing.T) {
	e := still()
	e.Routes = [2]Route{}
	e.Resets[1] = Burst{}
	if got := Find(e).Hops; got.FarKnown || got.From[tap.Client] != (Range{3, 3}) {
		t.Errorf("%+v", got)
	}
}

func TestTheSideIsToldByTimeFirstAndByRoutersElse(t *testing.T) {
	tests := []struct {
		name   string
		change func(*Event)
		nearer tap.End
		by     Basis
	}{
		{"in the middle by time, three routers from the client", func(*Event) {}, tap.Client, ByHops},
		{"nearer the server by time", func(e *Event) { e.Resets[0].First.NS += 4 * ms }, tap.Server, ByTime},
		{"in the middle by both", func(e *Event) { e.Resets[0].TTLs, e.Resets[1].TTLs = []uint8{60}, []uint8{60} }, tap.Client, Undecided},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			e := still()
			test.change(e)
			if got := Find(e); got.Nearer != test.nearer || got.By != test.by {
				t.Errorf("nearer the %s by %d; want the %s by %d: %+v", got.Nearer, got.By, test.nearer, test.by, got)
			}
		})
	}
}
