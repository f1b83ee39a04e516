package align

import (
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// plainFlight is the slow twin of flight: one sorted list.
type plainFlight struct{ list []*held }

func (f *plainFlight) insert(h *held) {
	i := len(f.list)
	for i > 0 && f.list[i-1].start > h.start {
		i--
	}
	f.list = slices.Insert(f.list, i, h)
}

func (f *plainFlight) overlapping(start, end int64) (list []*held) {
	for _, h := range slices.Backward(f.list) {
		if h.start < end && h.end > start {
			list = append(list, h)
		}
	}
	return list
}

// Whatever comes in which order, and goes, a flight holds what a plain list does, in its
// order, and finds in it what overlaps. What is done goes at once from the front, and later
// from behind something that is not.
func TestAFlightIsASortedList(t *testing.T) {
	blocks := 0
	rapid.Check(t, func(t *rapid.T) {
		var f flight
		var twin plainFlight
		spread := rapid.SampledFrom([]int64{3, 1000, 100_000}).Draw(t, "spread")
		gone := map[*held]bool{}
		done := func(h *held) bool { return h.settled }
		settle := func(h *held, early bool) {
			if early || !h.settled || gone[h] {
				t.Fatalf("settled early (%v), though not done (%v), or twice (%v)", early, !h.settled, gone[h])
			}
			gone[h] = true
		}
		front := int64(0)
		for range rapid.IntRange(1, 30).Draw(t, "rounds") {
			random := rapid.Int64Range(0, spread)
			switch rapid.IntRange(0, 3).Draw(t, "what") {
			case 0, 1: // some more, in order or in none
				inOrder := rapid.Bool().Draw(t, "in order")
				step := random.Draw(t, "step")
				for i := range int64(rapid.IntRange(1, 900).Draw(t, "more")) {
					h := &held{}
					if h.start = front + i; !inOrder {
						h.start = front + (i*step)%(spread+1)
					}
					h.end = h.start + 1 + i%3
					f.insert(h)
					twin.insert(h)
				}
				front += rapid.Int64Range(0, 900).Draw(t, "ahead")
			case 2: // some are done
				every := rapid.IntRange(1, 5).Draw(t, "every")
				for i, h := range twin.list {
					h.settled = h.settled || i%every == 0
				}
				f.expire(done, settle)
				for _, h := range twin.list[:min(1, len(twin.list))] {
					if h.settled != gone[h] {
						t.Fatal("the first is done and did not go")
					}
				}
				twin.list = slices.DeleteFunc(twin.list, func(h *held) bool { return gone[h] })
			case 3: // all are
				for _, h := range twin.list {
					h.settled = true
				}
				f.expire(done, settle)
				twin.list = nil
			}
			if got := f.held(); !slices.Equal(got, twin.list) || f.count() != len(twin.list) {
				t.Fatalf("it holds %d (%d counted), the plain list %d, or in another order", len(got), f.count(), len(twin.list))
			}
			blocks = max(blocks, len(f.behind))
			start := random.Draw(t, "from")
			end := start + rapid.Int64Range(1, 4).Draw(t, "length")
			var found []*held
			f.overlapping(start, end, func(h *held) { found = append(found, h) })
			near := 0 // enough of them, and the search ends
			for _, h := range twin.list {
				if h.start < end && h.start+f.longest > start {
					near++
				}
			}
			if want := twin.overlapping(start, end); near <= maxLook && !slices.Equal(found, want) {
				t.Fatalf("%d overlap %d to %d, of the plain list %d, or in another order", len(found), start, end, len(want))
			}
		}
	})
	if blocks < 5 && !testing.Short() { // a short run has a fifth of the rounds
		t.Errorf("at most %d blocks beside the front: the test shows little", blocks)
	}
}
