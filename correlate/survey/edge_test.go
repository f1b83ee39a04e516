package survey

import (
	"hash/maphash"
	"testing"
)

// Of a flow whose first segments one tap did not see, and its last ones neither, the
// part that both saw has one print at both, wherever the cut is.
func TestThePartThatTwoTapsSawHasOnePrint(t *testing.T) {
	seed := maphash.MakeSeed()
	whole := session([2]uint32{1, 2}, 0)[3:] // in mid-connection
	whole = append(whole, whole...)
	var after []uint64 // of the responder's flow, by how many segments of it
	c := Connection{Flows: new([2]Flow)}
	p := newPrinter(seed)
	flow := &c.Flows[Responder]
	after = append(after, flow.Print)
	for i := range whole {
		side := Initiator
		if whole[i].Src == bob {
			side = Responder
		}
		c.note(c.Flows, &whole[i], side)
		p.add(&c.Flows[side], &c.Flows[side.Other()], &whole[i])
		if side == Responder {
			after = append(after, flow.Print)
		}
	}
	of := func(first int) (print uint64) { // of those from first on, as a tap saw them that began there
		c := Connection{Flows: new([2]Flow)}
		n := 0
		for i := range whole {
			side := Initiator
			if whole[i].Src == bob {
				if n++; n <= first {
					continue
				}
				side = Responder
			}
			c.note(c.Flows, &whole[i], side)
			p.add(&c.Flows[side], &c.Flows[side.Other()], &whole[i])
		}
		return c.Flows[Responder].Print
	}
	for first := range after {
		n := int64(len(after) - 1 - first)
		if got, want := Rest(seed, flow.Print, after[first], n), of(first); got != want {
			t.Errorf("without the first %d: print %x, want %x", first, got, want)
		}
	}
}

func TestTheFirstAndTheLastSegmentsAreKept(t *testing.T) {
	var sv Survey
	const n = 3*edgeSegments + 5
	for i := range int64(n) {
		sv.edges.add(Edge{TimeNS: i, connection: int32(i % 3)})
	}
	first, last := sv.Edges(1, Initiator)
	if got, want := len(first)+len(last), 2*edgeSegments/3; got < want-1 || got > want+2 {
		t.Errorf("%d edges of one in three connections, want %d", got, want)
	}
	if first[0].TimeNS != 1 || last[len(last)-1].TimeNS != n-1-(n-1-1)%3 {
		t.Errorf("they run from %d to %d", first[0].TimeNS, last[len(last)-1].TimeNS)
	}
	for _, list := range [][]Edge{first, last} {
		for i := range list[1:] {
			if list[i+1].TimeNS != list[i].TimeNS+3 {
				t.Fatalf("after %d comes %d", list[i].TimeNS, list[i+1].TimeNS)
			}
		}
	}
}
