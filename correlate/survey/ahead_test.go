package survey

import (
	"bytes"
	"context"
	"hash/maphash"
	"os"
	"path/filepath"
	"testing"

	"bothends/capture"
	"bothends/capture/pcap"
	"bothends/fixtures/bulk"
)

// spoiling is a reader that overwrites each packet as soon as it reads on, as readers may.
type spoiling struct {
	capture.Reader
	before []byte
}

func (r *spoiling) Next(p *capture.Packet) error {
	for i := range r.before {
		r.before[i] = 0xdb
	}
	err := r.Reader.Next(p)
	p.Data = bytes.Clone(p.Data)
	r.before = p.Data
	return err
}

// What is read ahead keeps its payload, whatever the reader does with its own.
func TestSegmentsReadAheadKeepTheirPayload(t *testing.T) {
	dir := t.TempDir()
	if _, err := bulk.Write(dir, bulk.Options{Packets: 5000, PerSession: 20, Concurrent: 50, Payload: 1400, LossEvery: 50}); err != nil {
		t.Fatal(err)
	}
	file, err := os.ReadFile(filepath.Join(dir, "client.pcap"))
	if err != nil {
		t.Fatal(err)
	}
	seed := maphash.MakeSeed()
	take := func(spoil bool) *Survey {
		open := func() capture.Reader {
			r, err := pcap.NewReader(bytes.NewReader(file))
			if err != nil {
				t.Fatal(err)
			}
			if spoil {
				return &spoiling{Reader: r}
			}
			return r
		}
		sv, _, err := Take(context.Background(), open, seed, 0, func(capture.Reader) {})
		if err != nil {
			t.Fatal(err)
		}
		return sv
	}
	kept, spoilt := take(false), take(true)
	if len(kept.Connections) < 100 || len(kept.Connections) != len(spoilt.Connections) {
		t.Fatalf("%d and %d connections", len(kept.Connections), len(spoilt.Connections))
	}
	for i, c := range kept.Connections {
		for side := range c.Flows {
			one, other := c.Flows[side], spoilt.Connections[i].Flows[side]
			if one.Print != other.Print {
				t.Fatalf("connection %d, side %d: print %x, and %x where packets are overwritten", i, side, one.Print, other.Print)
			}
			if (one.Head == nil) != (other.Head == nil) || one.Head != nil && *one.Head != *other.Head {
				t.Fatalf("connection %d, side %d: its first bytes are others where packets are overwritten", i, side)
			}
		}
	}
}
