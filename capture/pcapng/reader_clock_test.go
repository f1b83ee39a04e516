package pcapng

import (
	"math"
	"math/big"
	"testing"

	"pgregory.net/rapid"
)

// exactly is the slow, obvious twin of clock.nanoseconds: rationals of any size.
func exactly(resolution byte, offsetSec int64, ticks uint64) (int64, bool) {
	base := big.NewInt(10)
	if resolution >= 128 {
		base = big.NewInt(2)
	}
	perSecond := new(big.Int).Exp(base, big.NewInt(int64(resolution&127)), nil)
	ns := new(big.Int).Mul(new(big.Int).SetUint64(ticks), big.NewInt(1e9))
	ns.Div(ns, perSecond) // not negative, so this rounds down
	offset := new(big.Int).Mul(big.NewInt(offsetSec), big.NewInt(1e9))
	if !ns.IsInt64() || !offset.IsInt64() {
		return 0, false
	}
	ns.Add(ns, offset)
	if !ns.IsInt64() {
		return 0, false
	}
	return ns.Int64(), true
}

func TestTicksBecomeNanosecondsExactly(t *testing.T) {
	offsets := rapid.OneOf(rapid.Just(int64(0)), rapid.Int64Range(-86400, 86400), rapid.Int64(),
		rapid.SampledFrom([]int64{math.MaxInt64 / nanosPerSecond, math.MaxInt64/nanosPerSecond + 1, math.MinInt64 / nanosPerSecond, math.MinInt64/nanosPerSecond - 1}))
	ticks := rapid.OneOf(rapid.Uint64(), rapid.Uint64Range(0, 1<<20), rapid.SampledFrom([]uint64{math.MaxInt64, math.MaxInt64 + 1, math.MaxUint64}))
	rapid.Check(t, func(t *rapid.T) {
		resolution := rapid.Byte().Draw(t, "resolution")
		offset := offsets.Draw(t, "offset")
		tick := ticks.Draw(t, "ticks")
		c := newClock(resolution, offset)
		got, ok := c.nanoseconds(tick)
		want, wantOK := exactly(resolution, offset, tick)
		if got != want || ok != wantOK {
			t.Fatalf("resolution %#02x, offset %d, tick %d: %d, %t; want %d, %t", resolution, offset, tick, got, ok, want, wantOK)
		}
	})
}

func TestTheResolutionIsInTicksASecond(t *testing.T) {
	for _, test := range []struct {
		name       string
		resolution byte
		want       uint64
	}{
		{"microseconds", 6, 1e6},
		{"nanoseconds", 9, 1e9},
		{"seconds", 0, 1},
		{"the finest power of ten that 64 bits hold", 19, 1e19},
		{"a finer power of ten", 20, 0},
		{"2^-20", 0x94, 1 << 20},
		{"the finest power of two that 64 bits hold", 0xbf, 1 << 63},
		{"2^-64", 0xc0, 0},
		{"the finest there is", 0xff, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := newClock(test.resolution, 0)
			if got := c.perSecond(); got != test.want {
				t.Errorf("%d ticks a second, want %d", got, test.want)
			}
		})
	}
}
