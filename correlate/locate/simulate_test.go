package locate

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"bothends/correlate/tap"
)

// A network is a random path on which the place of the box is known. Times are
// nanoseconds.
type network struct {
	random *rand.Rand
	links  [2][]float64 // delay without queues, by the end that sends, from the client's side
	queue  []float64    // how much each link's queues add on an average
	draw   func(*rand.Rand) float64
	offset int64 // server's clock less client's
	box    int   // behind this many links from the client
}

// queues are how delays vary: the mean is 1.
var queues = []struct {
	name string
	draw func(*rand.Rand) float64
}{
	{"uniform", func(r *rand.Rand) float64 { return 2 * r.Float64() }},
	{"exponential", (*rand.Rand).ExpFloat64},
	{"heavy-tailed", func(r *rand.Rand) float64 { return 1/math.Sqrt(1-r.Float64()) - 1 }}, // Lomax of shape 2: no variance
	{"rare bursts", func(r *rand.Rand) float64 {
		if r.Float64() < 0.1 {
			return 10 * r.ExpFloat64()
		}
		return 0
	}},
}

// newNetwork makes a path of 4 to 20 links. Each direction of a link has a delay
// of its own, up to three times the other's. The queues are spread over all links,
// or stand at one, as at a radio link.
func newNetwork(seed uint64, draw func(*rand.Rand) float64) *network {
	r := rand.New(rand.NewPCG(seed, 7))
	n := &network{random: r, draw: draw, offset: r.Int64N(2e12) - 1e12}
	links := 4 + r.IntN(17)
	for range links {
		delay := 1e5 + 6e6*r.ExpFloat64()/2
		n.links[0] = append(n.links[0], delay)
		n.links[1] = append(n.links[1], delay*math.Pow(3, 2*r.Float64()-1))
		n.queue = append(n.queue, 0.1*delay*r.Float64())
	}
	if r.IntN(2) == 0 {
		clear(n.queue)
		n.queue[r.IntN(links)] = 5e6 * r.Float64()
	}
	n.box = 1 + r.IntN(links-1)
	return n
}

// trip is how long one packet takes over the links from one to another.
func (n *network) trip(sender tap.End, from, to int) int64 {
	total := 0.0
	for i := from; i < to; i++ {
		total += n.links[sender][i] + n.queue[i]*n.draw(n.random)
	}
	return int64(total)
}

// distance is half the round trip between an end and the box without queues.
func (n *network) distance(end tap.End) int64 {
	from, to := 0, n.box
	if end == tap.Server {
		from, to = n.box, len(n.queue)
	}
	total := 0.0
	for i := from; i < to; i++ {
		total += n.links[0][i] + n.links[1][i]
	}
	return int64(total / 2)
}

// event plays packets both ways, then a trigger that the box answers.
func (n *network) event(eaten bool) *Event {
	r, all := n.random, len(n.queue)
	a := tap.End(r.IntN(2))
	b := a.Other()
	e := &Event{Sender: a, TickNS: 1000}
	at := [2]int64{0, n.offset} // true time 0 by each clock
	stamp := func(end tap.End, t int64) Moment { return Moment{(at[end] + t) / 1000 * 1000, true} }

	side := [2][2]int{{0, n.box}, {n.box, all}} // links between an end and the box
	sent := int64(1e9)
	reachedBox := sent + n.trip(a, side[a][0], side[a][1])
	reached := reachedBox + n.trip(a, side[b][0], side[b][1])
	// The box may send a reset to each end in turn.
	answer, step := reachedBox+int64(5e4+1e7*r.ExpFloat64()), int64(0)
	if r.IntN(3) == 0 {
		step = int64(1e6 * r.Float64())
		e.Resets[a].StepNS, e.Resets[b].StepNS = 2*step, 2*step
	}
	e.Sent = stamp(a, sent)
	e.Resets[a].First = stamp(a, answer+n.trip(b, side[a][0], side[a][1]))
	e.Resets[b].First = stamp(b, answer+step+n.trip(a, side[b][0], side[b][1]))
	if !eaten {
		e.Reached = stamp(b, reached)
	}
	n.passed(e, r, all, at, eaten, reached-sent)
	return e
}

