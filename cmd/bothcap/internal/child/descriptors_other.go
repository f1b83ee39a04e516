//go:build unix && !linux

package child

// keepDescriptors makes sure that a program started from now on gets none of
// this process's descriptors but the standard streams.
func keepDescriptors() error { return keepEach("/dev/fd") }
