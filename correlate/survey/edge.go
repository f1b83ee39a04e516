package survey

import (
	"cmp"
	"slices"
)

// An Edge is a segment, but no reset, near the beginning or the end of a recording:
// one of those that may stand in one of two captures only because they were under way
// as the other one began or ended.
type Edge struct {
	TimeNS        int64
	Before, After uint64 // the print of its flow before it, and with it
	connection    int32
	side          Side
	// Fresh says that it brought nothing but new data, or if it brought none, that it
	// acknowledged more than those before.
	Fresh bool
}

// edges are the first and the last segments of a capture.
type edges struct {
	first, last []Edge
	next        int  // where the next of the last goes, once there are edgeSegments
	sorted      bool // by flow
}

// edgeSegments is how many are kept at each end: those of 10 ms at 3 million packets a
// second, or of a second at 32,000. They take a megabyte.
const edgeSegments = 1 << 15

func (e *edges) add(edge Edge) {
	if len(e.first) < edgeSegments {
		e.first = append(e.first, edge)
	}
	if len(e.last) < edgeSegments {
		e.last = append(e.last, edge)
		return
	}
	e.last[e.next] = edge
	e.next = (e.next + 1) % edgeSegments
}

// sort puts those of one flow together, in their order.
func (e *edges) sort() {
	if e.sorted {
		return
	}
	e.sorted = true
	e.last = append(e.last[e.next:len(e.last):len(e.last)], e.last[:e.next]...)
	e.first, e.last = byFlow(e.first), byFlow(e.last)
}

// byFlow sorts numbers that have the connection, the side and the place in the list, from
// the highest bit on: a stable sort of the edges themselves takes twenty times as long.
func byFlow(list []Edge) []Edge {
	const placeBits = 15
	keys := make([]uint64, len(list))
	for i := range list {
		keys[i] = (uint64(list[i].connection)<<1|uint64(list[i].side))<<placeBits | uint64(i)
	}
	slices.Sort(keys)
	sorted := make([]Edge, len(list))
	for i, key := range keys {
		sorted[i] = list[key&(1<<placeBits-1)]
	}
	return sorted
}

// Edges are those of a flow's segments that are among the first of the capture, and
// those among the last, both in file order.
func (sv *Survey) Edges(connection int32, side Side) (first, last []Edge) {
	sv.edges.sort()
	return of(sv.edges.first, connection, side), of(sv.edges.last, connection, side)
}

// ForgetEdges lets them go once nobody asks any more.
func (sv *Survey) ForgetEdges() { sv.edges = edges{} }

func of(list []Edge, connection int32, side Side) []Edge {
	from, _ := slices.BinarySearchFunc(list, Edge{connection: connection, side: side}, func(e, want Edge) int {
		return cmp.Or(cmp.Compare(e.connection, want.connection), cmp.Compare(e.side, want.side))
	})
	n := 0
	for from+n < len(list) && list[from+n].connection == connection && list[from+n].side == side {
		n++
	}
	return list[from : from+n]
}
