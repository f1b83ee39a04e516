package main

import (
	"os"
	"path/filepath"
	"testing"
)

func TestAMemorySizeIsReadAsItIsWritten(t *testing.T) {
	for text, want := range map[string]int64{"0": 0, "1048576": 1 << 20, "512M": 512 << 20, "2g": 2 << 30, "3GiB": 3 << 30, "7K": 7 << 10, "1T": 1 << 40} {
		var m memorySize
		if err := m.Set(text); err != nil || int64(m) != want {
			t.Errorf("%q is %d (%v), want %d", text, m, err, want)
		}
	}
	for _, text := range []string{"", "M", "-1", "1.5G", "2X", "9999999999T"} {
		var m memorySize
		if m.Set(text) == nil {
			t.Errorf("%q is taken for %d", text, m)
		}
	}
}

func TestTheDefaultLimitIsHalfOfTheMachineOrOfItsControlGroup(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	machine := write("meminfo", "MemTotal:        8388608 kB\nMemFree:         1000 kB\n")
	for group, want := range map[string]memorySize{"max\n": 4 << 30, "1073741824\n": 1 << 29, "99999999999999\n": 4 << 30} {
		if got := halfOfMachine(machine, write("max", group)); got != want {
			t.Errorf("in a group with %q: %d, want %d", group, got, want)
		}
	}
	if got := halfOfMachine(filepath.Join(dir, "none"), filepath.Join(dir, "none")); got != 0 {
		t.Errorf("where nothing tells: %d, want no limit", got)
	}
}

// Until a gigabyte of small pages is taken back, whoever pressed Ctrl-C waits 100 ms.
func TestEvenAFloodOfResetsIsInLargePages(t *testing.T) {
	const flood, took = 98 << 20, 700 << 20 // 300,000 refused connections, and at least half of what they take
	for name, c := range map[string]struct{ captures, limit, least, most int64 }{
		"a flood":              {flood, 0, took, 1 << 30},
		"with a limit":         {flood, 1 << 30, 1 << 28, 1 << 28},
		"of a day's gigabytes": {1 << 45, 0, 1 << 30, 1 << 30},
		"nothing":              {0, 0, 0, 0},
	} {
		if n := forLargePages(c.captures, c.limit); n < c.least || n > c.most {
			t.Errorf("%s: %d bytes, want from %d to %d", name, n, c.least, c.most)
		}
	}
}
