package survey

import (
	"testing"

	"pgregory.net/rapid"

	"bothends/correlate/segment"
)

// The slow twin of the table is a map of Go's.
func TestTheLookupFindsWhatAMapFinds(t *testing.T) {
	type tuple [2]segment.Endpoint
	rapid.Check(t, func(t *rapid.T) {
		var list entries
		l, twin := newLookup(), map[tuple]int32{}
		hosts := rapid.IntRange(1, 5).Draw(t, "hosts")
		for range rapid.IntRange(1, 4*firstSlots).Draw(t, "segments") {
			s := segment.Segment{
				Src: endpoint(byte(rapid.IntRange(0, hosts).Draw(t, "source")), uint16(rapid.IntRange(0, 40).Draw(t, "port"))),
				Dst: endpoint(byte(rapid.IntRange(0, hosts).Draw(t, "destination")), uint16(rapid.IntRange(0, 40).Draw(t, "port"))),
			}
			want, wanted := twin[tuple{s.Src, s.Dst}]
			if !wanted {
				want = none
			}
			if got := l.find(&list, l.hash(&s.Src, &s.Dst), &s); got != want {
				t.Fatalf("%v to %v: found %d, want %d", s.Src, s.Dst, got, want)
			}
			if wanted && rapid.Bool().Draw(t, "leave it") {
				continue
			}
			id := list.add(entry{ends: [2]segment.Endpoint{s.Src, s.Dst}})
			l.put(&list, l.hash(&s.Src, &s.Dst), &s, id)
			twin[tuple{s.Src, s.Dst}], twin[tuple{s.Dst, s.Src}] = id, id
		}
	})
}

// Endpoints that only differ in one of address and port, and that a hash which
// adds or folds them would mix up.
func TestLikeEndpointsSpreadOverTheLookup(t *testing.T) {
	l := newLookup()
	hashes := map[uint64]bool{}
	const n = 1 << 14
	for i := range n {
		e := endpoint(1, uint16(i))
		e.IP[0], e.IP[1] = byte(i>>8), byte(i) // port and address change together
		hashes[l.hashOne(&e)>>32] = true
	}
	if len(hashes) < n-n/100 {
		t.Errorf("%d endpoints have only %d hashes", n, len(hashes))
	}
}
