//go:build !linux

package privilege

import "errors"

// Capabilities are Linux's.
const (
	SendSignals   = 0
	OpenInterface = 0
	MakeFiles     = 0
)

// A Thread cannot keep anything here.
type Thread struct{}

// Keep says that it cannot be done.
func Keep(int) (*Thread, error) {
	return nil, errors.New("keeping a capability is only possible on Linux")
}

// Do runs f.
func (t *Thread) Do(f func()) { f() }

// Close does nothing.
func (t *Thread) Close() {}

// Seclude does nothing: only Linux offers it.
func Seclude() error { return nil }
