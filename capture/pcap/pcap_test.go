package pcap

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"os"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"

	"bothends/capture"
	"bothends/capture/internal/readertest"
)

// order is a byte order that can both read and append.
type order interface {
	binary.ByteOrder
	binary.AppendByteOrder
}

// builder writes pcap files byte by byte, so that they can be wrong.
type builder struct {
	order order
	bytes []byte
}

// newFile starts a file of Ethernet frames with a snapshot length of 262144.
func newFile(o order, magic uint32, major, minor uint16, network uint32) *builder {
	b := &builder{order: o}
	b.u32(magic)
	b.bytes = o.AppendUint16(o.AppendUint16(b.bytes, major), minor)
	b.u32(0, 0, 262144, network)
	return b
}

func little() *builder { return newFile(binary.LittleEndian, magicMicro, 2, 4, 1) }

func (b *builder) u32(numbers ...uint32) *builder {
	for _, n := range numbers {
		b.bytes = b.order.AppendUint32(b.bytes, n)
	}
	return b
}

func (b *builder) raw(data string) *builder {
	b.bytes = append(b.bytes, data...)
	return b
}

// record appends a sound record.
func (b *builder) record(seconds, fraction uint32, data string) *builder {
	return b.u32(seconds, fraction, uint32(len(data)), uint32(len(data))).raw(data)
}

// read reads a whole file, which must have a sound header.
func read(t *testing.T, file []byte) ([]capture.Packet, *Reader) {
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

// golden is a file of two packets as `od -A d -t x1` shows it, assembled by hand
// from the format's description.
const golden = "" +
	"\xd4\xc3\xb2\xa1\x02\x00\x04\x00\x00\x00\x00\x00\x00\x00\x00\x00\x60\x00\x00\x00\x01\x00\x00\x00" +
	"\x00\xf1\x53\x65\x40\xe2\x01\x00\x03\x00\x00\x00\x3c\x00\x00\x00abc" + // 1700000000.123456
	"\x01\xf1\x53\x65\x00\x00\x00\x00\x01\x00\x00\x00\x01\x00\x00\x00d"

func TestTheTwoPacketsOfAFileAssembledByHand(t *testing.T) {
	got, r := read(t, []byte(golden))
	want := []capture.Packet{
		{Frame: 1, Offset: 24, TimeNS: 1700000000123456000, LinkType: 1, OrigLen: 60, Data: []byte("abc")},
		{Frame: 2, Offset: 43, TimeNS: 1700000001000000000, LinkType: 1, OrigLen: 1, Data: []byte("d")},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("packets (-want +got):\n%s", diff)
	}
	about := []capture.Interface{{LinkType: capture.LinkEthernet, SnapLen: 96, Resolution: 1e6}}
	if diff := cmp.Diff(about, r.Interfaces()); diff != "" {
		t.Errorf("interfaces (-want +got):\n%s", diff)
	}
	if r.End() != (capture.End{}) {
		t.Errorf("end is %v, want complete", r.End())
	}
}

func TestEveryMagicInEveryByteOrder(t *testing.T) {
	for _, test := range []struct {
		name       string
		magic      uint32
		extra      string // of the record header
		want       int64
		resolution uint64
	}{
		{"microseconds", magicMicro, "", 1700000000000999000, 1e6},
		{"nanoseconds", magicNano, "", 1700000000000000999, 1e9},
		{"Kuznetzov's records have eight bytes more", magicModified, "\x01\x02\x03\x04\x05\x06\x07\x08", 1700000000000999000, 1e6},
	} {
		for _, o := range []order{binary.LittleEndian, binary.BigEndian} {
			t.Run(test.name+"/"+o.String(), func(t *testing.T) {
				file := newFile(o, test.magic, 2, 4, 276).u32(1700000000, 999, 2, 70).raw(test.extra + "xy")
				got, r := read(t, file.bytes)
				want := []capture.Packet{{Frame: 1, Offset: 24, TimeNS: test.want, LinkType: capture.LinkLinuxSLL2, OrigLen: 70, Data: []byte("xy")}}
				if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("packets (-want +got):\n%s", diff)
				}
				if got := r.Interfaces()[0].Resolution; got != test.resolution {
					t.Errorf("resolution is %d, want %d", got, test.resolution)
				}
			})
		}
	}
}

func TestOldVersionsHaveTheirLengthsTheOtherWayRound(t *testing.T) {
	for _, test := range []struct {
		name          string
		major, minor  uint16
		first, second uint32
	}{
		{"2.0 puts the original length first", 2, 0, 60, 2},
		{"2.2 puts the original length first", 2, 2, 60, 2},
		{"2.3 may put the original length first", 2, 3, 60, 2},
		{"2.3 may put the captured length first", 2, 3, 2, 60},
		{"2.4 puts the captured length first", 2, 4, 2, 60},
		{"DG/UX's 543.0 puts the original length first", 543, 0, 60, 2},
	} {
		t.Run(test.name, func(t *testing.T) {
			file := newFile(binary.BigEndian, magicMicro, test.major, test.minor, 1).u32(1, 2, test.first, test.second).raw("xy")
			got, _ := read(t, file.bytes)
			if len(got) != 1 || string(got[0].Data) != "xy" || got[0].OrigLen != 60 {
				t.Errorf("got %+v, want one packet of 2 bytes of 60", got)
			}
		})
	}
}

