package store

import (
	"runtime"

	"golang.org/x/sys/unix"
)

// niceness of the thread that hashes: what reads packets comes first.
const niceness = 10

// yieldToOthers makes the calling goroutine's thread give way, for as long as that
// goroutine runs. On Linux a priority is a thread's (setpriority(2), "C
// library/kernel differences").
func yieldToOthers() {
	runtime.LockOSThread()
	_ = unix.Setpriority(unix.PRIO_PROCESS, unix.Gettid(), niceness)
}
