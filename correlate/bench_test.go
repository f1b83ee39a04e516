package correlate

import (
	"context"
	"path/filepath"
	"testing"

	"bothends/capture/file"
	"bothends/fixtures/bulk"
)

// BenchmarkCompare compares two captures of 200,000 packets each. One packet is
// one packet of one capture. Most connections are alike at both taps, as they are
// where nothing is lost; how much dearer it is to lay them over each other, the
// last one shows. The profile by which bothends is built comes from here (make
// profile).
func BenchmarkCompare(b *testing.B) {
	for _, load := range []struct {
		name    string
		payload int
		options Options
	}{
		{"small packets", 44, Options{}},
		{"bulk", 1448, Options{}},
		{"small packets, all aligned", 44, Options{alignAll: true}},
	} {
		b.Run(load.name, func(b *testing.B) {
			const packets = 200_000
			dir := b.TempDir()
			if _, err := bulk.Write(dir, bulk.Options{Packets: packets, Payload: load.payload, ResetEvery: 100}); err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			for b.Loop() {
				first, err := file.Open(context.Background(), []string{filepath.Join(dir, "client.pcap")})
				if err != nil {
					b.Fatal(err)
				}
				second, err := file.Open(context.Background(), []string{filepath.Join(dir, "server.pcap")})
				if err != nil {
					b.Fatal(err)
				}
				if _, err := Compare(context.Background(), first, second, load.options); err != nil {
					b.Fatal(err)
				}
				first.Close()
				second.Close()
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/(2*packets), "ns/packet")
		})
	}
}
