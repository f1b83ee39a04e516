//go:build cgo || windows

package main

import "testing"

// What headers alone need is all that the kernel is to copy for them.
func TestHeadersAloneAreAskedForAsSuch(t *testing.T) {
	for _, c := range []struct {
		headersOnly   bool
		snapLen, want int
	}{
		{false, defaultSnapLen, defaultSnapLen},
		{true, defaultSnapLen, headersSnapLen},
		{true, 96, 96},
		{false, 96, 96},
	} {
		o := options{headersOnly: c.headersOnly, snapLen: c.snapLen}
		if got := o.kept(); got != c.want {
			t.Errorf("headers only is %t, --snaplen %d: %d bytes, want %d", c.headersOnly, c.snapLen, got, c.want)
		}
	}
}
