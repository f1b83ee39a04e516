package inspect_test

import (
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
		"what the server received of one handshake": {
			command: []string{"tcpdump", "-r", "IN", "-w", "OUT", "-c", "2", "dst host 203.0.113.25"},
			fitness: "unfit", reasons: []string{"filtered"}, inferred: "one direction only",
		},
		"a SYN that was never answered, which is no filter's doing": {
			command: []string{"tcpdump", "-r", "IN", "-w", "OUT", "-c", "1", "dst host 203.0.113.25"},
			fitness: "limited", reasons: []string{"ended-early"},
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
		"to the reset that ended a session": {
			command: []string{"editcap", "-F", "pcap", "-r", synthetic + "/reset-forged-both-ways/server.pcap", "OUT", "1-28"},
			fitness: "good",
			hold: func(t *testing.T, i *report.Inspection) {
				if i.Resets.ToHost != 1 {
					t.Errorf("%+v, want one reset to the host: frame 28, so tshark says", i.Resets)
				}
			},
		},
		"a clock that was never set": {
			command: []string{"editcap", "-F", "pcap", "-t", "-1772443800", "IN", "OUT"},
			fitness: "good",
			hold: func(t *testing.T, i *report.Inspection) {
				if !has(i, "clock-unset") || i.First[:4] != "1970" {
					t.Errorf("it began at %s: %v", i.First, i.Reasons)
				}
			},
		},
		"of a link that nobody decodes": {
			command: []string{"editcap", "-F", "pcap", "-T", "user0", "IN", "OUT"},
			fitness: "unfit", reasons: []string{"no-tcp", "link-unknown"},
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
			i := inspectOne(t, altered)
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

// Wireshark's tools drop what the recorder counted.
func TestCountersThatAToolLeftOutAreMissed(t *testing.T) {
	need(t, "mergecap", "editcap")
	const counted = synthetic + "/pcapng-with-counters-on-both-sides/client.pcapng"
	bothcap := filepath.Join(synthetic, "..", "pairs", "starttls-2012", "client.pcapng")
	for name, test := range map[string]struct {
		file    string
		command []string
		lost    bool
	}{
		"as recorded":           {counted, nil, false},
		"as bothcap recorded":   {bothcap, nil, false},
		"mergecap":              {counted, []string{"mergecap", "-w", "OUT", "IN"}, true},
		"editcap of bothcap's":  {bothcap, []string{"editcap", "IN", "OUT"}, true},
		"mergecap of bothcap's": {bothcap, []string{"mergecap", "-w", "OUT", "IN"}, true},
	} {
		file := test.file
		if test.command != nil {
			file = filepath.Join(t.TempDir(), "altered.pcapng")
			args := slices.Clone(test.command)
			for n := range args {
				args[n] = strings.NewReplacer("IN", test.file, "OUT", file).Replace(args[n])
			}
			if out, err := exec.Command(args[0], args[1:]...).CombinedOutput(); err != nil {
				t.Fatalf("%v: %v\n%s", args, err, out)
			}
		}
		if i := inspectOne(t, file); has(i, "counters-lost") != test.lost || has(i, "drops-unknown") != test.lost {
			t.Errorf("%s: counters called lost %v, unknown %v, want %v", name, has(i, "counters-lost"), has(i, "drops-unknown"), test.lost)
		}
	}
}

func TestOnlyResetsMakeNoWitness(t *testing.T) {
	need(t, "tcpdump")
	resets := filepath.Join(t.TempDir(), "resets.pcap")
	command := exec.Command("tcpdump", "-r", synthetic+"/reset-forged-both-ways/server.pcap", "-w", resets, "tcp[tcpflags] & tcp-rst != 0")
	if out, err := command.CombinedOutput(); err != nil {
		t.Fatalf("tcpdump: %v\n%s", err, out)
	}
	i := inspectOne(t, resets)
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
	one := inspectOne(t, set...)
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
	if mixed := inspectOne(t, synthetic+"/plain/client.pcap", plainServer); !has(mixed, "overlap") {
		t.Errorf("captures of two ends as one: %q, want an overlap", reasons(mixed))
	}
}
