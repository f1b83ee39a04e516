package clock_test

import (
	"math/rand/v2"
	"slices"
	"testing"

	"bothends/correlate/clock"
)

// BenchmarkAdd is what every matched packet costs: one every 10 µs, and one
// every 3 ms, which opens a slot of its own until slots grow.
func BenchmarkAdd(b *testing.B) {
	for name, every := range map[string]int64{"bulk": 10_000, "sparse": 3_000_000} {
		b.Run(name, func(b *testing.B) {
			var bounds clock.Bounds
			t := epoch
			b.ReportAllocs()
			for i := range b.N {
				t += every
				bounds.ToServer(t, t+20*ms+int64(i&1023))
			}
		})
	}
}

func BenchmarkFit(b *testing.B) {
	w := randomWorld(rand.New(rand.NewPCG(1, 2)), 3600*second, 100_000)
	bounds := w.run(rand.New(rand.NewPCG(1, 2)))
	for b.Loop() {
		bounds.Fit()
	}
}

// BenchmarkSkewError is no matter of time: it prints how far off skew is in 95 of
// 100 recordings, and how wide the stated bound is against half the round trip.
func BenchmarkSkewError(b *testing.B) {
	for _, kind := range []struct {
		name    string
		seconds int64
		packets int
	}{{"60 s, 2000 packets", 60, 1000}, {"600 s, 2000 packets", 600, 1000}, {"600 s, 20000 packets", 600, 10000}, {"3600 s, 20000 packets", 3600, 10000}, {"3600 s, 120 packets", 3600, 60}} {
		b.Run(kind.name, func(b *testing.B) {
			var errors, widths []float64
			for b.Loop() {
				errors, widths = nil, nil
				for seed := range 60 {
					r := rand.New(rand.NewPCG(uint64(seed), 23))
					w := randomWorld(r, kind.seconds*second, kind.packets)
					w.base, w.jitter = [2]int64{20 * ms, 20 * ms}, 15e6
					f := w.run(r).Fit()
					s := &f.Strips[0]
					errors = append(errors, max(s.Skew-w.skew, w.skew-s.Skew)*1e6)
					widths = append(widths, float64(s.HalfWidthNS)/1e6)
				}
			}
			slices.Sort(errors)
			slices.Sort(widths)
			b.ReportMetric(errors[len(errors)*95/100], "ppm-p95")
			b.ReportMetric(widths[len(widths)/2], "ms-half-width")
			b.ReportMetric(0, "ns/op")
		})
	}
}
