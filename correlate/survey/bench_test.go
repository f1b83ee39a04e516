package survey

import (
	"bytes"
	"context"
	"errors"
	"hash/maphash"
	"io"
	"os"
	"path/filepath"
	"testing"

	"bothends/capture"
	"bothends/capture/pcap"
	"bothends/correlate/segment"
	"bothends/fixtures/bulk"
)

// small is a capture of small packets of many connections at once, of which half are cut
// by its ends, and its segments.
func small(b *testing.B) (file []byte, segments []segment.Segment) {
	const packets = 400_000
	dir := b.TempDir()
	if _, err := bulk.Write(dir, bulk.Options{Packets: packets, PerSession: 25, Concurrent: 2000, ResetEvery: 100, LossEvery: 1000, Cut: true}); err != nil {
		b.Fatal(err)
	}
	file, err := os.ReadFile(filepath.Join(dir, "client.pcap"))
	if err != nil {
		b.Fatal(err)
	}
	source := NewSource(reader(b, file), nil, func() error { return nil })
	for {
		var s segment.Segment
		if err := source.Next(&s); errors.Is(err, io.EOF) {
			return file, segments
		} else if err != nil {
			b.Fatal(err)
		}
		s.Payload = bytes.Clone(s.Payload)
		segments = append(segments, s)
	}
}

func reader(b *testing.B, file []byte) capture.Reader {
	r, err := pcap.NewReader(bytes.NewReader(file))
	if err != nil {
		b.Fatal(err)
	}
	return r
}

// perPacket reports what each of so many packets took.
func perPacket(b *testing.B, packets int) {
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(packets), "ns/packet")
}

// The parts of the first pass, for each packet: to read and decode it, to find its
// connection, to note it there, and to take the print of its flow; and the whole.
func BenchmarkFirstPass(b *testing.B) {
	file, segments := small(b)
	seed := maphash.MakeSeed()
	b.Run("read and decode", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			source := NewSource(reader(b, file), nil, func() error { return nil })
			var s segment.Segment
			for source.Next(&s) == nil {
			}
		}
		perPacket(b, len(segments))
	})
	b.Run("look up", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			table := NewTable()
			for i := range segments {
				table.Assign(&segments[i])
			}
		}
		perPacket(b, len(segments))
	})
	b.Run("note and print", func(b *testing.B) {
		table, prints := NewTable(), newPrinter(seed)
		ids, sides := make([]int32, len(segments)), make([]Side, len(segments))
		for i := range segments {
			ids[i], sides[i] = table.Assign(&segments[i])
		}
		b.ReportAllocs()
		for b.Loop() {
			sv := new(Survey)
			for i := range segments {
				id, side, s := ids[i], sides[i], &segments[i]
				if int(id) == len(sv.Connections) {
					sv.open(s.TimeNS)
				}
				flows := sv.flows[id]
				sv.Connections[id].note(flows, s, side)
				if s.Flags&segment.RST == 0 {
					prints.add(&flows[side], &flows[side.Other()], s)
				}
			}
		}
		perPacket(b, len(segments))
	})
	b.Run("all of it", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			open := func() capture.Reader { return reader(b, file) }
			if _, _, err := Take(context.Background(), open, seed, 0, func(capture.Reader) {}); err != nil {
				b.Fatal(err)
			}
		}
		perPacket(b, len(segments))
	})
}
