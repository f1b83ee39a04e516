package survey

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// byteCover is the slow, obvious twin of Cover: a set of bytes.
type byteCover struct {
	seen  map[int64]bool
	began int64
	next  int64
	begun bool
}

func (c *byteCover) add(start, end int64) (fresh int64) {
	if !c.begun {
		c.begun, c.seen, c.began, c.next = true, map[int64]bool{}, start, start
	}
	for at := start; at < end; at++ {
		if !c.seen[at] {
			c.seen[at] = true
			fresh++
		}
	}
	c.next = max(c.next, end)
	return fresh
}

func (c *byteCover) has(start, end int64) bool {
	for at := start; at < end; at++ {
		if !c.seen[at] {
			return false
		}
	}
	return true
}

func (c *byteCover) missing(acked int64) (n int64) {
	for at := c.began; at < acked; at++ {
		if !c.seen[at] {
			n++
		}
	}
	return n
}

func TestACoverKnowsWhatASetOfBytesKnows(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var c Cover
		var twin byteCover
		for range rapid.IntRange(1, 60).Draw(t, "segments") {
			start := rapid.Int64Range(-120, 200).Draw(t, "start")
			end := start + rapid.Int64Range(1, 30).Draw(t, "length")
			if got, want := c.Add(start, end), twin.add(start, end); got != want {
				t.Fatalf("Add(%d, %d) = %d fresh bytes, want %d; %+v", start, end, got, want, c)
			}
			if c.Next != twin.next {
				t.Fatalf("Next = %d, want %d", c.Next, twin.next)
			}
			from := rapid.Int64Range(-120, 240).Draw(t, "from")
			to := from + rapid.Int64Range(1, 40).Draw(t, "wide")
			if got, want := c.Has(from, to), twin.has(from, to); got != want {
				t.Fatalf("Has(%d, %d) = %v, want %v; %+v", from, to, got, want, c)
			}
			if got, want := c.Missing(to), twin.missing(to); got != want {
				t.Fatalf("Missing(%d) = %d, want %d; %+v", to, got, want, c)
			}
			if got, want := c.Lacks(from, to), twin.missing(min(to, twin.next))-twin.missing(min(from, twin.next)) > 0; got != want {
				t.Fatalf("Lacks(%d, %d) = %v, want %v; %+v", from, to, got, want, c)
			}
			for i, h := range c.holes() {
				if h.Len() <= 0 || i > 0 && h.Start <= c.holes()[i-1].End || h.Start < c.First || h.End > c.Next {
					t.Fatalf("holes are not apart, ascending and inside: %+v", c)
				}
			}
		}
	})
}

func TestMissingSpansAreTheBytesThatMissingCounts(t *testing.T) {
	var c Cover
	c.Add(100, 200)
	c.Add(300, 400)
	c.Add(500, 600)
	c.Add(20, 50) // sent before the tap began, and repeated
	want := []Span{{200, 300}, {400, 500}, {600, 650}}
	if diff := cmp.Diff(want, c.MissingSpans(650)); diff != "" {
		t.Error(diff)
	}
	if got := c.Missing(650); got != 250 {
		t.Errorf("Missing = %d, want 250", got)
	}
	if got := c.Missing(250); got != 50 {
		t.Errorf("Missing up to the middle of a hole = %d, want 50", got)
	}
}

func TestWhatPassedBeforeTheTapBeganIsNotMissing(t *testing.T) {
	var c Cover
	c.Add(1000, 2000)
	if got := c.Missing(900); got != 0 {
		t.Errorf("%d bytes missing of what was acknowledged before", got)
	}
	if fresh := c.Add(0, 500); fresh != 500 {
		t.Errorf("a repetition from before has %d fresh bytes, want 500", fresh)
	}
	if got := c.Missing(2000); got != 0 {
		t.Errorf("%d bytes missing between a repetition and the beginning", got)
	}
}

func TestAKeepAliveAsTheFirstSegmentLeavesNoByteMissing(t *testing.T) {
	var c Cover
	c.Add(999, 999) // the number before the next one, no payload
	c.Add(1000, 1500)
	if got := c.Missing(1500); got != 0 {
		t.Errorf("Missing = %d, want 0", got)
	}
	var lossy Cover
	lossy.Add(999, 999)
	lossy.Add(1001, 1500)
	if got := lossy.Missing(1500); got != 2 {
		t.Errorf("Missing = %d, want 2: two bytes are no keep-alive", got)
	}
}

func TestAnEmptySegmentBehindBytesShowsThatTheyWereSent(t *testing.T) {
	var c Cover
	c.Add(0, 100)
	c.Add(300, 300)
	if got := c.Missing(300); got != 200 {
		t.Errorf("Missing = %d, want 200", got)
	}
}

func TestTheHolesOfACoverAreBounded(t *testing.T) {
	for name, add := range map[string]func(c *Cover, i int64){
		"every second byte, ascending":            func(c *Cover, i int64) { c.Add(2*i, 2*i+1) },
		"every second byte of one hole":           func(c *Cover, i int64) { c.Add(1<<30-2*i, 1<<30-2*i+1) },
		"every second byte, before the beginning": func(c *Cover, i int64) { c.Add(-2*i, -2*i+1) },
	} {
		t.Run(name, func(t *testing.T) {
			var c Cover
			c.Add(0, 1)
			if name == "every second byte of one hole" {
				c.Add(1<<30+2, 1<<30+3)
			}
			for i := int64(1); i <= 4*maxHoles; i++ {
				add(&c, i)
			}
			if len(c.holes()) > maxHoles || cap(c.holes()) > 4*maxHoles {
				t.Errorf("%d holes, room for %d; at most %d are allowed", len(c.holes()), cap(c.holes()), maxHoles)
			}
		})
	}
}

func TestHolesThatWereGivenUpStayMissingAndAreNotTakenForSeen(t *testing.T) {
	var c Cover
	const n = 2 * maxHoles
	for i := range int64(n) {
		c.Add(10*i, 10*i+5)
	}
	if got, want := c.Missing(c.Next), int64(5*(n-1)); got != want {
		t.Errorf("Missing = %d, want %d", got, want)
	}
	if c.Has(5, 10) || !c.Lacks(5, 10) {
		t.Error("a hole that was given up counts as seen")
	}
	if fresh := c.Add(5, 10); fresh != 0 {
		t.Errorf("%d fresh bytes below what is remembered", fresh)
	}
}
