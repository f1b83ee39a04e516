package clock_test

import (
	"math/rand/v2"
	"testing"

	"bothends/correlate/clock"
)

func TestNoPacketIsTakenToHaveLeftEarlierThanItDid(t *testing.T) {
	eachWorld(t, 100, func(t *testing.T, r *rand.Rand, w *world) {
		f := w.run(r).Fit()
		for _, p := range w.toServer {
			if latest := f.LatestSent(false, p.received); latest < p.sent {
				t.Errorf("to server: left %d ns after the latest time", p.sent-latest)
				return
			}
		}
		for _, p := range w.toClient {
			if latest := f.LatestSent(true, p.received); latest < p.sent {
				t.Errorf("to client: left %d ns after the latest time", p.sent-latest)
				return
			}
		}
	})
}

// A packet that is in neither capture, as fast as the fastest around it.
func TestNoUnseenPacketLeftLaterThanTheFastestAroundItAllow(t *testing.T) {
	eachWorld(t, 100, func(t *testing.T, r *rand.Rand, w *world) {
		f := w.run(r).Fit()
		near := f.Strips[0].MinRTT() / 16 * 5000 // 200 ppm of it are a sixteenth of the round trip
		for range 100 {
			left := w.start + r.Int64N(w.span)
			fastest := int64(1 << 60)
			for _, p := range w.toServer {
				if d := p.sent - left; max(d, -d) <= near {
					fastest = min(fastest, p.received-p.sent-w.theta(p.sent+w.base[0]))
				}
			}
			// A moment's drift while the packet is under way is no delay.
			if fastest < 1<<60 {
				arrived := left + fastest + ms/10
				if latest := f.LatestSent(false, arrived+w.theta(arrived)); latest < left {
					t.Errorf("to server: left %d ns after the latest time", left-latest)
					return
				}
			}
			arrived := w.start + r.Int64N(w.span)
			fastest = 1 << 60
			for _, p := range w.toClient {
				if d := p.received - arrived; max(d, -d) <= near {
					fastest = min(fastest, p.received-p.sent+w.theta(p.received))
				}
			}
			if fastest < 1<<60 {
				sent := arrived - fastest - ms/10
				if latest := f.LatestSent(true, arrived); latest < sent+w.theta(sent) {
					t.Errorf("to client: left %d ns after the latest time", sent+w.theta(sent)-latest)
					return
				}
			}
		}
	})
}

// What LatestSent grants must not grow so large that it grants anything: with
// dense traffic it is within a part of the round trip of the truth.
func TestLatestSentIsCloseToTheTruthWhereTrafficIsDense(t *testing.T) {
	for seed := range 10 {
		r := rand.New(rand.NewPCG(uint64(seed), 5))
		w := randomWorld(r, 600*second, 4000)
		w.jitter = 5e6
		w.base = [2]int64{30 * ms, 50 * ms}
		f := w.run(r).Fit()
		for range 50 {
			arrived := w.start + r.Int64N(w.span)
			sent := arrived - w.base[1]
			if late := f.LatestSent(true, arrived) - (sent + w.theta(sent)); late > 80*ms/7 {
				t.Fatalf("seed %d: latest time is %d ns too late", seed, late)
			}
			sent = arrived - w.base[0]
			if late := f.LatestSent(false, arrived+w.theta(arrived)) - sent; late > 80*ms/7 {
				t.Fatalf("seed %d: latest time is %d ns too late", seed, late)
			}
		}
	}
}

// The first packet of a direction may wait for a radio to wake, or be the second
// copy of one that was lost. Without others beside it, it must not make every
// later packet seem too fast to be true.
func TestTwoPacketsOfADirectionDoNotSayHowFastOthersCanBe(t *testing.T) {
	for n, tells := range map[int64]bool{1: false, 2: false, 3: true} {
		var b clock.Bounds
		for i := range int64(10) {
			b.ToClient(i*20*ms, i*20*ms+10*ms)
		}
		for i := range n {
			b.ToServer(i*20*ms, i*20*ms+500*ms)
		}
		f := b.Fit()
		const arrived = 100 * ms
		latest := f.LatestSent(false, arrived)
		if told := latest < arrived; told != tells {
			t.Errorf("%d packets: what arrived at %d left at %d at the latest", n, arrived, latest)
		}
		if known := f.Strips[0].MinRTT() > 0; known != tells {
			t.Errorf("%d packets: the smallest round trip is %d", n, f.Strips[0].MinRTT())
		}
	}
}
