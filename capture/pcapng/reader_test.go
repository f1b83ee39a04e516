package pcapng

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"bothends/capture"
	"bothends/capture/internal/readertest"
)

// golden is a section, an interface and a packet of three bytes, assembled by
// hand from the format's description.
const golden = "" +
	"\x0a\x0d\x0d\x0a\x1c\x00\x00\x00\x4d\x3c\x2b\x1a\x01\x00\x00\x00\xff\xff\xff\xff\xff\xff\xff\xff\x1c\x00\x00\x00" +
	"\x01\x00\x00\x00\x14\x00\x00\x00\x01\x00\x00\x00\x60\x00\x00\x00\x14\x00\x00\x00" +
	"\x06\x00\x00\x00\x24\x00\x00\x00\x00\x00\x00\x00\x24\x0a\x06\x00\x40\x82\x2d\x18" + // 0x00060a24_182d8240 us
	"\x03\x00\x00\x00\x3c\x00\x00\x00abc\x00\x24\x00\x00\x00"

func TestThePacketOfAFileAssembledByHand(t *testing.T) {
	got, r := read(t, []byte(golden))
	want := []capture.Packet{{Frame: 1, Offset: 48, TimeNS: 1700000001000000000, LinkType: 1, OrigLen: 60, Data: []byte("abc")}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("packets (-want +got):\n%s", diff)
	}
	about := []capture.Interface{{LinkType: capture.LinkEthernet, SnapLen: 96, Resolution: 1e6}}
	if diff := cmp.Diff(about, r.Interfaces(), cmpopts.EquateComparable(netip.Prefix{})); diff != "" {
		t.Errorf("interfaces (-want +got):\n%s", diff)
	}
	if r.End() != (capture.End{}) {
		t.Errorf("end is %v, want complete", r.End())
	}
}

func TestAFileWithEveryKindOfBlock(t *testing.T) {
	got, r := read(t, everything())
	const us = microseconds * 1000
	want := []capture.Packet{
		{Frame: 1, TimeNS: us + 789, LinkType: 1, Direction: capture.Inbound, OrigLen: 10, Data: []byte("0123456789")},
		{Frame: 3, TimeNS: us, Interface: 1, LinkType: capture.LinkLinuxSLL2, OrigLen: 5, Data: []byte("abcde")},
		{Frame: 5, LinkType: 1, Untimed: true, OrigLen: 7, Data: []byte("simple!")},
		{Frame: 6, TimeNS: us, Interface: 1, LinkType: capture.LinkLinuxSLL2, Direction: capture.Outbound, OrigLen: 60, Data: []byte("old")},
		{Frame: 8, TimeNS: us + 1000, Interface: 1, LinkType: capture.LinkLinuxSLL2, OrigLen: 3, Data: []byte("abc")},
		{Frame: 9, TimeNS: us + 2000, Interface: 2, LinkType: capture.LinkLinuxSLL, OrigLen: 10, Data: []byte("big endian")},
	}
	if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(capture.Packet{}, "Offset")); diff != "" {
		t.Errorf("packets (-want +got):\n%s", diff)
	}
	known := func(n uint64) capture.Count { return capture.Count{N: n, Known: true} }
	interfaces := []capture.Interface{
		{LinkType: 1, Name: "eth0", Description: "uplink", Filter: "tcp port 587", Hardware: "e1000", OS: "Linux 6.2", Application: "dumpcap",
			MAC: []byte{2, 0, 0, 0, 0, 1}, Resolution: 1e9, OffsetSec: 3600, Comments: []string{"first", "second"},
			Addresses: []netip.Prefix{netip.MustParsePrefix("10.0.0.1/24"), netip.MustParsePrefix("2001:db8::1/64")},
			Counters: capture.Counters{StartNS: us, EndNS: us + 5, Received: known(100), IfDropped: known(0), Accepted: known(90),
				OSDropped: known(1), Delivered: known(89), Missing: known(3)}},
		{LinkType: capture.LinkLinuxSLL2, SnapLen: 40, Hardware: "Intel", OS: "Linux 6.1", Application: "dumpcap", Resolution: 1e6,
			Counters: capture.Counters{Missing: known(7)}},
		{LinkType: capture.LinkLinuxSLL, SnapLen: 96, Resolution: 1e6, Counters: capture.Counters{IfDropped: known(1 << 40)}},
	}
	if diff := cmp.Diff(interfaces, r.Interfaces(), cmpopts.EquateComparable(netip.Prefix{})); diff != "" {
		t.Errorf("interfaces (-want +got):\n%s", diff)
	}
	if got := remarks(t, everything(), 3); !slices.Equal(got[0], []string{"Counters provided by dumpcap"}) || len(got[1])+len(got[2]) > 0 {
		t.Errorf("comments of statistics blocks: %q", got)
	}
	sections := []capture.Section{
		{Hardware: "Intel", OS: "Linux 6.1", Application: "dumpcap", Comments: []string{"section comment"}},
		{Offset: int64(bytes.LastIndex(everything(), []byte("\x0a\x0d\x0d\x0a")))},
	}
	if diff := cmp.Diff(sections, r.Sections()); diff != "" {
		t.Errorf("sections (-want +got):\n%s", diff)
	}
	if r.End() != (capture.End{}) {
		t.Errorf("end is %v, %s; want complete", r.End(), r.End().Reason)
	}
}

