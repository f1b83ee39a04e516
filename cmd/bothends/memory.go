package main

import (
	"fmt"
	"os"
	"runtime/debug"
	"strconv"
	"strings"
)

// A memorySize is the value of --memory-limit: bytes, or with K, M, G or T a power of
// 1024 of them.
type memorySize int64

// notGiven stands for halfOfMachine.
const notGiven memorySize = -1

func (m *memorySize) Set(text string) error {
	digits, unit := strings.TrimRight(strings.ToUpper(text), "IB"), int64(1)
	if n := len(digits); n > 0 {
		if power := strings.IndexByte("KMGT", digits[n-1]); power >= 0 {
			digits, unit = digits[:n-1], 1<<(10*(power+1))
		}
	}
	n, err := strconv.ParseInt(digits, 10, 64)
	if err != nil || n < 0 || n > 1<<62/unit {
		return fmt.Errorf("it is a number of bytes, as in 512M, 2G or 0 for no limit")
	}
	*m = memorySize(n * unit)
	return nil
}

func (m *memorySize) String() string {
	switch n := int64(*m); {
	case n < 0:
		return ""
	case n%(1<<20) == 0:
		return strconv.FormatInt(n>>20, 10) + "M"
	default:
		return strconv.FormatInt(n, 10)
	}
}

func (m *memorySize) Type() string { return "SIZE" }

// halfOfMachine is the default memory limit: half of the memory that this machine
// has, or that the control group of the process may take; 0, no limit, where the
// system does not tell in a file (it is no Linux).
func halfOfMachine(memInfo, groupLimit string) memorySize {
	least := int64(0)
	note := func(n int64) {
		if n > 0 && (least == 0 || n < least) {
			least = n
		}
	}
	if text, err := os.ReadFile(memInfo); err == nil {
		for _, line := range strings.Split(string(text), "\n") {
			if fields := strings.Fields(line); len(fields) > 1 && fields[0] == "MemTotal:" {
				kib, _ := strconv.ParseInt(fields[1], 10, 53)
				note(kib << 10)
			}
		}
	}
	if text, err := os.ReadFile(groupLimit); err == nil {
		n, _ := strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64) // "max" is none
		note(n)
	}
	return memorySize(least / 2)
}

const (
	// garbagePercent is how much memory may go unused beside what is in use before it
	// is collected: half as much, where Go's default is as much again. Large captures
	// take a sixth less memory for it, and no measurable time more.
	garbagePercent = 50
	// growingPercent is the same while captures are read for the first time: all that
	// is found is kept, and whoever looks for garbage finds none.
	growingPercent = 400
)

// collect sets how much memory may go unused.
func collect(percent int) {
	if os.Getenv("GOGC") == "" { // else the user knows better
		debug.SetGCPercent(percent)
	}
}

// growing sets it for what a comparison does.
func growing(is bool) {
	if is {
		collect(growingPercent)
	} else {
		collect(garbagePercent)
	}
}

const (
	// mostInLargePages is what captures of millions of packets take, and leastInLargePages
	// is worth to ask for.
	mostInLargePages  = 1 << 30
	leastInLargePages = 16 << 20
)

// timesCaptures is how much memory to ask for in large pages for each byte of captures. An
// ordinary comparison takes half a byte, a flood of resets up to fifteen. Of those the large
// pages matter when somebody presses Ctrl-C, too: until the kernel has taken back a gigabyte of
// small ones, a tenth of a second passes.
const timesCaptures = 8

// forLargePages is for how much of the heap to ask for large pages: for what captures that are
// hard to compare may take, and no more than a quarter of the limit.
func forLargePages(captures, limit int64) int64 {
	n := min(captures, mostInLargePages/timesCaptures) * timesCaptures
	if limit > 0 {
		n = min(n, limit/4)
	}
	return n
}

// Where Linux tells of the machine's memory, and of the control group's limit.
const (
	procMemInfo    = "/proc/meminfo"
	groupMemoryMax = "/sys/fs/cgroup/memory.max"
)
