package pcap

import (
	"bytes"
	"encoding/binary"
	"runtime"
	"strings"
	"testing"

	"bothends/capture"
)

func TestAFileCutAnywhereSaysSoAtTheRecordThatIsCut(t *testing.T) {
	whole := little().record(1, 2, "abc").record(3, 4, "").record(5, 6, "defgh").bytes
	starts := []int64{24, 43, 59, 80} // of the records, and the end of the last
	for cut := magicSize; cut <= len(whole); cut++ {
		packets, r := read(t, whole[:cut])
		want := capture.End{Kind: capture.Truncated}
		count := 0
		for i, start := range starts {
			if int64(cut) >= start {
				want.Offset, count = start, i
			}
			if int64(cut) == start {
				want = capture.End{}
				break
			}
		}
		end := r.End()
		if len(packets) != count || end.Kind != want.Kind || end.Offset != want.Offset {
			t.Errorf("cut at %d: %d packets, %v; want %d, %v", cut, len(packets), end, count, want)
		}
		if (end.Reason == "") != (end.Kind == capture.Complete) {
			t.Errorf("cut at %d: %v with the reason %q", cut, end, end.Reason)
		}
	}
}

func TestAFileThatTurnsToNonsenseIsDamagedThere(t *testing.T) {
	sound := little().record(1, 2, "abc").bytes
	for _, test := range []struct {
		name, reason string
		rest         func(*builder) *builder
	}{
		{"a captured length above libpcap's maximum", "got a length of 262145",
			func(b *builder) *builder { return b.u32(1, 2, 262145, 262145) }},
		{"a captured length of 4 GiB", "got a length of 4294967295",
			func(b *builder) *builder { return b.u32(1, 2, 0xffffffff, 60) }},
		{"zeros where the disk was never written", "got zeros",
			func(b *builder) *builder { return b.u32(0, 0, 0, 0).u32(0, 0, 0, 0) }},
		{"text", "got a length of", func(b *builder) *builder { return b.raw("this is no record header") }},
	} {
		t.Run(test.name, func(t *testing.T) {
			file := test.rest(&builder{binary.LittleEndian, bytes.Clone(sound)}).record(7, 8, "later").bytes
			packets, r := read(t, file)
			end := r.End()
			if len(packets) != 1 || end.Kind != capture.Damaged || end.Offset != 43 || !strings.Contains(end.Reason, test.reason) {
				t.Errorf("%d packets, %v, %q; want 1, damaged at offset 43, %q", len(packets), end, end.Reason, test.reason)
			}
		})
	}
}

func TestPacketsLargerThanTheBufferAreWhole(t *testing.T) {
	const dbus, size = 231, 3<<20 + 1 // D-Bus messages may have 128 MiB
	big := strings.Repeat("0123456789abcdef-", size/17+1)[:size]
	file := newFile(binary.LittleEndian, magicMicro, 2, 4, dbus).record(1, 2, "small").record(3, 4, big).record(5, 6, "end").bytes
	got, r := read(t, file)
	if len(got) != 3 || string(got[1].Data) != big || string(got[2].Data) != "end" || r.End().Kind != capture.Complete {
		t.Errorf("%d packets, %v; want the three written", len(got), r.End())
	}
}

// gopacket allocates what a record claims before it reads the record.
func TestAClaimedGigabyteCostsNoMemory(t *testing.T) {
	const dbus = 231
	for name, file := range map[string][]byte{
		"impossible": little().u32(1, 2, 1<<30, 1<<30).bytes,
		"possible":   newFile(binary.LittleEndian, magicMicro, 2, 4, dbus).u32(1, 2, 100<<20, 100<<20).bytes,
	} {
		t.Run(name, func(t *testing.T) {
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

// gopacket's reader takes a file cut inside a record for a whole one.
func TestATruncatedFileIsNoCleanEnd(t *testing.T) {
	_, r := read(t, []byte(golden[:len(golden)-1]))
	if want := (capture.End{Kind: capture.Truncated, Offset: 43, Reason: "expected a packet of 1 bytes, got 0"}); r.End() != want {
		t.Errorf("end is %+v, want %+v", r.End(), want)
	}
}