func TestTheCommentsOfAPacketAreThoseOfTheLastOne(t *testing.T) {
	r, err := NewReader(bytes.NewReader(everything()))
	if err != nil {
		t.Fatal(err)
	}
	var p capture.Packet
	for i, want := range [][]string{{"note", "another"}, nil} {
		if err := r.Next(&p); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, r.Comments()); diff != "" {
			t.Errorf("packet %d (-want +got):\n%s", i+1, diff)
		}
	}
}

func TestOddButClearBlocksAreKept(t *testing.T) {
	start := func() *builder { l := little(); return l.section().iface(1, 4) }
	l := little()
	for _, test := range []struct {
		name string
		file *builder
		want capture.Packet
	}{
		{"more captured than there was", start().block(6, uint32(0), uint64(0), uint32(3), uint32(1), "abc\x00"),
			capture.Packet{OrigLen: 1, Data: []byte("abc")}},
		{"more captured than the snapshot length", start().packet(0, 0, "abcdefg"),
			capture.Packet{OrigLen: 7, Data: []byte("abcdefg")}},
		{"nothing captured", start().packet(0, 0, ""),
			capture.Packet{Data: []byte{}}},
		{"an original length of 4 GiB", start().block(6, uint32(0), uint64(0), uint32(1), ^uint32(0), "a\x00\x00\x00"),
			capture.Packet{OrigLen: 0x7fffffff, Data: []byte("a")}},
		{"a time after the year 2262", start().packet(0, ^uint64(0), "a"),
			capture.Packet{OrigLen: 1, Data: []byte("a"), Untimed: true}},
		{"a simple packet cut at the snapshot length", start().block(3, uint32(60), "abcd"),
			capture.Packet{OrigLen: 60, Data: []byte("abcd"), Untimed: true}},
		{"options without their end", start().packet(0, 0, "a", l.option(2, uint32(2))),
			capture.Packet{OrigLen: 1, Data: []byte("a"), Direction: capture.Outbound}},
		{"flags of another size", start().packet(0, 0, "a", l.option(2, uint16(2))),
			capture.Packet{OrigLen: 1, Data: []byte("a")}},
		{"both directions at once", start().packet(0, 0, "a", l.option(2, uint32(3))),
			capture.Packet{OrigLen: 1, Data: []byte("a")}},
		{"bytes behind the end of the options", start().packet(0, 0, "a", l.option(0), []byte("whatever")),
			capture.Packet{OrigLen: 1, Data: []byte("a")}},
		{"version 1.2", little().block(0x0a0d0d0a, uint32(0x1a2b3c4d), uint16(1), uint16(2), ^uint64(0)).iface(1, 0).packet(0, 0, "a"),
			capture.Packet{OrigLen: 1, Data: []byte("a")}},
		{"a section that says how long it is", little().block(0x0a0d0d0a, uint32(0x1a2b3c4d), uint16(1), uint16(0), uint64(20+36)).iface(1, 0).packet(0, 0, "a"),
			capture.Packet{OrigLen: 1, Data: []byte("a")}},
		{"a section that says the wrong length", little().block(0x0a0d0d0a, uint32(0x1a2b3c4d), uint16(1), uint16(0), uint64(4)).iface(1, 0).packet(0, 0, "a"),
			capture.Packet{OrigLen: 1, Data: []byte("a")}},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, r := read(t, test.file.bytes)
			test.want.Frame, test.want.LinkType = 1, 1
			if diff := cmp.Diff([]capture.Packet{test.want}, got, cmpopts.IgnoreFields(capture.Packet{}, "Offset")); diff != "" {
				t.Errorf("packets (-want +got):\n%s", diff)
			}
			if r.End() != (capture.End{}) {
				t.Errorf("end is %v, %s; want complete", r.End(), r.End().Reason)
			}
		})
	}
}

