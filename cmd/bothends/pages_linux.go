package main

import (
	"runtime"
	"syscall"
)

// inLargePages asks the kernel to back the next n bytes of the heap with pages of 2 MiB
// where it can, instead of 4 KiB: with thousands of connections at a time each packet asks
// for other memory, and where its page is costs as much to find out as what is in it.
//
// Go does not ask for it, and most distributions give large pages only to who does
// (/sys/kernel/mm/transparent_hugepage/enabled: madvise). The advice holds for addresses:
// this allocates some, advises the kernel, and leaves them to Go as garbage. Nothing is
// written to them, so that no memory is taken. Where the kernel has no such pages all
// goes on as before.
func inLargePages(n int64) {
	if n < leastInLargePages {
		return
	}
	_ = syscall.Madvise(make([]byte, n), syscall.MADV_HUGEPAGE)
	runtime.GC()
}
