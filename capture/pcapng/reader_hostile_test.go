package pcapng

import (
	"bytes"
	"runtime"
	"strings"
	"testing"

	"bothends/capture"
	"bothends/capture/internal/readertest"
)

// starts finds where the blocks of a sound file begin, and its length.
func starts(t *testing.T, file []byte) []int64 {
	t.Helper()
	var at []int64
	big := false
	for offset := 0; offset < len(file); {
		at = append(at, int64(offset))
		b := &builder{order: little().order}
		if bytes.HasPrefix(file[offset:], []byte("\x0a\x0d\x0d\x0a")) {
			big = file[offset+8] == 0x1a
		}
		if big {
			b.order = builderBig
		}
		offset += int(b.order.Uint32(file[offset+4:]))
	}
	return append(at, int64(len(file)))
}

var builderBig = bigEndian().order

func TestAFileCutAnywhereSaysSoAtTheBlockThatIsCut(t *testing.T) {
	file := everything()
	packets, _ := read(t, file)
	blocks := starts(t, file)
	for cut := 4; cut <= len(file); cut++ {
		want := capture.End{Kind: capture.Truncated}
		for _, start := range blocks {
			if start <= int64(cut) {
				want.Offset = start
			}
			if start == int64(cut) {
				want = capture.End{}
				break
			}
		}
		complete := int64(cut)
		if want.Kind == capture.Truncated {
			complete = want.Offset
		}
		count := 0
		for _, p := range packets {
			if p.Offset < complete {
				count++
			}
		}
		got, r := read(t, file[:cut])
		end := r.End()
		if len(got) != count || end.Kind != want.Kind || end.Offset != want.Offset {
			t.Errorf("cut at %d: %d packets, %v (%s); want %d, %v", cut, len(got), end, end.Reason, count, want)
		}
	}
}

