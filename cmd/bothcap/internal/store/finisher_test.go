package store

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// The reader of packets rotates. While it waits for a disk, the kernel's ring
// fills up.
func TestRotationDoesNotWaitForTheDisk(t *testing.T) {
	dir := t.TempDir()
	f, err := Create(filepath.Join(dir, "client.pcapng"), Options{Rotate: true, Now: clockAtRest})
	check(t, err)
	disk := make(chan struct{})
	var synced int
	f.finisher.sync = func(batch []*piece) error {
		<-disk
		synced += len(batch)
		return nil
	}
	const files = 100
	for n := range files {
		fmt.Fprint(f, n)
		if n < files-1 {
			check(t, f.Rotate()) // a deadlock, if it waits
		}
	}
	close(disk)
	check(t, f.Close())
	sums, err := f.Sums()
	check(t, err)
	if synced != files || len(sums) != files {
		t.Errorf("%d files on the disk, %d sums, want %d", synced, len(sums), files)
	}
	// printf 99 | sha256sum
	if last := sums[files-1]; last.SHA256 != "8c1f1046219ddd216a023f792356ddf127fce372a72ec9b4cdac989ee5b0b455" || last.Size != 2 {
		t.Errorf("the last is %+v", last)
	}
}

func TestAFileThatDidNotReachTheDiskEndsTheRecording(t *testing.T) {
	f, err := Create(filepath.Join(t.TempDir(), "client.pcapng"), Options{Rotate: true, Now: clockAtRest})
	check(t, err)
	f.finisher.sync = func([]*piece) error { return syscall.EIO }
	for n := 0; ; n++ {
		if err = f.Rotate(); err != nil || n == 2*maxUnfinished { // the queue holds fewer
			break
		}
	}
	if closed := f.Close(); !errors.Is(err, syscall.EIO) || !errors.Is(closed, syscall.EIO) {
		t.Errorf("Rotate says %v and Close %v, want %v", err, closed, syscall.EIO)
	}
}

// Many files are put on the disk by one call, whose errors are told file by file.
func TestManyFilesReachTheDiskTogether(t *testing.T) {
	var batch []*piece
	for n := range severalFilesAtLeast {
		file, err := os.Create(filepath.Join(t.TempDir(), fmt.Sprint(n)))
		check(t, err)
		batch = append(batch, &piece{path: file.Name(), file: file})
	}
	check(t, syncAll(batch))
	for _, p := range batch {
		check(t, p.file.Close())
	}
	if err := syncAll(batch); !errors.Is(err, os.ErrClosed) {
		t.Errorf("syncing files that are closed: %v", err)
	}
}

// severalFilesAtLeast is more than any system's threshold.
const severalFilesAtLeast = 10
