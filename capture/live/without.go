//go:build !cgo && !windows

package live

import "bothends/capture"

// Available reports whether this program was built with libpcap.
const Available = false

// Version is what libpcap calls itself.
func Version() string { return "" }

// A Handle cannot exist in this build.
type Handle struct{ host host }

// Open returns ErrBuild.
func Open(string, Options) (*Handle, error) { return nil, ErrBuild }

// List returns ErrBuild.
func List() ([]Interface, error) { return nil, ErrBuild }

// Filter returns ErrBuild.
func (h *Handle) Filter(string) error { return ErrBuild }

// Read returns ErrBuild.
func (h *Handle) Read(func([]capture.Packet) bool) error { return ErrBuild }

// State has no meaning.
func (h *Handle) State() State { return Gone }

// Refresh does nothing.
func (h *Handle) Refresh() {}

// LinkType has no meaning.
func (h *Handle) LinkType() capture.LinkType { return 0 }

// Nanoseconds has no meaning.
func (h *Handle) Nanoseconds() bool { return false }

// Counters returns ErrBuild.
func (h *Handle) Counters() (Counters, error) { return Counters{}, ErrBuild }

// Close does nothing.
func (h *Handle) Close() {}
