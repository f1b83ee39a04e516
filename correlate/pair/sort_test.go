package pair

import (
	"cmp"
	"math/rand/v2"
	"slices"
	"testing"
)

// The slow twin compares.
func TestManyKeysAreSortedAsFewAre(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for _, mask := range []uint64{0, 0xff, 0xffff00, 1 << 63, ^uint64(0)} {
		for _, n := range []int{0, 1, fewKeys, fewKeys + 1, 5000} {
			keys := make([]keyed, n)
			for i := range keys {
				keys[i] = keyed{random.Uint64() & mask, int32(i)}
			}
			want := slices.Clone(keys)
			slices.SortFunc(want, func(x, y keyed) int { return cmp.Or(cmp.Compare(x.key, y.key), cmp.Compare(x.n, y.n)) })
			if got := sorted(keys); !slices.Equal(got, want) {
				t.Errorf("%d keys of mask %x are out of order", n, mask)
			}
		}
	}
}