// passed learns offset and trips from packets that passed both taps.
func (n *network) passed(e *Event, r *rand.Rand, all int, at [2]int64, eaten bool, trigger int64) {
	var trips [2][]int64
	for end := range trips {
		for range 25 + r.IntN(200) {
			trips[end] = append(trips[end], n.trip(tap.End(end), 0, all))
		}
	}
	if !eaten {
		trips[e.Sender] = append(trips[e.Sender], trigger)
	}
	// Of the offset no more is known than that the fastest packets bound it.
	upper, lower := slices.Min(trips[0])+at[1], at[1]-slices.Min(trips[1])
	e.OffsetNS = lower + r.Int64N(upper-lower)
	wrong := e.OffsetNS - at[1]
	for _, trip := range trips[0] {
		e.Trips[0] = append(e.Trips[0], trip-wrong)
	}
	for _, trip := range trips[1] {
		e.Trips[1] = append(e.Trips[1], trip+wrong)
	}
}

// tally counts how often intervals hold the truth.
type tally struct {
	runs, void, covered int
	widths, paths, off  []float64
}

func (c *tally) add(got Timing, n *network) {
	c.runs++
	if got.Void != "" {
		c.void++
		return
	}
	held := true
	for end, span := range got.From {
		truth := n.distance(tap.End(end))
		held = held && span.LoNS <= truth && truth <= span.HiNS
	}
	if held {
		c.covered++
	}
	c.widths = append(c.widths, float64(got.From[0].HiNS-got.From[0].LoNS)/1e6)
	if got.Method != ByWait {
		c.off = append(c.off, math.Abs(float64(got.From[0].BestNS-n.distance(0)))/1e6)
	}
	c.paths = append(c.paths, float64(n.distance(0)+n.distance(1))/1e6)
}

func median(list []float64) float64 {
	if len(list) == 0 {
		return math.NaN()
	}
	list = slices.Clone(list)
	slices.Sort(list)
	return list[len(list)/2]
}

func (c *tally) check(t *testing.T) {
	t.Helper()
	share := float64(c.covered) / float64(c.runs-c.void)
	t.Logf("%d runs, %d void, both intervals hold the truth in %.1f %%; median width %.2f ms one way, the best guess off by %.2f ms, on paths of %.1f ms (medians)",
		c.runs, c.void, 100*share, median(c.widths), median(c.off), median(c.paths))
	if !(share >= 0.95) {
		t.Errorf("the intervals hold the truth in %.1f %% of runs only", 100*share)
	}
	if c.void > c.runs/20 {
		t.Errorf("%d of %d estimates are void, and none contradicts itself", c.void, c.runs)
	}
}

const simulated = 1000

func TestTheIntervalHoldsTheTruthOnSimulatedPaths(t *testing.T) {
	for _, q := range queues {
		for _, eaten := range []bool{false, true} {
			name := q.name + " queues, trigger passed"
			if eaten {
				name = q.name + " queues, trigger eaten"
			}
			t.Run(name, func(t *testing.T) {
				var c tally
				for seed := range uint64(simulated) {
					n := newNetwork(seed, q.draw)
					e := n.event(eaten)
					got := Find(e).Timing
					want := ByDifference
					if eaten {
						want = ByArrivals
					}
					if got.Void == "" && got.Method != want {
						t.Fatalf("seed %d: by %s", seed, got.Method)
					}
					c.add(got, n)
				}
				c.check(t)
			})
		}
	}
}

func TestOneResetAloneGivesABoundThatAlwaysHolds(t *testing.T) {
	var c tally
	for seed := range uint64(simulated) {
		n := newNetwork(seed, queues[seed%uint64(len(queues))].draw)
		e := n.event(seed%2 == 0)
		e.Resets[e.Sender.Other()] = Burst{}
		got := Find(e).Timing
		c.add(got, n)
		if got.Method != ByWait || n.distance(e.Sender) > got.From[e.Sender].HiNS {
			t.Fatalf("seed %d: %+v, truth %d", seed, got, n.distance(e.Sender))
		}
	}
	c.check(t)
}

// A server's clock that is set differently is no other place.
func TestThePlaceDoesNotDependOnHowTheClocksAreSet(t *testing.T) {
	for seed := range uint64(20) {
		n := newNetwork(seed, queues[1].draw)
		e := n.event(seed%2 == 0)
		before := Find(e).Timing
		for _, add := range []int64{1000, -5e6, 86400e9} {
			moved := *e
			moved.OffsetNS += add
			moved.Resets[tap.Server].First.NS += add
			if moved.Sender == tap.Server {
				moved.Sent.NS += add
			} else {
				moved.Reached.NS += add
			}
			if after := Find(&moved).Timing; after.From != before.From {
				t.Errorf("seed %d, clock set by %d ns: %+v, was %+v", seed, add, after.From, before.From)
			}
		}
	}
}
