package align

// buffers are what segments need while they are in flight, to be used again by any stream:
// blocks that hold payloads, and what is known of each segment. A block is hardly longer than what it holds, and it holds one payload, so that a
// segment that is waited for pins nothing beside itself. They are for one goroutine.
type buffers struct {
	small [smallest/smallStep + 1][][]byte // by length in smallStep, rounded up
	large [largest/largeStep + 1][][]byte  // by length in largeStep, rounded up
	idle  int                              // bytes in all of them
	held  []*held                          // that wait for no counterpart any more: what was used last is still near
}

const (
	// smallest packets, up to an Ethernet's and a little more, are many: they are kept in
	// blocks that waste less than smallStep. Up to largest, which IP allows (RFC 791
	// section 3.1), they are what offloading merged.
	smallStep, smallest = 64, 2048
	largeStep, largest  = 4096, 1 << 16
	// maxIdle and maxIdleHeld bound what is kept for later: 1 MB, and half as much.
	maxIdle     = 1 << 20
	maxIdleHeld = 1 << 10
)

// shelf is where blocks for n bytes lie, and how long they are; nil if they are not kept.
func (b *buffers) shelf(n int) (list *[][]byte, length int) {
	switch {
	case n <= smallest:
		n = (n + smallStep - 1) / smallStep
		return &b.small[n], n * smallStep
	case n <= largest:
		n = (n + largeStep - 1) / largeStep
		return &b.large[n], n * largeStep
	}
	return nil, n
}

// keep copies a payload to a block; an empty one to none.
func (b *buffers) keep(payload []byte) []byte {
	if len(payload) == 0 {
		return nil
	}
	list, length := b.shelf(len(payload))
	if list == nil || len(*list) == 0 {
		return append(make([]byte, 0, length), payload...)
	}
	last := len(*list) - 1
	block := (*list)[last]
	(*list)[last], *list = nil, (*list)[:last]
	b.idle -= length
	return append(block, payload...)
}

// takeBack takes a block that keep returned and that nobody refers to any more.
func (b *buffers) takeBack(block []byte) {
	list, length := b.shelf(cap(block))
	if cap(block) == 0 || list == nil || length != cap(block) || b.idle+length > maxIdle {
		return
	}
	b.idle += length
	*list = append(*list, block[:0])
}
