package clock_test

import (
	"math/rand/v2"
	"slices"

	"bothends/correlate/clock"
)

// A world is two clocks and a path between them. Its time is the client's
// clock, in nanoseconds since the Unix epoch.
type world struct {
	start, span int64
	offset      int64   // theta at start
	skew        float64 // change of theta per unit of time
	stepAt      int64   // theta changes by step here, if step is not 0
	step        int64
	base        [2]int64 // least delay to the server and to the client
	jitter      float64  // mean of what is added, exponentially distributed
	packets     int      // in each direction
	toServer    []packet
	toClient    []packet
}

// packet is one that passed both taps, each by its tap's own clock.
type packet struct{ sent, received int64 }

const (
	ms     = int64(1e6)
	second = int64(1e9)
	epoch  = 1_700_000_000 * second
)

func (w *world) theta(t int64) int64 {
	theta := w.offset + int64(w.skew*float64(t-w.start))
	if w.step != 0 && t >= w.stepAt {
		theta += w.step
	}
	return theta
}

func (w *world) delay(r *rand.Rand, way int) int64 {
	return w.base[way] + int64(w.jitter*r.ExpFloat64())
}

// run sends the packets at random times and tells bounds of them.
func (w *world) run(r *rand.Rand) *clock.Bounds {
	b := &clock.Bounds{}
	for range w.packets {
		left := w.start + r.Int64N(w.span)
		arrived := left + w.delay(r, 0)
		w.toServer = append(w.toServer, packet{left, arrived + w.theta(arrived)})
		left = w.start + r.Int64N(w.span)
		w.toClient = append(w.toClient, packet{left + w.theta(left), left + w.delay(r, 1)})
	}
	bySent := func(a, b packet) int { return int(a.sent - b.sent) }
	slices.SortFunc(w.toServer, bySent)
	slices.SortFunc(w.toClient, bySent)
	for i := range w.packets {
		b.ToServer(w.toServer[i].sent, w.toServer[i].received)
		b.ToClient(w.toClient[i].sent, w.toClient[i].received)
	}
	return b
}

// moments are times worth a look: those of the packets, some between, and some
// before and after all of them.
func (w *world) moments(r *rand.Rand) []int64 {
	var times []int64
	for _, p := range w.toServer {
		times = append(times, p.sent)
	}
	for _, p := range w.toClient {
		times = append(times, p.received)
	}
	for range 200 {
		times = append(times, w.start-w.span/10+r.Int64N(w.span+w.span/5))
	}
	return times
}

// randomWorld has clocks up to a day and 100 ppm apart, and a path of up to
// 400 ms, mostly unlike in the two directions.
func randomWorld(r *rand.Rand, span int64, packets int) *world {
	return &world{
		start: epoch, span: span, packets: packets,
		offset: r.Int64N(2*86400*second) - 86400*second,
		skew:   (2*r.Float64() - 1) * 100e-6,
		base:   [2]int64{r.Int64N(200*ms) + 1, r.Int64N(200*ms) + 1},
		jitter: []float64{0, 1e5, 15e6, 200e6}[r.IntN(4)],
	}
}
