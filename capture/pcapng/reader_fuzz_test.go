package pcapng

import (
	"bytes"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"

	"bothends/capture"
	"bothends/capture/internal/readertest"
)

// quickly reads a file with the quick way for common packets.
func quickly(t testing.TB, file []byte) []capture.Packet {
	packets, _ := read(t, file)
	return packets
}

// slowly reads a file without the quick way: a byte at a time no block is in
// memory before it is asked for.
func slowly(t testing.TB, file []byte) []capture.Packet {
	r, err := NewReader(iotest.OneByteReader(bytes.NewReader(file)))
	if err != nil {
		t.Fatalf("NewReader: %v", err)
	}
	packets, err := readertest.All(r)
	if err != nil {
		t.Fatalf("Next: %v", err)
	}
	return packets
}

func TestTheQuickWayYieldsTheSamePackets(t *testing.T) {
	l := little()
	files := map[string][]byte{
		"every kind of block":           everything(),
		"a long file of common packets": many(2000),
		"a clock with an offset":        little().section().iface(1, 0, l.option(14, uint64(5))).packet(0, 1, "a").packet(0, 2, "b").bytes,
		"a clock of 2^-20 s":            little().section().iface(1, 0, l.option(9, "\x94")).packet(0, 1, "a").packet(0, 1<<20, "b").bytes,
		"a packet too large, but in memory": func() []byte {
			b := &builder{little().order, many(2000)} // makes the buffer large
			return b.packet(0, 1, strings.Repeat("x", 262145)).packet(0, 1, "later").bytes
		}(),
		"directions": little().section().iface(1, 0).packet(0, 1, "a").packet(0, 1, "in", l.option(2, uint32(1)), l.option(0)).packet(0, 2, "out", l.option(2, uint32(0xf2)), l.option(0)).bytes,
	}
	for name, file := range files {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(slowly(t, file), quickly(t, file)); diff != "" {
				t.Errorf("packets (-slow +fast):\n%s", diff)
			}
		})
	}
}

func FuzzReader(f *testing.F) {
	f.Add([]byte(golden))
	f.Add(everything())
	l := little()
	f.Add(l.section().iface(1, 0).packet(0, 1, "abc").packet(0, 2, "a", l.option(2, uint32(1)), l.option(0)).packet(0, 3, "", l.option(2, uint32(7)), l.option(0)).bytes)
	f.Add(little().section().iface(1, 0).block(6, uint32(0), uint64(0), uint32(1<<30), uint32(1<<30)).bytes)
	f.Fuzz(func(t *testing.T, file []byte) {
		r, err := NewReader(bytes.NewReader(file))
		if err != nil {
			return
		}
		readertest.Hostile(t, r, file)
		slow, fast := slowly(t, file), quickly(t, file)
		if diff := cmp.Diff(slow, fast); diff != "" {
			t.Errorf("packets (-slow +fast):\n%s", diff)
		}
	})
}
