package align

import (
	"bytes"
	"testing"
)

func TestABlockIsHardlyLongerThanWhatItHoldsAndIsUsedAgain(t *testing.T) {
	var b buffers
	for _, n := range []int{1, 44, 64, 65, 934, 1460, 2048, 2049, 9000, 65_535, 65_536, 200_000} {
		payload := bytes.Repeat([]byte("x"), n)
		one := b.keep(payload)
		payload[0] = 'y'
		if one[0] != 'x' || len(one) != n {
			t.Fatalf("of %d bytes %d were copied, or none", n, len(one))
		}
		if waste := cap(one) - n; waste >= smallStep && n <= smallest || waste >= largeStep {
			t.Errorf("%d bytes take %d", n, cap(one))
		}
		b.takeBack(one)
		again := b.keep(bytes.Repeat([]byte("z"), n))
		if used := &again[0] == &one[0]; used != (n <= largest) {
			t.Errorf("a block for %d bytes is used again: %v", n, used)
		}
		if n <= largest && (b.idle != 0 || string(again[:1]) != "z" || len(again) != n) {
			t.Errorf("after %d bytes %d are idle, and the block holds %d, the first %q", n, b.idle, len(again), again[:1])
		}
	}
	if b.keep(nil) != nil || b.keep([]byte{}) != nil {
		t.Error("no payload is something")
	}
}

func TestIdleBlocksAreBounded(t *testing.T) {
	var b buffers
	var blocks [][]byte
	for range 3 * maxIdle / largest {
		blocks = append(blocks, b.keep(make([]byte, largest)))
	}
	for _, block := range blocks {
		b.takeBack(block)
	}
	if b.idle > maxIdle || b.idle < maxIdle-largest {
		t.Errorf("%d bytes are idle", b.idle)
	}
	b.takeBack(make([]byte, 100)) // not one of its own
	if len(b.small[2]) > 0 || len(b.small[1]) > 0 {
		t.Error("a block of a length that none has was taken")
	}
}
