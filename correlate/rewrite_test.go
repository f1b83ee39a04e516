package correlate_test

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// A record is one packet of a capture file, as it stands there.
type record struct {
	bytes  []byte
	order  binary.ByteOrder
	pcapng bool
	perSec int64 // how many units of its time stamp make a second
}

// set changes the time stamp by so much, as a clock that is set does.
func (r record) set(by time.Duration) {
	ticks := int64(by) / (int64(time.Second) / r.perSec)
	if r.pcapng {
		const high, low = 12, 16
		at := int64(r.order.Uint32(r.bytes[high:]))<<32 | int64(r.order.Uint32(r.bytes[low:]))
		at += ticks
		r.order.PutUint32(r.bytes[high:], uint32(at>>32))
		r.order.PutUint32(r.bytes[low:], uint32(at))
		return
	}
	at := int64(r.order.Uint32(r.bytes))*r.perSec + int64(r.order.Uint32(r.bytes[4:])) + ticks
	r.order.PutUint32(r.bytes, uint32(at/r.perSec))
	r.order.PutUint32(r.bytes[4:], uint32(at%r.perSec))
}

// at is the time stamp, since 1970.
func (r record) at() time.Duration {
	ticks := int64(r.order.Uint32(r.bytes))*r.perSec + int64(r.order.Uint32(r.bytes[4:]))
	if r.pcapng {
		const high, low = 12, 16
		ticks = int64(r.order.Uint32(r.bytes[high:]))<<32 | int64(r.order.Uint32(r.bytes[low:]))
	}
	return time.Duration(ticks) * (time.Second / time.Duration(r.perSec))
}

// rewrite copies a capture file, decompressed if it was compressed, and without the
// packets that edit, which may change them and is given their number from 0, is
// false for. It returns how many there were.
func rewrite(t *testing.T, from, to string, edit func(n int, r record) bool) (packets int) {
	t.Helper()
	data := plainBytes(t, from)
	var kept []byte
	take := func(r record) {
		if edit(packets, r) {
			kept = append(kept, r.bytes...)
		}
		packets++
	}
	var order binary.ByteOrder = binary.LittleEndian
	switch magic := order.Uint32(data); magic {
	case 0xd4c3b2a1, 0x4d3cb2a1: // pcap of the other byte order
		order = binary.BigEndian
		fallthrough
	case 0xa1b2c3d4, 0xa1b23c4d: // pcap
		const fileHeader, recordHeader, capturedLen = 24, 16, 8
		perSec := int64(1e6)
		if order.Uint32(data) == 0xa1b23c4d {
			perSec = 1e9
		}
		kept = append(kept, data[:fileHeader]...)
		for at := fileHeader; at+recordHeader <= len(data); {
			end := min(len(data), at+recordHeader+int(order.Uint32(data[at+capturedLen:])))
			take(record{data[at:end], order, false, perSec})
			at = end
		}
	case 0x0a0d0d0a: // pcapng; those of the fixtures count nanoseconds
		const leastBlock, blockLen, enhancedPacketBlock = 12, 4, 6
		for at := 0; at+leastBlock <= len(data); {
			end := min(len(data), at+int(order.Uint32(data[at+blockLen:])))
			if order.Uint32(data[at:]) == enhancedPacketBlock {
				take(record{data[at:end], order, true, 1e9})
			} else {
				kept = append(kept, data[at:end]...)
			}
			at = end
		}
	default:
		t.Fatalf("%s: cannot be taken apart: magic number %#x", from, magic)
	}
	if err := os.WriteFile(to, kept, 0o600); err != nil {
		t.Fatal(err)
	}
	return packets
}

// plainBytes reads a file, and decompresses it if its name says so.
func plainBytes(t *testing.T, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(name)
	if err == nil && filepath.Ext(name) == ".gz" {
		var unpacked *gzip.Reader
		if unpacked, err = gzip.NewReader(bytes.NewReader(data)); err == nil {
			data, err = io.ReadAll(unpacked)
		}
	}
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return data
}
