package pcapng

import (
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"bothends/capture"
	"bothends/capture/internal/readertest"
)

func TestWiresharkReadsTheSamePackets(t *testing.T) {
	l := little()
	files := map[string][]byte{
		"every kind of block": everything(),
		"binary resolution":   little().section().iface(1, 0, l.option(9, "\x8a")).packet(0, 1700000000<<10|1023, "abc").bytes,
		"negative offset":     little().section().iface(1, 0, l.option(14, ^uint64(0))).packet(0, microseconds, "abc").bytes,
		// More than 0.018 s after the second would overflow in Wireshark 4.0.
		"picoseconds":   little().section().iface(1, 0, l.option(9, "\x0c")).packet(0, 1000000012345678912, "abc").bytes,
		"whole seconds": little().section().iface(1, 0, l.option(9, "\x00")).packet(0, 1700000000, "abc").bytes,
	}
	for name, file := range files {
		t.Run(name, func(t *testing.T) {
			packets, _ := read(t, file)
			if diff := cmp.Diff(readertest.Tshark(t, writeFile(t, file)), readertest.Lines(packets)); diff != "" {
				t.Errorf("packets (-tshark +ours):\n%s", diff)
			}
		})
	}
}

func TestFilesThatWiresharksToolsWroteHoldWhatTheyWereGiven(t *testing.T) {
	l := little().section().iface(1, 0, little().option(9, "\x09"))
	for i := range 40 {
		l.packet(0, microseconds*1000+uint64(i)*1001, strings.Repeat("x", i*5))
	}
	in := writeFile(t, l.bytes)
	given, _ := read(t, l.bytes)
	for name, args := range map[string][]string{
		"editcap":          {"editcap", "-F", "pcapng", in, "OUT"},
		"editcap comments": {"editcap", "-F", "pcapng", "-a", "1:a note", "--capture-comment", "about it all", in, "OUT"},
		"mergecap":         {"mergecap", "-F", "pcapng", "-w", "OUT", in},
		"tshark":           {"tshark", "-r", in, "-w", "OUT"},
	} {
		t.Run(name, func(t *testing.T) {
			out := t.TempDir() + "/out"
			for i, arg := range args {
				if arg == "OUT" {
					args[i] = out
				}
			}
			readertest.Run(t, args[0], args[1:]...)
			file, err := os.ReadFile(out)
			if err != nil {
				t.Fatal(err)
			}
			got, r := read(t, file)
			ignoreOffset := cmp.FilterPath(func(p cmp.Path) bool { return p.Last().String() == ".Offset" }, cmp.Ignore())
			if diff := cmp.Diff(given, got, ignoreOffset); diff != "" {
				t.Errorf("packets (-given +got):\n%s", diff)
			}
			if r.End().Kind != capture.Complete || r.Interfaces()[0].Resolution != 1e9 {
				t.Errorf("%v with resolution %d, want complete with 1000000000", r.End(), r.Interfaces()[0].Resolution)
			}
			if name == "editcap comments" {
				if diff := cmp.Diff([]string{"about it all"}, r.Sections()[0].Comments); diff != "" {
					t.Errorf("section comments (-want +got):\n%s", diff)
				}
			}
		})
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
