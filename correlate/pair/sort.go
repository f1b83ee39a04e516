package pair

import (
	"cmp"
	"slices"
)

// fewKeys is up to how many keys are sorted faster by comparing them.
const fewKeys = 1 << 10

// sorted puts keys, which are in order of their connections, in order of the key and
// then of the connection. Many are sorted digit by digit, the lowest first (Knuth, TAOCP
// 5.2.5): each pass keeps the order of the one before.
func sorted(keys []keyed) []keyed {
	if len(keys) <= fewKeys {
		slices.SortFunc(keys, func(x, y keyed) int { return cmp.Or(cmp.Compare(x.key, y.key), cmp.Compare(x.n, y.n)) })
		return keys
	}
	const digitBits = 8
	to := make([]keyed, len(keys))
	for shift := 0; shift < 64; shift += digitBits {
		var next [1 << digitBits]int // by digit: where the next key with it goes
		for i := range keys {
			next[uint8(keys[i].key>>shift)]++
		}
		at, only := 0, false
		for digit, n := range next {
			only = only || n == len(keys)
			next[digit] = at
			at += n
		}
		if only {
			continue
		}
		for _, k := range keys {
			place := &next[uint8(k.key>>shift)]
			to[*place] = k
			*place++
		}
		keys, to = to, keys
	}
	return keys
}
