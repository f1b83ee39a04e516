package correlate_test

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"bothends/correlate/report"
)

// plainServer is a capture without fault: three sessions, each with its
// handshake and its end, 63 packets. Its frame 30 carries 1448 bytes from the
// server, in the second session, that frame 32 acknowledges; so tshark says.
const plainServer = synthetic + "/plain/server.pcap"

// Captures that tcpdump and editcap made of a good one have the fault that they
// were given.
func TestAlteredCapturesAreSeenThrough(t *testing.T) {
	need(t, "tcpdump", "editcap")
	for name, test := range map[string]struct {
		command  []string // IN and OUT stand for the files
		fitness  string
		reasons  []string
		inferred string
		hold     func(*testing.T, *report.Inspection)
	}{
		"a copy is as good": {
			command: []string{"tcpdump", "-r", "IN", "-w", "OUT"},
			fitness: "good",
			hold: func(t *testing.T, i *report.Inspection) {
				if i.Seen.Unseen != 0 || i.Connections.Complete != 3 || i.Packets != 63 {
					t.Errorf("%d bytes unseen, %d connections, %d packets; want 0, 3, 63", i.Seen.Unseen, i.Connections.Complete, i.Packets)
				}
			},
		},
		"a data packet is taken out": {
			command: []string{"editcap", "-F", "pcap", "IN", "OUT", "30"},
			fitness: "unfit", reasons: []string{"bytes-unseen"},
			hold: func(t *testing.T, i *report.Inspection) {
				if i.Seen.Unseen != 1448 || i.Seen.Connections != 1 {
					t.Errorf("%d bytes unseen in %d connections, want 1448 in 1", i.Seen.Unseen, i.Seen.Connections)
				}
			},
		},
		"two data packets of two sessions are taken out": {
			command: []string{"editcap", "-F", "pcap", "IN", "OUT", "30", "37", "56"},
			fitness: "unfit", reasons: []string{"bytes-unseen"},
			hold: func(t *testing.T, i *report.Inspection) {
				if i.Seen.Unseen != 3*1448 || i.Seen.Connections != 2 {
					t.Errorf("%d bytes unseen in %d connections, want %d in 2", i.Seen.Unseen, i.Seen.Connections, 3*1448)
				}
			},
		},
		"a pure acknowledgment is taken out, which nothing can show": {
			command: []string{"editcap", "-F", "pcap", "IN", "OUT", "35"},
			fitness: "good",
		},
		"what the server received": {
			command: []string{"tcpdump", "-r", "IN", "-w", "OUT", "dst host 203.0.113.25"},
			fitness: "unfit", reasons: []string{"filtered"}, inferred: "one direction only",
		},
		"what the server sent": {
			command: []string{"tcpdump", "-r", "IN", "-w", "OUT", "src host 203.0.113.25"},
			fitness: "unfit", reasons: []string{"filtered"}, inferred: "one direction only",
		},
		"what the server sent in one session, of the rest both": {
			command: []string{"tcpdump", "-r", "IN", "-w", "OUT", "not (dst port 587)"},
			fitness: "unfit", reasons: []string{"bytes-unseen", "one-direction"},
			hold: func(t *testing.T, i *report.Inspection) {
				if i.Connections.OneWay != 1 {
					t.Errorf("%d connections of one direction, want 1", i.Connections.OneWay)
				}
			},
		},
		"SYNs and their answers": {
			command: []string{"tcpdump", "-r", "IN", "-w", "OUT", "tcp[tcpflags] & tcp-syn != 0"},
			fitness: "unfit", reasons: []string{"filtered"}, inferred: "SYNs and their answers only",
		},
		"what opens and ends connections": {
			command: []string{"tcpdump", "-r", "IN", "-w", "OUT", "tcp[tcpflags] & (tcp-syn|tcp-fin|tcp-rst) != 0"},
			fitness: "unfit", reasons: []string{"filtered"}, inferred: "segments without data only",
		},
		"nothing that is TCP": {
			command: []string{"tcpdump", "-r", "IN", "-w", "OUT", "udp"},
			fitness: "unfit", reasons: []string{"no-packets"},
		},
		"60 bytes of each packet": {
			command: []string{"editcap", "-F", "pcap", "-s", "60", "IN", "OUT"},
			fitness: "limited", reasons: []string{"cut-short"},
		},
		"40 bytes of each packet": {
			command: []string{"editcap", "-F", "pcap", "-s", "40", "IN", "OUT"},
			fitness: "unfit", reasons: []string{"no-tcp", "headers-cut"},
		},
		"from the middle of a session": {
			command: []string{"editcap", "-F", "pcap", "-r", "IN", "OUT", "30-63"},
			fitness: "limited", reasons: []string{"began-late"},
			hold: func(t *testing.T, i *report.Inspection) {
				if c := i.Connections; c.NoHandshake != 1 || c.Complete != 1 || i.Seen.Unseen != 0 {
					t.Errorf("%+v, %d bytes unseen; want one connection without handshake, one with, nothing unseen", c, i.Seen.Unseen)
				}
			},
		},
		"to the middle of a session": {
			command: []string{"editcap", "-F", "pcap", "-r", "IN", "OUT", "1-40"},
			fitness: "limited", reasons: []string{"ended-early"},
			hold: func(t *testing.T, i *report.Inspection) {
				if i.Connections.Open != 1 {
					t.Errorf("%d connections open at the end, want 1", i.Connections.Open)
				}
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			altered := filepath.Join(t.TempDir(), "altered.pcap")
			args := slices.Clone(test.command)
			for n, word := range args {
				args[n] = map[string]string{"IN": plainServer, "OUT": altered}[word]
				if args[n] == "" {
					args[n] = word
				}
			}
			if out, err := exec.Command(args[0], args[1:]...).CombinedOutput(); err != nil {
				t.Fatalf("%v: %v\n%s", args, err, out)
			}
			i := inspect(t, altered)
			if i.Fitness != test.fitness || !slices.Equal(reasons(i), test.reasons) && len(reasons(i))+len(test.reasons) > 0 {
				t.Errorf("%s because of %q, want %s because of %q", i.Fitness, reasons(i), test.fitness, test.reasons)
			}
			if i.Filter.Inferred != test.inferred {
				t.Errorf("inferred filter %q, want %q", i.Filter.Inferred, test.inferred)
			}
			if test.hold != nil {
				test.hold(t, i)
			}
		})
	}
}

