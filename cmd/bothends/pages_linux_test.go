package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"unsafe"
)

// alone is in the environment of a process that runs one test and nothing else.
const alone = "BOTHENDS_ALONE"

// What is allocated after the advice lies where the kernel was advised (the flag "hg" in
// smaps, proc(5)), and no memory was taken for it.
func TestTheHeapLiesInLargePages(t *testing.T) {
	const enabled = "/sys/kernel/mm/transparent_hugepage/enabled"
	if _, err := os.Stat(enabled); err != nil {
		t.Skip(err)
	}
	if os.Getenv(alone) == "" { // in this process other tests have left room that the advice is not about
		command := exec.Command(os.Args[0], "-test.run=^"+t.Name()+"$", "-test.v")
		command.Env = append(os.Environ(), alone+"=1")
		if out, err := command.CombinedOutput(); err != nil || !bytes.Contains(out, []byte("--- PASS: "+t.Name())) {
			t.Errorf("%v:\n%s", err, out)
		}
		return
	}
	before := resident(t)
	inLargePages(4 * leastInLargePages)
	if took := resident(t) - before; took > leastInLargePages {
		t.Errorf("the advice took %d MiB of memory", took>>20)
	}
	kept := make([]*[256]byte, 100_000) // the first of them fill what the heap had before
	for i := range kept {
		kept[i] = new([256]byte)
	}
	advised := advisedRanges(t)
	inside := 0
	for _, k := range kept {
		at := uint64(uintptr(unsafe.Pointer(k)))
		for _, r := range advised {
			if at >= r[0] && at < r[1] {
				inside++
				break
			}
		}
	}
	if inside < len(kept)/2 {
		t.Errorf("%d of %d lie where the kernel was advised", inside, len(kept))
	}
}

// resident is how much memory the process takes.
func resident(t *testing.T) (bytes int64) {
	text, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		t.Fatal(err)
	}
	var size, pages int64
	if _, err := fmt.Sscan(string(text), &size, &pages); err != nil {
		t.Fatal(err)
	}
	return pages * int64(os.Getpagesize())
}

// advisedRanges are those of the process for which large pages were asked for.
func advisedRanges(t *testing.T) (list [][2]uint64) {
	text, err := os.ReadFile("/proc/self/smaps")
	if err != nil {
		t.Fatal(err)
	}
	var now [2]uint64
	for _, line := range strings.Split(string(text), "\n") {
		var from, to uint64
		if n, _ := fmt.Sscanf(line, "%x-%x ", &from, &to); n == 2 {
			now = [2]uint64{from, to}
		}
		if flags, found := strings.CutPrefix(line, "VmFlags:"); found && strings.Contains(flags+" ", " hg ") {
			list = append(list, now)
		}
	}
	return list
}
