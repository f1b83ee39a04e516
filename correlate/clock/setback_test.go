package clock_test

import (
	"math/rand/v2"
	"slices"
	"testing"

	"bothends/correlate/clock"
)

// setBack is a short recording of some packets each way, each 20 ms under way,
// during which the client's clock is set back, so that it shows some times twice.
// The server's clock is true. One packet to the client, the last, tells the fit
// nothing: it is to be dated.
func setBack(r *rand.Rand, step int64) (f clock.Fit, last packet, ranBack int64) {
	const span, delay = 300 * ms, 20 * ms
	setAt := r.Int64N(span)
	client := func(at int64) int64 {
		if at >= setAt {
			return epoch + at - step
		}
		return epoch + at
	}
	var b clock.Bounds
	var stamps []int64 // true times at which the client's tap saw something
	for range 5 + r.IntN(15) {
		at := r.Int64N(span)
		if r.IntN(2) == 0 {
			b.ToServer(client(at), epoch+at+delay)
			stamps = append(stamps, at)
		} else {
			b.ToClient(epoch+at, client(at+delay))
			stamps = append(stamps, at+delay)
		}
	}
	at := setAt + r.Int64N(span)
	last = packet{sent: epoch + at, received: client(at + delay)}
	slices.Sort(stamps)
	latest := int64(0)
	for _, s := range append(stamps, at+delay) {
		ranBack = max(ranBack, latest-client(s))
		latest = max(latest, client(s))
	}
	return b.Fit(), last, ranBack
}

func TestNothingIsCertainWhereAClockShowsATimeTwice(t *testing.T) {
	for _, step := range []int64{50 * ms, 200 * ms} {
		misled := 0
		for seed := range uint64(2000) {
			f, last, ranBack := setBack(rand.New(rand.NewPCG(seed, 5)), step)
			if ranBack < 5*ms || !f.Known() {
				continue // the times do not show it
			}
			if f.LatestSent(true, last.received) < last.sent {
				misled++
			}
			f.NoteSetBack(ranBack)
			if latest := f.LatestSent(true, last.received); latest < last.sent {
				t.Errorf("set back by %d ms, seed %d: it left %d ms after what is said to be the latest", step/ms, seed, (last.sent-latest)/ms)
			}
		}
		if misled == 0 {
			t.Errorf("set back by %d ms: nothing would be wrong without a word, so that this test shows nothing", step/ms)
		}
	}
}

func TestAFitThatWasToldOfASetBackKnowsNothingElse(t *testing.T) {
	var b clock.Bounds
	for at := int64(0); at < 10*second; at += 50 * ms {
		b.ToServer(epoch+at, epoch+at+20*ms)
		b.ToClient(epoch+at, epoch+at+20*ms)
	}
	f := b.Fit()
	rtt, uncertain := f.Strips[0].MinRTT(), f.UncertaintyAt(epoch+5*second)
	f.NoteSetBack(0)
	if f.SetBack() != 0 || f.Strips[0].MinRTT() != rtt || f.UncertaintyAt(epoch+5*second) != uncertain {
		t.Error("no setting back changes the fit")
	}
	f.NoteSetBack(30 * ms)
	if got := f.UncertaintyAt(epoch + 5*second); got != clock.Unbounded {
		t.Errorf("uncertain by %d after a clock was set back, want %d", got, int64(clock.Unbounded))
	}
	if got := f.Strips[0].MinRTT(); got != 0 || f.SetBack() != 30*ms {
		t.Errorf("the smallest round trip is %d, set back by %d; want none, and 30 ms", got, f.SetBack())
	}
}