// Wireshark reads such files too: the padding is in the file, but not counted.
func TestALengthWithoutThePaddingIsRoundedUp(t *testing.T) {
	l := little().section().iface(1, 0)
	l.bytes = append(l.bytes, l.fields(uint32(6), uint32(33), uint32(0), uint64(0), uint32(1), uint32(1), "a\x00\x00\x00", uint32(33))...)
	l.packet(0, 0, "next")
	got, r := read(t, l.bytes)
	if len(got) != 2 || string(got[1].Data) != "next" || r.End().Kind != capture.Complete {
		t.Errorf("%d packets, %v %s; want 2, complete", len(got), r.End(), r.End().Reason)
	}
}

func TestAFilterInAnotherFormIsKeptAsItIs(t *testing.T) {
	l := little()
	_, r := read(t, l.section().iface(1, 0, l.option(11, "\x01\x28\x00\x00\x00\x0c\x00\x00\x08")).bytes)
	got := r.Interfaces()[0]
	if got.Filter != "" || string(got.FilterCode) != "\x01\x28\x00\x00\x00\x0c\x00\x00\x08" {
		t.Errorf("filter %q, code %q; want only the code", got.Filter, got.FilterCode)
	}
}

func TestALaterStatisticsBlockReplacesWhatItNames(t *testing.T) {
	l := little().section().iface(1, 0)
	l.block(5, uint32(0), uint64(0), l.option(4, uint64(10)), l.option(5, uint64(1)))
	l.block(5, uint32(0), uint64(0), l.option(4, uint64(20)))
	_, r := read(t, l.bytes)
	want := capture.Counters{Received: capture.Count{N: 20, Known: true}, IfDropped: capture.Count{N: 1, Known: true}}
	if got := r.Interfaces()[0].Counters; got != want {
		t.Errorf("counters are %+v, want %+v", got, want)
	}
}

func TestWhatIsNoPcapngFileIsRefusedWithItsReason(t *testing.T) {
	for _, test := range []struct{ name, file, reason string }{
		{"nothing at all", "", "only 0 bytes"},
		{"less than a block type", "\x0a\x0d\x0d", "only 3 bytes"},
		{"a pcap file", "\xd4\xc3\xb2\xa1\x02\x00\x04\x00", "starts with 0xd4c3b2a1"},
		{"no byte order magic", golden[:8] + strings.Repeat("x", 20), "0x78787878 where the byte order magic should be"},
		{"version 2", golden[:12] + "\x02\x00" + golden[14:], "version 2.0"},
		{"version 1.1", golden[:14] + "\x01\x00" + golden[16:], "version 1.1"},
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
	want, _ := read(t, everything())
	for name, wrap := range map[string]func(io.Reader) io.Reader{
		"a byte at a time": iotest.OneByteReader, "halves": iotest.HalfReader, "error with data": iotest.DataErrReader,
	} {
		t.Run(name, func(t *testing.T) {
			r, err := NewReader(wrap(bytes.NewReader(everything())))
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
	file := everything()
	for intact := 0; intact < len(file); intact += 5 {
		r, err := NewReader(io.MultiReader(bytes.NewReader(file[:intact]), iotest.ErrReader(broken)))
		if err == nil {
			_, err = readertest.All(r)
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

// many is a file of n packets of 110 bytes, half of them with a direction.
func many(n int) []byte {
	l := &builder{order: binary.LittleEndian}
	l.section().iface(1, 0)
	data := strings.Repeat("p", 110)
	for i := range n / 2 {
		l.packet(0, microseconds+uint64(i), data)
		l.packet(0, microseconds+uint64(i), data, l.option(2, uint32(1)), l.option(0))
	}
	return l.bytes
}

func BenchmarkNext(b *testing.B) {
	file := many(100000)
	b.SetBytes(int64(len(file) / 100000))
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
