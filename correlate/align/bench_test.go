package align

import (
	"fmt"
	"testing"

	"bothends/correlate/clock"
	"bothends/correlate/segment"
	"bothends/correlate/tap"
)

// The byte ledger, for each segment at one of the two taps: as it is for a connection of
// 50 segments, of which one in so many is lost and sent again.
func BenchmarkObserve(b *testing.B) {
	const segments = 50
	for _, size := range []int{44, 934} {
		for _, lossEvery := range []int{0, 50} {
			b.Run(fmt.Sprintf("%d bytes, one of %d lost", size, lossEvery), func(b *testing.B) {
				payload := make([]byte, size)
				var pool Pool
				var bounds clock.Bounds
				seen := 0
				b.ReportAllocs()
				for b.Loop() {
					c := pool.NewConnection([2]uint32{}, 0, 1e9, wholeTime, &bounds)
					see := func(end tap.End, at int64, i int) {
						s := segment.Segment{TimeNS: start + at*milli, Seq: uint32(1000 + i*size), Ack: 1, Flags: segment.ACK, TTL: 64, IPID: uint16(at),
							Payload: payload, PayloadLen: size}
						c.Observe(end, tap.Client, &s)
						seen++
					}
					for i := range segments {
						at := int64(i) * 20
						see(tap.Client, at, i)
						if lossEvery == 0 || i%lossEvery != 7 {
							see(tap.Server, at+10, i)
							continue
						}
						see(tap.Client, at+12, i)
						see(tap.Server, at+18, i)
					}
					pool.Finish(c)
					pool.TakeBack(c)
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(seen), "ns/segment")
			})
		}
	}
}