func TestWhatIsOddButClearIsKept(t *testing.T) {
	odd := little().
		u32(1, 1000000, 1, 1).raw("a"). // fraction of a whole second
		u32(1, 999999, 2, 1).raw("bc"). // more captured than there was
		u32(0xffffffff, 999999, 0, 5).  // February 2106, nothing kept
		u32(2, 0, 1, 0xffffffff).raw("d").bytes
	got, r := read(t, odd)
	want := []capture.Packet{
		{Frame: 1, Offset: 24, LinkType: 1, OrigLen: 1, Data: []byte("a"), Untimed: true},
		{Frame: 2, Offset: 41, LinkType: 1, OrigLen: 1, Data: []byte("bc"), TimeNS: 1999999000},
		{Frame: 3, Offset: 59, LinkType: 1, OrigLen: 5, Data: []byte{}, TimeNS: 4294967295999999000},
		{Frame: 4, Offset: 75, LinkType: 1, OrigLen: 0x7fffffff, Data: []byte("d"), TimeNS: 2000000000},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("packets (-want +got):\n%s", diff)
	}
	if r.End().Kind != capture.Complete {
		t.Errorf("end is %v, want complete", r.End())
	}
}

func TestTheTopBitsOfTheLinkTypeAreTheFrameCheckSequence(t *testing.T) {
	const fcs32 = 0x24000000 // present, of 2 times 16 bits
	_, r := read(t, newFile(binary.LittleEndian, magicMicro, 2, 4, fcs32|113).bytes)
	if got := r.Interfaces()[0].LinkType; got != capture.LinkLinuxSLL {
		t.Errorf("link type is %v, want LINUX_SLL", got)
	}
}

func TestWhatIsNoPcapFileIsRefusedWithItsReason(t *testing.T) {
	for _, test := range []struct{ name, file, reason string }{
		{"nothing at all", "", "only 0 bytes"},
		{"less than a magic number", "\xd4\xc3\xb2", "only 3 bytes"},
		{"another magic number", strings.Repeat("x", 24), "starts with 0x78787878"},
		{"version 1", string(newFile(binary.LittleEndian, magicMicro, 1, 4, 1).bytes), "version 1.4"},
		{"version 2.5", string(newFile(binary.LittleEndian, magicMicro, 2, 5, 1).bytes), "version 2.5"},
		{"reserved bits of the link type", string(newFile(binary.LittleEndian, magicMicro, 2, 4, 0x10001).bytes), "reserved bits"},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := NewReader(strings.NewReader(test.file))
			if !errors.Is(err, ErrFormat) || !strings.Contains(err.Error(), test.reason) {
				t.Errorf("NewReader: %v, want %v with %q", err, ErrFormat, test.reason)
			}
		})
	}
}

func TestSmallReadsMakeNoDifference(t *testing.T) {
	file := many(700)
	want, _ := read(t, file)
	for name, wrap := range map[string]func(io.Reader) io.Reader{
		"a byte at a time": iotest.OneByteReader, "halves": iotest.HalfReader, "error with data": iotest.DataErrReader,
	} {
		t.Run(name, func(t *testing.T) {
			r, err := NewReader(wrap(bytes.NewReader(file)))
			if err != nil {
				t.Fatal(err)
			}
			got, err := readertest.All(r)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("packets (-want +got):\n%s", diff)
			}
		})
	}
}

func TestAnErrorOfTheSystemIsNoEndOfTheFile(t *testing.T) {
	broken := errors.New("input/output error")
	for _, intact := range []int{0, 10, 24, 30, 41} {
		input := io.MultiReader(strings.NewReader(golden[:intact]), iotest.ErrReader(broken))
		r, err := NewReader(input)
		if err == nil {
			var p capture.Packet
			err = r.Next(&p)
		}
		if !errors.Is(err, broken) {
			t.Errorf("after %d bytes: %v, want %v", intact, err, broken)
		}
	}
}

func TestReadingAPacketAllocatesNothing(t *testing.T) {
	const runs = 20000
	r, err := NewReader(bytes.NewReader(many(runs + 10)))
	if err != nil {
		t.Fatal(err)
	}
	var p capture.Packet
	allocations := testing.AllocsPerRun(runs, func() {
		if err := r.Next(&p); err != nil {
			t.Fatal(err)
		}
	})
	if allocations != 0 {
		t.Errorf("%v allocations a packet; a capture of ten million packets must not make work for the collector", allocations)
	}
}

// many is a file of n packets of 110 bytes.
func many(n int) []byte {
	b := little()
	data := strings.Repeat("p", 110)
	for i := range n {
		b.record(1700000000+uint32(i), 123456, data)
	}
	return b.bytes
}

func BenchmarkNext(b *testing.B) {
	file := many(100000)
	b.SetBytes(16 + 110)
	b.ReportAllocs()
	var p capture.Packet
	input := bytes.NewReader(file)
	r, err := NewReader(input)
	for b.Loop() {
		if err == nil {
			err = r.Next(&p)
		}
		if err == io.EOF {
			input.Reset(file)
			r, err = NewReader(input)
		}
		if err != nil {
			b.Fatal(err)
		}
	}
}

func writeFile(t testing.TB, content []byte) string {
	t.Helper()
	path := t.TempDir() + "/in"
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
