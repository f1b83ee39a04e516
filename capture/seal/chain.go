package seal

import (
	"cmp"
	"slices"
)

// A Chain is what the seals of several files say together.
type Chain struct {
	Head     string // of the recording; empty if the files are of several
	Earlier  int    // files that the recording had before the first
	Missing  []int  // files that it had between the first and the last
	Later    bool   // it had another one after the last
	Unlinked []int  // files that do not follow the one before, though both are intact
}

// Join puts the sealed ones of some files in order and looks for what is missing. Of
// no sealed file the chain is empty.
func Join(files []File) (c Chain) {
	var chained []File
	for _, f := range files {
		if f.Number > 0 {
			chained = append(chained, f)
		}
	}
	if len(chained) == 0 {
		return c
	}
	slices.SortStableFunc(chained, func(a, b File) int { return cmp.Compare(a.Number, b.Number) })
	first, last := chained[0], chained[len(chained)-1]
	for _, f := range chained {
		if f.Head != first.Head {
			return c
		}
	}
	c.Head, c.Earlier = first.Head, first.Number-1
	for i, f := range chained[1:] {
		before := chained[i]
		for n := before.Number + 1; n < f.Number && len(c.Missing) < maxMissing; n++ {
			c.Missing = append(c.Missing, n)
		}
		linked := before.Number+1 != f.Number || before.State != Intact || f.State != Intact || before.Value == f.Previous
		if !linked || before.Number == f.Number {
			c.Unlinked = append(c.Unlinked, f.Number)
		}
	}
	c.Later = last.State == Intact && !last.Last
	return c
}

// maxMissing bounds the list of what is missing: a file may claim any number.
const maxMissing = 1000
