package survey

import (
	"encoding/binary"
	"math/rand/v2"
	"testing"

	"bothends/capture"
	"bothends/correlate/segment"
)

// A second pass that is fed with what is wanted, and no more, finds every wanted
// connection under the number that the first pass gave it, however often its ports were
// used, and passes over most of the others.
func TestWhatIsWantedKeepsItsNumbers(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	var segments []segment.Segment
	for range 20_000 {
		a, b := random.Uint32N(300), random.Uint32N(2)
		s := segment.Segment{Src: v4(10<<24|a, 40000), Dst: v4(20<<24|b, 25), Seq: random.Uint32()}
		if random.IntN(20) == 0 {
			s.Flags = segment.SYN
		}
		if random.IntN(2) == 0 {
			s.Src, s.Dst = s.Dst, s.Src
		}
		segments = append(segments, s)
	}
	first := NewTable()
	first.Limit(800)
	sv := &Survey{}
	var assigned []int32
	for i := range segments {
		id, _ := first.Assign(&segments[i])
		assigned = append(assigned, id)
		if int(id) == len(sv.Connections) {
			sv.Connections = append(sv.Connections, &Connection{})
		}
	}
	for i := range sv.Connections {
		sv.Connections[i].Ends = first.entries.at(int32(i)).ends
	}
	if first.Len() != 800 {
		t.Fatalf("%d connections: the limit was not reached", first.Len())
	}
	want := func(i int) bool { return i%40 == 7 }
	w := NewWanted(sv, want)
	second := NewTable()
	second.Limit(w.Len())
	passed := 0
	for i := range segments {
		s := &segments[i]
		if !w.Has(s) {
			if passed++; assigned[i] != LeftOut && want(int(assigned[i])) {
				t.Fatalf("segment %d of a wanted connection was passed over", i)
			}
			continue
		}
		id, _ := second.Assign(s)
		if id != LeftOut {
			id = w.Original(id)
		}
		if id != assigned[i] {
			t.Fatalf("segment %d: connection %d, on the first pass %d", i, id, assigned[i])
		}
	}
	if passed < len(segments)/2 {
		t.Errorf("only %d of %d segments were passed over", passed, len(segments))
	}
}

func v4(ip uint32, port uint16) (e segment.Endpoint) {
	e.IP[10], e.IP[11], e.Port = 0xff, 0xff, port
	binary.BigEndian.PutUint32(e.IP[12:], ip)
	return e
}

// What is passed over undecoded, the decoder would have found to be of a connection that
// is not wanted: whatever the frame.
func TestOnlyFramesThatAreNotWantedAreLacking(t *testing.T) {
	random := rand.New(rand.NewPCG(5, 6))
	sv := &Survey{}
	for i := range uint32(100) {
		sv.Connections = append(sv.Connections, &Connection{Ends: [2]segment.Endpoint{v4(10<<24|i, 40000), v4(20<<24, 25)}})
	}
	w := NewWanted(sv, func(i int) bool { return i%2 == 0 })
	var decoder segment.Decoder
	lacking := 0
	for range 20_000 {
		f := make([]byte, 60)
		f[12], f[14], f[22], f[23], f[46] = 8, 0x45, 64, 6, 0x50
		be := binary.BigEndian
		be.PutUint16(f[16:], 46)
		be.PutUint32(f[26:], 10<<24|random.Uint32N(100))
		be.PutUint16(f[34:], 40000)
		be.PutUint32(f[30:], 20<<24)
		be.PutUint16(f[36:], 25)
		for range random.IntN(3) { // a fault anywhere
			f[random.IntN(len(f))] ^= 1 << random.IntN(8)
		}
		p := capture.Packet{LinkType: capture.LinkEthernet, Data: f, OrigLen: len(f)}
		var s segment.Segment
		result := decoder.Decode(&p, &s)
		if !w.lacks(&p) {
			continue
		}
		if lacking++; result == segment.TCP && w.Has(&s) {
			t.Fatalf("%x is of a wanted connection, %v to %v", f, s.Src, s.Dst)
		}
	}
	if lacking < 1000 {
		t.Errorf("only %d frames were lacking", lacking)
	}
}
