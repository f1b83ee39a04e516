//go:build !linux

package host

import (
	"runtime"

	"bothends/capture/testimony"
)

// Counters returns ErrUnsupported.
func Counters() (map[string]uint64, error) { return nil, ErrUnsupported }

// Clock returns ErrUnsupported.
func Clock() (*testimony.Clock, error) { return nil, ErrUnsupported }

// Offloads returns ErrUnsupported.
func Offloads(string) (map[string]bool, error) { return nil, ErrUnsupported }

// Driver is not known.
func Driver(string) string { return "" }

// OS is the system that the program was built for.
func OS() string { return runtime.GOOS }

// Hardware is the processor that the program was built for.
func Hardware() string { return runtime.GOARCH }

// Facts are none.
func Facts() testimony.HostFacts { return testimony.HostFacts{} }

// Free returns ErrUnsupported.
func Free(string) (int64, error) { return 0, ErrUnsupported }