func TestAFlippedBitNeverPanicsAndNeverReadsBeyondTheFile(t *testing.T) {
	sound := everything()
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

func TestABlockThatCannotBeOneIsDamageAtItsOffset(t *testing.T) {
	const at = 28 + 20 + 36 // after the section, the interface and a packet
	sound := little().section().iface(1, 0).packet(0, 1, "abc")
	for _, test := range []struct {
		name, reason string
		bad          func(*builder)
	}{
		{"zeros where the disk was never written", "block of type 0x00000000 of at least 12 bytes, got a length of 0",
			func(b *builder) { b.bytes = append(b.bytes, make([]byte, 64)...) }},
		{"a length of 4 GiB", "got a length of 4294967295", func(b *builder) { b.bytes = append(b.bytes, b.fields(uint32(0x55), ^uint32(0))...) }},
		{"a packet block too small for its fixed part", "at least 32 bytes, got a length of 28", func(b *builder) { b.block(6, make([]byte, 16)) }},
		{"a packet longer than its block", "at least 40 bytes, got a length of 36",
			func(b *builder) { b.block(6, uint32(0), uint64(0), uint32(5), uint32(5), "abcd") }},
		{"a captured length above Wireshark's maximum", "at most 262144 bytes, got a length of 262145",
			func(b *builder) { b.block(6, uint32(0), uint64(0), uint32(262145), uint32(262145)) }},
		{"a packet of an interface that is not described", "of one of 1 interfaces, got interface 1", func(b *builder) { b.packet(1, 0, "abc") }},
		{"a packet of interface -1", "got interface 4294967295", func(b *builder) { b.packet(^uint32(0), 0, "abc") }},
		{"an old packet of an interface that is not described", "got interface 9",
			func(b *builder) { b.block(2, uint16(9), uint16(0), uint64(0), uint32(0), uint32(0)) }},
		{"statistics of an interface that is not described", "got interface 7", func(b *builder) { b.block(5, uint32(7), uint64(0)) }},
		{"a packet whose lengths disagree", "same length at both ends, got 36 and 40",
			func(b *builder) { b.packet(0, 0, "abcd"); b.bytes[len(b.bytes)-4] = 40 }},
		{"a whole packet above Wireshark's maximum", "at most 262144 bytes, got a length of 262145",
			func(b *builder) { b.packet(0, 0, strings.Repeat("x", 262145)) }},
		{"a packet with more options than Wireshark allows", "got a length of 424",
			func(b *builder) {
				b.packet(0, 0, "", bytes.Repeat(b.option(1, strings.Repeat("c", 60000)), 7), bytes.Repeat(b.option(1, ""), 1000))
			}},
		{"an option one byte longer than its block", "option 1 of 5 bytes where 4 are left",
			func(b *builder) { b.packet(0, 0, "abc", b.fields(uint16(1), uint16(5), "abcd")) }},
		{"a simple packet one byte longer than its block", "room for 5 bytes, got one for 4", func(b *builder) { b.block(3, uint32(5), "abcd") }},
		{"a simple packet longer than its block", "room for 60 bytes, got one for 4", func(b *builder) { b.block(3, uint32(60), "abcd") }},
		{"a packet option that leaves its block", "option 1 of 500 bytes where 4 are left",
			func(b *builder) { b.packet(0, 0, "abc", b.fields(uint16(1), uint16(500), "abcd")) }},
		{"an interface option that leaves its block", "option 2 of 500 bytes where 4 are left",
			func(b *builder) { b.iface(1, 0, b.fields(uint16(2), uint16(500), "abcd")) }},
		{"a section without byte order", "byte order magic, got 0x6e6f6e65", func(b *builder) { b.block(0x0a0d0d0a, "none", make([]byte, 12)) }},
		{"a section of version 3", "version 3.0", func(b *builder) { b.block(0x0a0d0d0a, uint32(0x1a2b3c4d), uint16(3), uint16(0), ^uint64(0)) }},
	} {
		t.Run(test.name, func(t *testing.T) {
			file := sound.clone()
			test.bad(file)
			file.packet(0, 2, "later")
			packets, r := read(t, file.bytes)
			end := r.End()
			if len(packets) != 1 || end.Kind != capture.Damaged || end.Offset != at || !strings.Contains(end.Reason, test.reason) {
				t.Errorf("%d packets, %v, %q; want 1, damaged at offset %d, %q", len(packets), end, end.Reason, at, test.reason)
			}
		})
	}
}

// An option of a wrong length says nothing; all else is read.
func TestAnOptionOfAWrongLengthDiscardsNothingButItself(t *testing.T) {
	for _, test := range []struct {
		option  func(*builder) []byte
		ignored string
	}{
		{func(b *builder) []byte { return b.option(9, uint32(6)) }, "if_tsresol"},
		{func(b *builder) []byte { return b.option(9) }, "if_tsresol"},
		{func(b *builder) []byte { return b.option(14, uint32(6)) }, "if_tsoffset"},
		{func(b *builder) []byte { return b.option(4, "\x0a\x00\x00\x01") }, "if_IPv4addr"},
		{func(b *builder) []byte { return b.option(5, make([]byte, 16)) }, "if_IPv6addr"},
		{func(b *builder) []byte { return b.option(6, "\x02\x00\x00") }, "if_MACaddr"},
	} {
		b := little()
		b.section().iface(1, 0, test.option(b), b.option(2, "eth0")).packet(0, 1, "abc")
		packets, r := read(t, b.bytes)
		about := r.Interfaces()[0]
		if len(packets) != 1 || r.End() != (capture.End{}) || about.Name != "eth0" || len(about.MAC)+len(about.Addresses) > 0 {
			t.Errorf("%s: %d packets, %v, %+v", test.ignored, len(packets), r.End(), about)
		}
		if len(about.Ignored) != 1 || about.Ignored[0] != test.ignored {
			t.Errorf("ignored %q, want %s", about.Ignored, test.ignored)
		}
	}
	b := little()
	wrong, right := b.option(4, uint32(1)), b.option(5, uint64(7))
	b.section().iface(1, 0).packet(0, 1, "abc").block(5, uint32(0), uint64(0), wrong, wrong, right).block(5, uint32(0), uint64(0), wrong)
	_, r := read(t, b.bytes)
	about := r.Interfaces()[0]
	if about.Counters.Received.Known || about.Counters.IfDropped != (capture.Count{N: 7, Known: true}) || len(about.Ignored) != 1 || about.Ignored[0] != "isb_ifrecv" {
		t.Errorf("counters %+v, ignored %q", about.Counters, about.Ignored)
	}
}

func TestANewSectionForgetsTheInterfacesOfTheOneBefore(t *testing.T) {
	sound := little().section().iface(1, 0).packet(0, 1, "abc").section()
	for name, file := range map[string]*builder{
		"simple packet":   sound.clone().block(3, uint32(0)),
		"enhanced packet": sound.clone().packet(0, 2, ""),
	} {
		t.Run(name, func(t *testing.T) {
			packets, r := read(t, file.bytes)
			want := int64(len(sound.bytes))
			if end := r.End(); len(packets) != 1 || end.Kind != capture.Damaged || end.Offset != want {
				t.Errorf("%d packets, %v; want 1, damaged at offset %d", len(packets), end, want)
			}
		})
	}
}

// gopacket skips to the end of the file from the first block whose lengths
// disagree, and says nothing.
func TestABlockWhoseLengthsDisagreeDoesNotSwallowTheRestSilently(t *testing.T) {
	file := everything()
	blocks := starts(t, file)
	for i, start := range blocks[:len(blocks)-1] {
		bad := bytes.Clone(file)
		bad[blocks[i+1]-4] ^= 4 // either byte order: in the trailing length
		_, r := read(t, bad)
		if end := r.End(); end.Kind != capture.Damaged || end.Offset != start || !strings.Contains(end.Reason, "same length at both ends") {
			t.Errorf("block at %d: %v, %q; want damaged there", start, end, end.Reason)
		}
	}
}

// gopacket panics on an if_tsresol of 0xC0 (2^-64 seconds), which is legal.
func TestNoTimeStampResolutionPanics(t *testing.T) {
	l := little()
	for resolution := range 256 {
		file := little().section().iface(1, 0, l.option(9, string([]byte{byte(resolution)}))).packet(0, ^uint64(0), "a").packet(0, 0, "b").bytes
		packets, r := read(t, file)
		if len(packets) != 2 || r.End().Kind != capture.Complete {
			t.Errorf("resolution %#02x: %d packets, %v; want 2, complete", resolution, len(packets), r.End())
		}
		if packets[1].TimeNS != 0 || packets[1].Untimed {
			t.Errorf("resolution %#02x: tick 0 is %d, want 0", resolution, packets[1].TimeNS)
		}
	}
}

// gopacket keeps 8 bits of a link type: 276 becomes 20.
func TestALinkTypeHasSixteenBits(t *testing.T) {
	_, r := read(t, little().section().iface(276, 0).bytes)
	if got := r.Interfaces()[0].LinkType; got != capture.LinkLinuxSLL2 {
		t.Errorf("link type is %v, want LINUX_SLL2", got)
	}
}

// gopacket allocates what a block claims before it reads the block.
func TestAClaimedLengthCostsNoMemory(t *testing.T) {
	l := little().section().iface(231, 0) // D-Bus may have packets of 128 MiB
	const claimed = 100 << 20
	for name, bad := range map[string][]byte{
		"packet":    l.fields(uint32(6), uint32(claimed+32), uint32(0), uint64(0), uint32(claimed), uint32(claimed)),
		"interface": l.fields(uint32(1), uint32(16<<20), uint32(0), uint32(0)),
		"unknown":   l.fields(uint32(99), uint32(claimed)),
		"gigabyte":  l.fields(uint32(6), uint32(1<<30), uint32(0), uint64(0), uint32(1<<30), uint32(1<<30)),
	} {
		t.Run(name, func(t *testing.T) {
			file := append(bytes.Clone(l.bytes), bad...)
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			_, r := read(t, file)
			runtime.ReadMemStats(&after)
			if r.End().Kind == capture.Complete {
				t.Error("the file counts as complete")
			}
			if got := after.TotalAlloc - before.TotalAlloc; got > 4<<20 {
				t.Errorf("%d bytes were allocated for a file of %d", got, len(file))
			}
		})
	}
}

func TestDescriptionsWithoutEndAreDamage(t *testing.T) {
	l := little()
	long := strings.Repeat("c", 65000)
	for _, test := range []struct {
		name, reason string
		block        func(*builder)
		count        int
	}{
		{"interfaces", "at most 65536 interfaces", func(b *builder) { b.iface(1, 0) }, 65537},
		{"sections", "at most 65536 sections", func(b *builder) { b.section() }, 65536},
		{"empty comments", "at most 16777216 bytes of comments", func(b *builder) { b.iface(1, 0, bytes.Repeat(l.option(1), 100000)) }, 11},
		{"comments", "at most 16777216 bytes of comments", func(b *builder) { b.iface(1, 0, l.option(1, long)) }, 260},
	} {
		t.Run(test.name, func(t *testing.T) {
			file := little().section()
			for range test.count {
				test.block(file)
			}
			_, r := read(t, file.bytes)
			if end := r.End(); end.Kind != capture.Damaged || !strings.Contains(end.Reason, test.reason) {
				t.Errorf("%v, %q; want damaged, %q", end, end.Reason, test.reason)
			}
		})
	}
}

func TestPacketsAndBlocksLargerThanTheBufferAreWhole(t *testing.T) {
	large := strings.Repeat("0123456789abcdef-", 3<<20/17)
	l := little().section().iface(231, 0).packet(0, 1, large).block(77, large).packet(0, 2, "end")
	got, r := read(t, l.bytes)
	if len(got) != 2 || string(got[0].Data) != large || string(got[1].Data) != "end" || r.End().Kind != capture.Complete {
		t.Errorf("%d packets, %v %s; want 2, complete", len(got), r.End(), r.End().Reason)
	}
}
