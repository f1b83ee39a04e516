package pcapng

import (
	"bytes"
	"testing"

	"bothends/capture/internal/readertest"
)

func FuzzReader(f *testing.F) {
	f.Add([]byte(golden))
	f.Add(everything())
	f.Add(little().section().iface(1, 0).block(6, uint32(0), uint64(0), uint32(1<<30), uint32(1<<30)).bytes)
	f.Fuzz(func(t *testing.T, file []byte) {
		r, err := NewReader(bytes.NewReader(file))
		if err != nil {
			return
		}
		readertest.Hostile(t, r, file)
	})
}
