//go:build unix

package align

import (
	"math/rand/v2"
	"syscall"
	"testing"

	"bothends/correlate/clock"
	"bothends/correlate/segment"
	"bothends/correlate/tap"
)

// A shaped is a segment at one tap.
type shaped struct {
	end   tap.End
	at    int64 // milliseconds
	from  int
	bytes int
}

// shapes are streams as hostile or unlucky captures have them. The ordinary one is what
// each of them is measured against: none may take more than three times as long a segment.
var shapes = []struct {
	name     string
	roughErr int64
	lead     int64 // by which the server's clock is known wrongly, in milliseconds
	make     func() []shaped
}{
	{"ordinary", 1e9, 0, func() []shaped { return ordinary(100_000, 100) }},
	{"each sent a hundred times", 1e9, 0, func() (list []shaped) {
		for i := range 1000 {
			for range 100 {
				at := int64(len(list))
				list = append(list, shaped{end: tap.Client, at: at, from: i * 100, bytes: 100}, shaped{end: tap.Server, at: at + 1, from: i * 100, bytes: 100})
			}
		}
		return list
	}},
	{"each sent a hundred times, one arrives", 1e9, 0, func() (list []shaped) {
		for i := range 2000 {
			for k := range 100 {
				at := int64(len(list))
				list = append(list, shaped{end: tap.Client, at: at, from: i * 100, bytes: 100})
				if k == 99 {
					list = append(list, shaped{end: tap.Server, at: at + 1, from: i * 100, bytes: 100})
				}
			}
		}
		return list
	}},
	{"tiny and out of order", 1e9, 0, func() (list []shaped) {
		const n = 200_000
		random := rand.New(rand.NewPCG(1, 2))
		order := make([]int, n)
		for i := range order {
			order[i] = i
		}
		for i := range order { // within a window of 64 KiB
			j := min(n-1, i+random.IntN(1<<14))
			order[i], order[j] = order[j], order[i]
		}
		for at, i := range order {
			list = append(list, shaped{end: tap.Client, at: int64(at) / 100, from: i * 4, bytes: 4}, shaped{end: tap.Server, at: int64(at)/100 + 1, from: i * 4, bytes: 4})
		}
		return list
	}},
	{"sent in order, arrived in none", 1e9, 0, func() (list []shaped) {
		const n, window = 200_000, 1 << 14
		random := rand.New(rand.NewPCG(1, 2))
		for first := 0; first < n; first += window {
			for i := range window {
				list = append(list, shaped{end: tap.Client, at: int64(first) / 100, from: (first + i) * 4, bytes: 4})
			}
			for _, i := range random.Perm(window) {
				list = append(list, shaped{end: tap.Server, at: int64(first)/100 + 1, from: (first + i) * 4, bytes: 4})
			}
		}
		return list
	}},
	{"arrived merged", 1e9, 0, func() (list []shaped) {
		for i := range 100_000 {
			list = append(list, shaped{end: tap.Client, at: int64(i), from: i * 100, bytes: 100})
			if i%10 == 9 {
				list = append(list, shaped{end: tap.Server, at: int64(i) + 1, from: (i - 9) * 100, bytes: 1000})
			}
		}
		return list
	}},
	{"sent merged", 1e9, 0, func() (list []shaped) {
		for i := range 100_000 {
			if i%10 == 0 {
				list = append(list, shaped{end: tap.Client, at: int64(i), from: i * 100, bytes: 1000})
			}
			list = append(list, shaped{end: tap.Server, at: int64(i) + 1, from: i * 100, bytes: 100})
		}
		return list
	}},
	{"each doubled at both taps", 1e9, 0, func() (list []shaped) {
		for _, e := range ordinary(50_000, 100) {
			list = append(list, e, e)
		}
		return list
	}},
	{"nothing arrives", 1e9, 0, func() (list []shaped) {
		for i := range 200_000 {
			list = append(list, shaped{end: tap.Client, at: int64(i), from: i * 100, bytes: 100})
		}
		return list
	}},
	{"nothing was sent", 1e9, 0, func() (list []shaped) {
		for i := range 200_000 {
			list = append(list, shaped{end: tap.Server, at: int64(i), from: i * 100, bytes: 100})
		}
		return list
	}},
	{"one capture far ahead of the other", 1 << 60, 86_400_000, func() (list []shaped) {
		list = ordinary(100_000, 100)
		var sent, got []shaped
		for _, e := range list {
			if e.end == tap.Client {
				sent = append(sent, e)
			} else {
				got = append(got, e)
			}
		}
		return append(sent, got...)
	}},
}

// ordinary is a stream of n segments of which one in fifty is lost and sent again.
func ordinary(n, size int) (list []shaped) {
	for i := range n {
		at := int64(i) * 2
		list = append(list, shaped{end: tap.Client, at: at, from: i * size, bytes: size})
		if i%50 == 7 {
			list = append(list, shaped{end: tap.Client, at: at + 1, from: i * size, bytes: size})
		}
		list = append(list, shaped{end: tap.Server, at: at + 1, from: i * size, bytes: size})
	}
	return list
}

// What a segment costs in each shape, of one stream in one connection.
func BenchmarkShapes(b *testing.B) {
	for _, shape := range shapes {
		list := shape.make()
		b.Run(shape.name, func(b *testing.B) {
			payload := make([]byte, 1000)
			days := [2]tap.Coverage{{FirstNS: start - 2*86400e9, LastNS: start + 2*86400e9}, {FirstNS: start - 2*86400e9, LastNS: start + 2*86400e9}}
			b.ReportAllocs()
			before := processorNS(b)
			for b.Loop() {
				var bounds clock.Bounds
				c := NewConnection([2]uint32{}, shape.lead*milli, shape.roughErr, days, &bounds)
				for i := range list {
					e := &list[i]
					s := segment.Segment{TimeNS: start + e.at*milli, Frame: int64(i + 1), Seq: uint32(1000 + e.from), Ack: 1, Flags: segment.ACK,
						TTL: 64, IPID: uint16(e.from/100 + 1), Payload: payload[:e.bytes], PayloadLen: e.bytes}
					c.Observe(e.end, tap.Client, &s)
				}
				c.Finish()
			}
			b.ReportMetric(float64(processorNS(b)-before)/float64(b.N*len(list)), "cpu-ns/segment")
		})
	}
}

// processorNS is the processor time that this process has taken, the collection of garbage
// with it.
func processorNS(b *testing.B) int64 {
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		b.Fatal(err)
	}
	return used.Utime.Nano() + used.Stime.Nano()
}
