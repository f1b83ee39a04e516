package replay

import (
	"bytes"
	"testing"

	"bothends/correlate/segment"
)

// What is read is written over by what is read next; a batch is used again and again.
func TestABatchKeepsThePayloadsOfItsSegmentsAndEndsBeforeTheyAreMany(t *testing.T) {
	l := newLane(0)
	for range 2 {
		read := make([]byte, 4<<10)
		n := 0
		for ; !l.filling.full(); n++ {
			s := &l.filling.segments[len(l.filling.segments)-1]
			*s = segment.Segment{Payload: read[:1+n*29%len(read)]}
			for i := range s.Payload {
				s.Payload[i] = byte(n)
			}
			l.take(&Route{}, 0, s)
		}
		if room := len(l.filling.payloads); room < batchBytes || room >= batchBytes+len(read) {
			t.Fatalf("the batch ends after %d bytes", room)
		}
		for i := range n {
			if got, want := l.filling.segments[i].Payload, bytes.Repeat([]byte{byte(i)}, 1+i*29%len(read)); !bytes.Equal(got, want) {
				t.Fatalf("payload %d has changed", i)
			}
		}
		l.free <- l.filling
		if err := l.handOver(t.Context()); err != nil {
			t.Fatal(err)
		}
		if <-l.batches; len(l.filling.items)+len(l.filling.payloads) > 0 || len(l.filling.segments) != 1 {
			t.Fatal("a batch that is used again is not empty")
		}
	}
}