func TestOnlyResetsMakeNoWitness(t *testing.T) {
	need(t, "tcpdump")
	resets := filepath.Join(t.TempDir(), "resets.pcap")
	command := exec.Command("tcpdump", "-r", synthetic+"/reset-forged-both-ways/server.pcap", "-w", resets, "tcp[tcpflags] & tcp-rst != 0")
	if out, err := command.CombinedOutput(); err != nil {
		t.Fatalf("tcpdump: %v\n%s", err, out)
	}
	i := inspect(t, resets)
	if i.Fitness != "unfit" || i.Filter.Inferred != "resets only" || i.Connections.ResetsOnly != 1 || i.Resets.Unknown != i.Packets {
		t.Errorf("%s, filter %q, %+v, %+v", i.Fitness, i.Filter.Inferred, i.Connections, i.Resets)
	}
}

// Parts of a ring buffer that are given one by one are recognised as such, and
// captures of two ends given as one, too.
func TestFilesThatBelongTogetherAreRecognised(t *testing.T) {
	set, err := filepath.Glob(synthetic + "/server-capture-in-three-rotated-files/server-*.pcap")
	if err != nil || len(set) != 3 {
		t.Fatalf("%q, want three files", set)
	}
	one := inspect(t, set...)
	if one.Fitness != "good" || one.Connections.Complete != 3 || len(one.Interfaces) != 3 {
		t.Errorf("together: %s because of %q, %+v", one.Fitness, reasons(one), one.Connections)
	}
	each := inspectEach(t, set[2:], set[:1], set[1:2]).Captures // in any order
	for n, want := range []bool{true, false, true} {
		if has(&each[n], "continues-another") != want {
			t.Errorf("%s goes on with another: %v, want %v", each[n].Files[0].Path, !want, want)
		}
	}
	ends := inspectEach(t, []string{synthetic + "/plain/client.pcap"}, []string{plainServer}).Captures
	for n := range ends {
		if ends[n].Fitness != "good" {
			t.Errorf("captures of two ends, one by one: %s because of %q", ends[n].Fitness, reasons(&ends[n]))
		}
	}
	if mixed := inspect(t, synthetic+"/plain/client.pcap", plainServer); !has(mixed, "overlap") {
		t.Errorf("captures of two ends as one: %q, want an overlap", reasons(mixed))
	}
}

