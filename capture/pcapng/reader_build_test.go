package pcapng

import (
	"bytes"
	"encoding/binary"
	"testing"

	"bothends/capture"
	"bothends/capture/internal/readertest"
)

// order is a byte order that can both read and append.
type order interface {
	binary.ByteOrder
	binary.AppendByteOrder
}

// builder writes pcapng files block by block, so that they can be wrong. It
// shares no code with the package's writer.
type builder struct {
	order order
	bytes []byte
}

func little() *builder    { return &builder{order: binary.LittleEndian} }
func bigEndian() *builder { return &builder{order: binary.BigEndian} }

func (b *builder) clone() *builder { return &builder{b.order, bytes.Clone(b.bytes)} }

// fields makes the bytes of numbers and strings one after the other.
func (b *builder) fields(values ...any) []byte {
	var out []byte
	for _, value := range values {
		switch v := value.(type) {
		case uint16:
			out = b.order.AppendUint16(out, v)
		case uint32:
			out = b.order.AppendUint32(out, v)
		case uint64:
			out = b.order.AppendUint64(out, v)
		case string:
			out = append(out, v...)
		case []byte:
			out = append(out, v...)
		default:
			panic("unknown kind of field")
		}
	}
	return out
}

// block appends a block with its padding and both lengths.
func (b *builder) block(kind uint32, values ...any) *builder {
	body := pad(b.fields(values...))
	total := uint32(len(body) + 12)
	b.bytes = append(b.bytes, b.fields(kind, total, body, total)...)
	return b
}

func pad(data []byte) []byte {
	for len(data)%4 != 0 {
		data = append(data, 0)
	}
	return data
}

// option makes one option, padded.
func (b *builder) option(code uint16, values ...any) []byte {
	value := b.fields(values...)
	return append(b.fields(code, uint16(len(value))), pad(value)...)
}

func (b *builder) section(options ...[]byte) *builder {
	return b.block(0x0a0d0d0a, uint32(0x1a2b3c4d), uint16(1), uint16(0), ^uint64(0), bytes.Join(options, nil))
}

func (b *builder) iface(link uint16, snapLen uint32, options ...[]byte) *builder {
	return b.block(1, link, uint16(0), snapLen, bytes.Join(options, nil))
}

// packet appends an EPB.
func (b *builder) packet(id uint32, ticks uint64, data string, options ...[]byte) *builder {
	n := uint32(len(data))
	return b.block(6, id, uint32(ticks>>32), uint32(ticks), n, n, pad([]byte(data)), bytes.Join(options, nil))
}

// read reads a whole file, which must start like one.
func read(t testing.TB, file []byte) ([]capture.Packet, *Reader) {
	t.Helper()
	r, err := NewReader(bytes.NewReader(file))
	if err != nil {
		t.Fatalf("NewReader: %v", err)
	}
	packets, err := readertest.All(r)
	if err != nil {
		t.Fatalf("Next: %v", err)
	}
	return packets, r
}

// remarks are the comments of the statistics blocks of so many interfaces.
func remarks(t interface{ Fatal(...any) }, file []byte, interfaces int) [][]string {
	notes := make([][]string, interfaces)
	r, err := NewReader(bytes.NewReader(file))
	if err == nil {
		r.OnRemark(func(number int, text string) { notes[number] = append(notes[number], text) })
		_, err = readertest.All(r)
	}
	if err != nil {
		t.Fatal(err)
	}
	return notes
}

const microseconds = 1700000000123456 // 2023-11-14 22:13:20.123456 UTC

// everything is a file with a block of each kind, in both byte orders.
func everything() []byte {
	l := little()
	l.section(l.option(1, "section comment"), l.option(2, "Intel"), l.option(3, "Linux 6.1"), l.option(4, "dumpcap\x00\x00"), l.option(0))
	l.iface(1, 0, l.option(2, "eth0"), l.option(3, "uplink"), l.option(9, "\x09"), l.option(14, uint64(3600)),
		l.option(4, "\x0a\x00\x00\x01\xff\xff\xff\x00"), l.option(5, "\x20\x01\x0d\xb8\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01\x40"),
		l.option(6, "\x02\x00\x00\x00\x00\x01"), l.option(11, "\x00tcp port 587"), l.option(12, "Linux 6.2"), l.option(15, "e1000"),
		l.option(1, "first"), l.option(1, "second"), l.option(2988, uint32(32473), "custom"), l.option(0))
	l.iface(276, 40)
	l.packet(0, (microseconds-3600000000)*1000+789, "0123456789", l.option(2, uint32(1)), l.option(1, "note"), l.option(1, "another"), l.option(4, uint64(3)), l.option(0))
	l.block(0xbad, uint32(32473), "anything")
	l.packet(1, microseconds, "abcde")
	l.block(9, "__REALTIME_TIMESTAMP=1700000000000000\nMESSAGE=hi\n")
	l.block(3, uint32(7), "simple!\x00")
	l.block(2, uint16(1), uint16(7), uint32(microseconds>>32), uint32(microseconds&0xffffffff), uint32(3), uint32(60), "old\x00", l.option(2, uint32(2)), l.option(0))
	l.block(0x40000bad, uint32(32473), "anything")
	l.block(10, uint32(0x544c534b), uint32(4), "keys")
	l.block(4, uint16(1), uint16(6), "\x0a\x00\x00\x01a\x00", uint16(0), uint32(0), uint16(0))
	l.block(0x77777777, "of a type that nobody defined")
	l.block(5, uint32(0), uint32(0), uint32(0), l.option(1, "Counters provided by dumpcap"),
		l.option(2, fieldsOfTime(l, (microseconds-3600000000)*1000)), l.option(3, fieldsOfTime(l, (microseconds-3600000000)*1000+5)),
		l.option(4, uint64(100)), l.option(5, uint64(0)), l.option(6, uint64(90)), l.option(7, uint64(1)), l.option(8, uint64(89)), l.option(0))
	l.packet(1, microseconds+1, "abc")
	b := bigEndian()
	b.section()
	b.iface(113, 96)
	b.packet(0, microseconds+2, "big endian")
	b.block(5, uint32(0), uint32(0), uint32(0), b.option(5, uint64(1<<40)))
	return append(l.bytes, b.bytes...)
}

// fieldsOfTime is a time in a statistics block: high half, then low.
func fieldsOfTime(b *builder, ticks uint64) []byte {
	return b.fields(uint32(ticks>>32), uint32(ticks))
}
