//go:build !linux

package store

// syncAll puts files on the disk.
func syncAll(batch []*piece) error { return syncEach(batch) }
