package child

import (
	"errors"
	"math"

	"golang.org/x/sys/unix"
)

// KeepDescriptors makes sure that a program started from now on gets none of
// this process's descriptors but the standard streams. Go opens its own that
// way; libraries, such as libpcap, do not. Kernels before 5.11 are asked
// descriptor by descriptor.
func KeepDescriptors() error {
	err := unix.CloseRange(firstOwn, math.MaxInt32, unix.CLOSE_RANGE_CLOEXEC)
	if errors.Is(err, unix.ENOSYS) || errors.Is(err, unix.EINVAL) {
		return keepEach("/proc/self/fd")
	}
	return err
}
