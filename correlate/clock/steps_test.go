package clock_test

import (
	"math/rand/v2"
	"testing"

	"bothends/correlate/clock"
)

func TestAClockThatIsSetWhileRecordingSplitsTheFit(t *testing.T) {
	for seed := range 100 {
		r := rand.New(rand.NewPCG(uint64(seed), 11))
		w := randomWorld(r, []int64{10, 60, 3600}[r.IntN(3)]*second, 100+r.IntN(900))
		// Anything that exceeds the slowest packets shows at once; up to an hour.
		w.step = 2*(w.base[0]+w.base[1]) + int64(20*w.jitter) + 2*second + r.Int64N(3600*second)
		if r.IntN(2) == 0 {
			w.step = -w.step
		}
		w.stepAt = w.start + w.span/5 + r.Int64N(w.span*3/5)
		f := w.run(r).Fit()
		if len(f.Strips) != 2 {
			t.Fatalf("seed %d: %d strips", seed, len(f.Strips))
		}
		slowest := max(w.base[0], w.base[1]) + int64(20*w.jitter)
		if f.Strips[0].ToNS > w.stepAt+slowest || f.Strips[1].FromNS < w.stepAt-slowest {
			t.Errorf("seed %d: split at %d..%d, set at %d", seed, f.Strips[0].ToNS-w.start, f.Strips[1].FromNS-w.start, w.stepAt-w.start)
		}
		holdsTrue(t, r, w, &f)
		for _, p := range w.toServer {
			if latest := f.LatestSent(false, p.received); latest < p.sent {
				t.Errorf("to server: left %d ns after the latest time", p.sent-latest)
			}
		}
		for _, p := range w.toClient {
			if latest := f.LatestSent(true, p.received); latest < p.sent {
				t.Errorf("to client: left %d ns after the latest time", p.sent-latest)
			}
		}
		if t.Failed() {
			t.Fatalf("seed %d", seed)
		}
	}
}

func TestWhatFollowsAStepNearTheEndIsUnknown(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 5))
	w := randomWorld(r, 60*second, 500)
	w.jitter = 1e5
	b := w.run(r)
	end := w.start + w.span + second
	b.ToServer(end, end+w.theta(end)-3600*second) // the server's clock was set back, and nothing more came
	f := b.Fit()
	if len(f.Strips) != 1 {
		t.Fatalf("%d strips", len(f.Strips))
	}
	if got := f.UncertaintyAt(end); got != clock.Unbounded {
		t.Errorf("uncertainty after the step %d", got)
	}
	if got := f.LatestSent(true, end); got < end+w.theta(end) {
		t.Errorf("LatestSent %d ns before the clock's other setting allows", end+w.theta(end)-got)
	}
	holdsTrue(t, r, w, &f) // before it
	if got := f.UncertaintyAt(w.start + w.span/2); got > w.base[0]+w.base[1]+ms {
		t.Errorf("uncertainty before the step %d", got)
	}
}

// A retransmission whose first copy the sender's capture lacks is matched to the
// arrival of that copy: it seems to arrive before it was sent.
func TestWrongBoundsAreLeftOutAndSpoilNothing(t *testing.T) {
	for _, wrong := range []int{1, 2, 5, 20} {
		for seed := range 20 {
			r := rand.New(rand.NewPCG(uint64(seed), 13))
			w := randomWorld(r, []int64{10, 60, 3600}[r.IntN(3)]*second, 2000)
			w.jitter = 1e6
			right := w.run(r).Fit()
			b := &clock.Bounds{}
			addAll(b, w)
			rtt := w.base[0] + w.base[1]
			for range wrong {
				at := w.start + w.span/10 + r.Int64N(w.span*4/10)
				later := rtt + 200*ms + r.Int64N(3*second) // RFC 6298 in Linux: 200 ms at least
				if r.IntN(2) == 0 {
					b.ToServer(at+later, at+w.base[0]+w.theta(at))
				} else {
					b.ToClient(at+later+w.theta(at), at+w.base[1])
				}
			}
			f := b.Fit()
			if len(f.Strips) != 1 {
				t.Fatalf("%d wrong, seed %d: %d strips", wrong, seed, len(f.Strips))
			}
			if f.LeftOut() == 0 {
				t.Errorf("%d wrong, seed %d: none left out", wrong, seed)
			}
			holdsTrue(t, r, w, &f)
			if wide := f.Strips[0].HalfWidthNS; wide > 3*right.Strips[0].HalfWidthNS {
				t.Errorf("%d wrong, seed %d: half width %d ns, without them %d", wrong, seed, wide, right.Strips[0].HalfWidthNS)
			}
			if t.Failed() {
				t.FailNow()
			}
		}
	}
}

func TestAWrongBoundAmongFiveMakesUncertainAndNotWrong(t *testing.T) {
	for seed := range 300 {
		r := rand.New(rand.NewPCG(uint64(seed), 17))
		w := randomWorld(r, 20*second, 5)
		w.jitter = 1e6
		b := w.run(r)
		at := w.start + r.Int64N(w.span)
		b.ToServer(at+w.base[0]+w.base[1]+200*ms, at+w.base[0]+w.theta(at))
		f := b.Fit()
		if f.Known() {
			holdsTrue(t, r, w, &f)
		}
		if t.Failed() {
			t.Fatalf("seed %d: %+v", seed, f)
		}
	}
}

// A clock that is wrong for a while and then right again looks like a run of
// wrong bounds: then, too, theta must not leave what is stated.
func TestAnExcursionOfTheClockIsCoveredByTheUncertainty(t *testing.T) {
	for seed := range 40 {
		r := rand.New(rand.NewPCG(uint64(seed), 19))
		w := randomWorld(r, 60*second, 1000)
		w.jitter = 1e6
		w.step = []int64{5 * second, -5 * second}[r.IntN(2)]
		w.stepAt = w.start + 20*second + r.Int64N(10*second)
		away := w.stepAt + 2*second + r.Int64N(8*second)
		b := &clock.Bounds{}
		theta := func(at int64) int64 {
			if at >= away {
				return w.theta(at) - w.step
			}
			return w.theta(at)
		}
		for range w.packets {
			at := w.start + r.Int64N(w.span)
			arrived := at + w.delay(r, 0)
			b.ToServer(at, arrived+theta(arrived))
			b.ToClient(at+theta(at), at+w.delay(r, 1))
		}
		f := b.Fit()
		for range 1000 {
			at := w.start + r.Int64N(w.span)
			if off := f.At(at).At(at) - theta(at); max(off, -off) > f.UncertaintyAt(at) {
				t.Fatalf("seed %d: at %d ms (away from %d to %d) off by %d, said to be within %d", seed, (at-w.start)/ms,
					(w.stepAt-w.start)/ms, (away-w.start)/ms, off, f.UncertaintyAt(at))
			}
		}
	}
}

func addAll(b *clock.Bounds, w *world) {
	for i := range w.toServer {
		b.ToServer(w.toServer[i].sent, w.toServer[i].received)
		b.ToClient(w.toClient[i].sent, w.toClient[i].received)
	}
}
