package pcapng

import (
	"bytes"
	"io"
	"runtime"
	"testing"

	"bothends/capture"
)

// A recorder notes its counters every ten seconds. After some days these notes add
// up to more than any other description of a file may have.
const (
	month      = 30 * 24 * 60 * 6 // notes of one interface
	interfaces = 16
)

// idleMonth is a file of interfaces on which nothing passed for thirty days, but
// for a packet at either end. It is made as it is read.
func idleMonth() io.Reader {
	head, tail := little().section(), little()
	for range interfaces {
		head.iface(1, 0)
	}
	head.packet(0, 0, "first")
	tail.packet(0, 1, "last")
	notes := little()
	note := notes.option(1, bytes.Repeat([]byte("a note of 300 bytes "), 15))
	for i := range uint32(interfaces) {
		notes.block(5, i, uint64(0), note, notes.option(4, uint64(1)))
	}
	return io.MultiReader(bytes.NewReader(head.bytes), &again{part: notes.bytes, left: month}, bytes.NewReader(tail.bytes))
}

// again yields the same bytes several times.
type again struct {
	part     []byte
	at, left int
}

func (a *again) Read(p []byte) (int, error) {
	if a.left == 0 {
		return 0, io.EOF
	}
	n := copy(p, a.part[a.at:])
	if a.at += n; a.at == len(a.part) {
		a.at = 0
		a.left--
	}
	return n, nil
}

func TestThirtyDaysOfNotesOnSixteenInterfacesAreReadInTheRoomOfOne(t *testing.T) {
	r, err := NewReader(idleMonth())
	if err != nil {
		t.Fatal(err)
	}
	notes := make([]int, interfaces)
	r.OnRemark(func(number int, text string) { notes[number] += len(text) })
	var p capture.Packet
	if err := r.Next(&p); err != nil || string(p.Data) != "first" {
		t.Fatalf("first packet %q: %v", p.Data, err)
	}
	before := held()
	if err := r.Next(&p); err != nil || string(p.Data) != "last" {
		t.Fatalf("packet behind the notes: %q, %v; the file is %v: %s", p.Data, err, r.End(), r.End().Reason)
	}
	const room = 1 << 20
	if more := held() - before; more > room {
		t.Errorf("the notes of thirty days took %d bytes, want less than %d", more, room)
	}
	if err := r.Next(&p); err != io.EOF || r.End() != (capture.End{}) {
		t.Errorf("%v, the file is %v: %s", err, r.End(), r.End().Reason)
	}
	for number, n := range notes {
		if n != month*300 {
			t.Errorf("interface %d: %d bytes of notes, want %d", number, n, month*300)
		}
	}
}

// held is what the heap holds once all is collected that can be.
func held() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}
