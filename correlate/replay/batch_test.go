package replay

import (
	"bytes"
	"testing"

	"bothends/correlate/segment"
)

// What is read is written over by what is read next; a batch is used again and again.
func TestABatchKeepsWhatItsSegmentsHoldAndEndsBeforeThatIsMuch(t *testing.T) {
	l := newLane(0)
	for range 2 {
		const header = 20
		read := make([]byte, header+(4<<10))
		n := 0
		for ; !l.filling.full(); n++ {
			s := &l.filling.segments[len(l.filling.segments)-1]
			*s = segment.Segment{Header: read[:header], Payload: read[header : header+1+n*29%(4<<10)]}
			for i := range read {
				read[i] = byte(n)
			}
			l.take(&Route{}, 0, s)
		}
		if room := len(l.filling.bytes); room < batchBytes || room >= batchBytes+len(read) {
			t.Fatalf("the batch ends after %d bytes", room)
		}
		for i := range n {
			s := &l.filling.segments[i]
			if want := bytes.Repeat([]byte{byte(i)}, 1+i*29%(4<<10)); !bytes.Equal(s.Payload, want) {
				t.Fatalf("payload %d has changed", i)
			}
			if want := bytes.Repeat([]byte{byte(i)}, header); !bytes.Equal(s.Header, want) {
				t.Fatalf("header %d has changed", i)
			}
		}
		l.free <- l.filling
		if err := l.handOver(t.Context()); err != nil {
			t.Fatal(err)
		}
		if <-l.batches; len(l.filling.items)+len(l.filling.bytes) > 0 || len(l.filling.segments) != 1 {
			t.Fatal("a batch that is used again is not empty")
		}
	}
}
