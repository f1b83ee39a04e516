package store

import "golang.org/x/sys/unix"

// severalFiles is from how many waiting files on one call for the whole file
// system (syncfs(2)) is cheaper than one for each: each of those waits for the
// journal.
const severalFiles = 4

// syncAll puts files on the disk. They are in one directory, and so on one file
// system. syncfs has told of errors in writing back since Linux 5.8.
func syncAll(batch []*piece) error {
	if len(batch) < severalFiles {
		return syncEach(batch)
	}
	if err := unix.Syncfs(int(batch[0].file.Fd())); err != nil {
		return syncEach(batch)
	}
	return nil
}