// section is a little-endian pcapng file with one Ethernet interface "wan0" (snapshot
// length 96, a filter), the frames of a pcap file, and its statistics. Laid out by hand from
// draft-ietf-opsawg-pcapng, sections 4.1 to 4.6.
func section(t *testing.T, frames []byte, filter string, statistics ...uint64) []byte {
	t.Helper()
	var b []byte
	block := func(kind uint32, body []byte) {
		for len(body)%4 != 0 {
			body = append(body, 0)
		}
		size := uint32(len(body) + 12)
		b = binary.LittleEndian.AppendUint32(b, kind)
		b = binary.LittleEndian.AppendUint32(b, size)
		b = append(b, body...)
		b = binary.LittleEndian.AppendUint32(b, size)
	}
	option := func(code uint16, value []byte) []byte {
		o := binary.LittleEndian.AppendUint16(nil, code)
		o = binary.LittleEndian.AppendUint16(o, uint16(len(value)))
		o = append(o, value...)
		for len(o)%4 != 0 {
			o = append(o, 0)
		}
		return o
	}
	numbers := func(values ...uint32) (body []byte) {
		for _, v := range values {
			body = binary.LittleEndian.AppendUint32(body, v)
		}
		return body
	}
	block(0x0a0d0d0a, slices.Concat(numbers(0x1a2b3c4d, 1, 0xffffffff, 0xffffffff), option(3, []byte("Linux 6.1")), option(4, []byte("dumpcap 4.0.17"))))
	block(1, slices.Concat(numbers(1, 96), option(2, []byte("wan0")), option(11, append([]byte{0}, filter...))))
	for frames = frames[24:]; len(frames) > 0; {
		sec, usec, size := binary.LittleEndian.Uint32(frames), binary.LittleEndian.Uint32(frames[4:]), binary.LittleEndian.Uint32(frames[8:])
		ticks := uint64(sec)*1e6 + uint64(usec)
		block(6, append(numbers(0, uint32(ticks>>32), uint32(ticks), size, size), frames[16:16+size]...))
		frames = frames[16+size:]
	}
	if len(statistics) > 0 {
		body := numbers(0, 0, 0)
		for n, code := range []uint16{5, 7} { // isb_ifdrop, isb_osdrop
			body = append(body, option(code, binary.LittleEndian.AppendUint64(nil, statistics[n]))...)
		}
		block(5, body)
	}
	return b
}

func TestTheRecordersWordsAreTaken(t *testing.T) {
	frames, err := os.ReadFile(plainServer)
	if err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		filter     string
		statistics []uint64
		fitness    string
		reasons    []string
		drops      report.InspectedDrops
	}{
		"it counted nothing lost": {
			"tcp port 587", []uint64{0, 0}, "good", nil, report.InspectedDrops{Known: true},
		},
		"it counted losses": {
			"tcp port 587", []uint64{3, 4}, "unfit", []string{"drops-counted"}, report.InspectedDrops{Known: true, Packets: 7, ByInterface: 3, ByKernel: 4},
		},
		"it does not say": {
			"tcp port 587", nil, "good", nil, report.InspectedDrops{},
		},
		"its filter looks at flags": {
			"tcp[tcpflags] & tcp-rst == 0", []uint64{0, 0}, "limited", []string{"filtered-by-flags"}, report.InspectedDrops{Known: true},
		},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "a.pcapng")
			if err := os.WriteFile(path, section(t, frames, test.filter, test.statistics...), 0o600); err != nil {
				t.Fatal(err)
			}
			i := inspect(t, path)
			if i.Fitness != test.fitness || strings.Join(reasons(i), " ") != strings.Join(test.reasons, " ") {
				t.Errorf("%s because of %q, want %s because of %q", i.Fitness, reasons(i), test.fitness, test.reasons)
			}
			if i.Drops != test.drops || has(i, "drops-unknown") == test.drops.Known {
				t.Errorf("%+v, want %+v", i.Drops, test.drops)
			}
			about := i.Interfaces[0]
			if about.Name != "wan0" || about.SnapLen != 96 || about.Filter != test.filter || about.LinkType != "EN10MB" || about.Resolution != 1e6 || about.Packets != 63 {
				t.Errorf("interface %+v", about)
			}
			if want := (report.Recorder{Application: "dumpcap 4.0.17", OS: "Linux 6.1"}); len(i.Recorders) != 1 || i.Recorders[0] != want {
				t.Errorf("recorders %+v, want %+v", i.Recorders, want)
			}
		})
	}
}

func TestDamageAndPackingAreSaid(t *testing.T) {
	content, err := os.ReadFile(plainServer)
	if err != nil {
		t.Fatal(err)
	}
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	w.Write(content)
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	spoiled := slices.Clone(content)
	copy(spoiled[24+8:], "\xff\xff\xff\xff") // the first packet claims 4 GiB
	for name, test := range map[string]struct {
		content []byte
		reasons string
		packets int64
	}{
		"packed":                               {packed.Bytes(), "", 63},
		"cut in the last packet":               {content[:len(content)-1], "truncated", 62},
		"damaged from the first packet":        {spoiled, "no-packets damaged", 0},
		"no more than a header":                {content[:24], "no-packets", 0},
		"packed, and the stream is broken off": {packed.Bytes()[:packed.Len()-1], "truncated", 63},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "a.pcap")
			if err := os.WriteFile(path, test.content, 0o600); err != nil {
				t.Fatal(err)
			}
			i := inspect(t, path)
			if got := strings.Join(reasons(i), " "); got != test.reasons || i.Packets != test.packets {
				t.Errorf("%d packets, %q; want %d, %q", i.Packets, got, test.packets, test.reasons)
			}
		})
	}
}
