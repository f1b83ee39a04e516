package pcapng

import (
	"math"
	"math/bits"
)

const nanosPerSecond = 1_000_000_000

// ticksBinary is the bit of if_tsresol that makes the rest a power of two.
const ticksBinary = 0x80

// resolutionDefault is microseconds, for interfaces without if_tsresol.
const resolutionDefault = 6

// A clock makes Unix nanoseconds of one interface's time stamps.
type clock struct {
	factor   uint64 // nanoseconds in a tick, or 0 if a tick is less than one
	limit    uint64 // most ticks whose nanoseconds an int64 holds, if factor is not 0
	exponent uint   // a tick is 10 or 2 to the power of minus this, in seconds
	binary   bool
	offsetNS int64
	broken   bool // the offset alone leaves the range of an int64
}

func newClock(resolution byte, offsetSec int64) clock {
	c := clock{exponent: uint(resolution &^ ticksBinary), binary: resolution&ticksBinary != 0}
	if !c.binary && c.exponent <= 9 {
		c.factor = powerOfTen(9 - c.exponent)
		c.limit = math.MaxInt64 / c.factor
	}
	c.offsetNS = offsetSec * nanosPerSecond
	c.broken = offsetSec > math.MaxInt64/nanosPerSecond || offsetSec < math.MinInt64/nanosPerSecond
	return c
}

// perSecond is the clock's resolution, or 0 if it is finer than 64 bits hold.
func (c *clock) perSecond() uint64 {
	if c.binary {
		return 1 << c.exponent // 0 from 64 on
	}
	return powerOfTen(c.exponent)
}

// nanoseconds rounds down, and reports whether the result is in the range of an
// int64, which ends in April 2262.
func (c *clock) nanoseconds(ticks uint64) (int64, bool) {
	var ns uint64
	if c.factor != 0 && ticks <= c.limit {
		ns = ticks * c.factor
	} else {
		var ok bool
		if ns, ok = c.scale(ticks); !ok {
			return 0, false
		}
	}
	sum := int64(ns) + c.offsetNS
	if c.broken || c.offsetNS > 0 && sum < 0 {
		return 0, false
	}
	return sum, true
}

// scale handles the ticks that are not a whole number of nanoseconds. Its
// product has 128 bits, so nothing is lost but the fraction of a nanosecond.
func (c *clock) scale(ticks uint64) (uint64, bool) {
	if c.factor != 0 {
		return 0, false
	}
	if !c.binary {
		divisor := powerOfTen(c.exponent - 9)
		if divisor == 0 {
			return 0, true
		}
		ns := ticks / divisor
		return ns, ns <= math.MaxInt64
	}
	high, low := bits.Mul64(ticks, nanosPerSecond)
	if c.exponent >= 64 {
		return high >> (c.exponent - 64), true
	}
	if high>>c.exponent != 0 {
		return 0, false
	}
	ns := high<<(64-c.exponent) | low>>c.exponent
	return ns, ns <= math.MaxInt64
}

// powerOfTen returns 0 if the power has more than 64 bits.
func powerOfTen(n uint) uint64 {
	const digits = 19 // 10^19 is the largest below 2^64
	if n > digits {
		return 0
	}
	power := uint64(1)
	for range n {
		power *= 10
	}
	return power
}
