package pcap

import (
	"bytes"
	"encoding/binary"
	"testing"

	"github.com/google/go-cmp/cmp"

	"bothends/capture"
	"bothends/capture/internal/readertest"
)

// slowly is the format read in the most obvious way: from a slice, one field
// after the other. It returns the packets before the end.
func slowly(file []byte) []capture.Packet {
	var o binary.ByteOrder = binary.LittleEndian
	if file[0] == 0xa1 {
		o = binary.BigEndian
	}
	magic := o.Uint32(file)
	minor := o.Uint16(file[6:])
	if o.Uint16(file[4:]) == 543 {
		minor = 0
	}
	link := capture.LinkType(o.Uint32(file[20:]))
	var packets []capture.Packet
	for at := 24; ; {
		header := 16
		if magic == 0xa1b2cd34 {
			header = 24
		}
		if at+header > len(file) {
			return packets
		}
		seconds, fraction := int64(o.Uint32(file[at:])), int64(o.Uint32(file[at+4:]))
		captured, original := int64(o.Uint32(file[at+8:])), int64(o.Uint32(file[at+12:]))
		if minor < 3 || minor == 3 && captured > original {
			captured, original = original, captured
		}
		if bytes.Equal(file[at:at+16], make([]byte, 16)) || captured > int64(link.MaxPacket()) || int64(at+header)+captured > int64(len(file)) {
			return packets
		}
		p := capture.Packet{Frame: int64(len(packets)) + 1, Offset: int64(at), LinkType: link, OrigLen: int(min(original, 0x7fffffff))}
		switch {
		case magic == 0xa1b23c4d && fraction < 1000000000:
			p.TimeNS = seconds*1000000000 + fraction
		case magic != 0xa1b23c4d && fraction < 1000000:
			p.TimeNS = seconds*1000000000 + fraction*1000
		default:
			p.Untimed = true
		}
		p.Data = file[at+header : at+header+int(captured)]
		packets = append(packets, p)
		at += header + int(captured)
	}
}

func FuzzReader(f *testing.F) {
	f.Add([]byte(golden))
	f.Add(little().record(1, 2, "abc").u32(1, 2, 1<<30, 1<<30).bytes)
	f.Add(newFile(binary.BigEndian, magicNano, 2, 3, 113).u32(1, 2, 60, 2).raw("ab").u32(0, 0, 0, 0).bytes)
	f.Add(newFile(binary.BigEndian, magicModified, 2, 4, 1).u32(1, 2, 2, 60, 0, 0).raw("ab").bytes)
	f.Fuzz(func(t *testing.T, file []byte) {
		r, err := NewReader(bytes.NewReader(file))
		if err != nil {
			return
		}
		readertest.Hostile(t, r, file)
		if len(file) < fileHeaderSize {
			return
		}
		got, _ := read(t, file)
		if diff := cmp.Diff(slowly(file), got); diff != "" {
			t.Errorf("packets (-slow +fast):\n%s", diff)
		}
	})
}

func TestAFlippedBitNeverPanicsAndNeverReadsBeyondTheFile(t *testing.T) {
	sound := little().record(1, 2, "abc").record(3, 4, "").record(5, 6, "defgh").bytes
	for bit := range len(sound) * 8 {
		file := bytes.Clone(sound)
		file[bit/8] ^= 1 << (bit % 8)
		r, err := NewReader(bytes.NewReader(file))
		if err != nil {
			continue
		}
		readertest.Hostile(t, r, file)
	}
}
