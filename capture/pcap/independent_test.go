package pcap

import (
	"bytes"
	"encoding/binary"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"

	"bothends/capture"
	"bothends/capture/internal/readertest"
)

// mixed is a file with the variety that a writer's conversion must keep: sizes
// from nothing upwards, cut packets, times out of order.
func mixed(magic uint32) []byte {
	b := newFile(binary.BigEndian, magic, 2, 4, 1)
	for i := range uint32(50) {
		data := string(bytes.Repeat([]byte{byte(i)}, int(i*7)))
		b.u32(1700000000+i%7, i*10001, uint32(len(data)), uint32(len(data))+i%3*100).raw(data)
	}
	return b.bytes
}

func TestWiresharkReadsTheSamePackets(t *testing.T) {
	for name, magic := range map[string]uint32{"microseconds": magicMicro, "nanoseconds": magicNano} {
		t.Run(name, func(t *testing.T) {
			file := mixed(magic)
			packets, _ := read(t, file)
			if diff := cmp.Diff(readertest.Tshark(t, writeFile(t, file)), readertest.Lines(packets)); diff != "" {
				t.Errorf("packets (-tshark +ours):\n%s", diff)
			}
		})
	}
}

func TestFilesThatOtherProgramsWroteHoldWhatTheyWereGiven(t *testing.T) {
	in := writeFile(t, mixed(magicMicro))
	original, _ := read(t, mixed(magicMicro))
	for _, test := range []struct {
		name string
		args []string // before the input, and "OUT" for the output
	}{
		{"tcpdump", []string{"tcpdump", "-r", in, "-w", "OUT"}},
		{"tcpdump with nanoseconds", []string{"tcpdump", "--time-stamp-precision=nano", "-r", in, "-w", "OUT"}},
		{"editcap", []string{"editcap", "-F", "pcap", in, "OUT"}},
		{"editcap with nanoseconds", []string{"editcap", "-F", "nsecpcap", in, "OUT"}},
		{"editcap with Kuznetzov's record headers", []string{"editcap", "-F", "modpcap", in, "OUT"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			out := t.TempDir() + "/out"
			for i, arg := range test.args {
				if arg == "OUT" {
					test.args[i] = out
				}
			}
			readertest.Run(t, test.args[0], test.args[1:]...)
			file, err := os.ReadFile(out)
			if err != nil {
				t.Fatal(err)
			}
			got, r := read(t, file)
			ignoreOffset := cmp.FilterPath(func(p cmp.Path) bool { return p.Last().String() == ".Offset" }, cmp.Ignore())
			if diff := cmp.Diff(original, got, ignoreOffset); diff != "" {
				t.Errorf("packets (-given +got):\n%s", diff)
			}
			if r.End().Kind != capture.Complete {
				t.Errorf("end is %v, want complete", r.End())
			}
		})
	}
}
