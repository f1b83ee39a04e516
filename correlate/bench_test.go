package correlate_test

import (
	"context"
	"path/filepath"
	"testing"

	"bothends/capture/file"
	"bothends/correlate"
	"bothends/fixtures/bulk"
)

// BenchmarkCompare compares two captures of 200,000 packets each, of 110 bytes
// and of full size. One packet is one packet of one capture.
func BenchmarkCompare(b *testing.B) {
	for _, load := range []struct {
		name    string
		payload int
	}{{"small packets", 44}, {"bulk", 1448}} {
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
				if _, err := correlate.Compare(context.Background(), first, second, correlate.Options{}); err != nil {
					b.Fatal(err)
				}
				first.Close()
				second.Close()
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/(2*packets), "ns/packet")
		})
	}
}
