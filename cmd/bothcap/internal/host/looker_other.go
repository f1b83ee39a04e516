//go:build !linux

package host

import (
	"io"

	"bothends/capture/testimony"
)

// A Looker is Linux's.
type Looker struct{}

// LookerArgument is that of no program.
const LookerArgument = ""

// StartLooker returns ErrUnsupported.
func StartLooker(int) (*Looker, error) { return nil, ErrUnsupported }

// Look returns ErrUnsupported.
func (*Looker) Look() (testimony.HostFacts, error) { return testimony.HostFacts{}, ErrUnsupported }

// Close does nothing.
func (*Looker) Close() {}

// BeLooker returns ErrUnsupported.
func BeLooker(io.Reader, io.Writer) error { return ErrUnsupported }
