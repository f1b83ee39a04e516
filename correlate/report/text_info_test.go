package report

import (
	"fmt"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

// inspected is a capture of three sessions with nothing wrong.
func inspected(reasons ...Reason) Inspection {
	i := Inspection{
		Fitness: FitnessGood, Reasons: reasons, Packets: 63, Segments: 63, DurationNS: 20e9, EndState: "complete",
		First: "2026-03-02T09:30:00.000000000Z", Last: "2026-03-02T09:30:20.000000000Z",
		Files:       []InspectedFile{{File: File{Path: "a/server.pcap", Format: "pcap", Bytes: 1, Packets: 63, EndState: "complete", SHA256: strings.Repeat("ab", 32)}}},
		LinkTypes:   map[string]int64{"EN10MB": 63},
		Interfaces:  []Interface{{LinkType: "EN10MB", SnapLen: 262144, Resolution: 1e6, Packets: 63}},
		Tap:         Tap{End: "server", DecidedBy: "the TTL", For: 3, Hosts: []string{"203.0.113.25"}},
		Seen:        Seen{Acknowledged: 1000, FromHost: 30},
		Connections: InspectedSessions{Total: 3, Complete: 3},
	}
	if len(reasons) > 0 {
		i.Fitness = map[string]string{Disqualifies: FitnessUnfit, Limits: FitnessLimited, Remark: FitnessGood}[reasons[0].Weight]
	}
	return i
}

func renderInfo(t *testing.T, o TextOptions, captures ...Inspection) string {
	t.Helper()
	var b strings.Builder
	if err := (&Info{Schema: InfoSchema, Captures: captures}).WriteText(&b, o); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestTheFirstSentenceSaysWhatTheCaptureIsWorth(t *testing.T) {
	holes := Reason{Disqualifies, "bytes-unseen", "it lacks 12 bytes", "record again"}
	drops := Reason{Disqualifies, "drops-counted", "its counters say so", "record again"}
	late := Reason{Limits, "began-late", "1 of 3 connections had begun before it", "start earlier"}
	silent := Reason{Remark, "drops-unknown", "it does not say whether packets were dropped", "send the counts"}
	for name, test := range map[string]struct {
		reasons []Reason
		want    string
	}{
		"no reason":        {nil, "A good witness: 3 connections, both directions, whole packets, and nothing known to be missing."},
		"a remark":         {[]Reason{silent}, "A good witness: 3 connections, both directions, whole packets, and nothing known to be missing. Worth knowing: - It does not say"},
		"a limit":          {[]Reason{late, silent}, "A good witness, but 1 of 3 connections had begun before it."},
		"two limits":       {[]Reason{late, late, silent}, "A good witness, but 1 of 3 connections had begun before it, and for 1 more reason given below."},
		"a hole":           {[]Reason{holes, late}, "Cannot serve as proof that a packet was never sent, because it lacks 12 bytes."},
		"holes and a drop": {[]Reason{holes, drops, late}, "Cannot serve as proof that a packet was never sent, because it lacks 12 bytes, and for 1 more reason given below."},
	} {
		t.Run(name, func(t *testing.T) {
			text := renderInfo(t, TextOptions{}, inspected(test.reasons...))
			if got := unwrapped(text); !strings.HasPrefix(got, test.want) {
				t.Errorf("it begins %q, want %q", got[:min(len(got), len(test.want)+20)], test.want)
			}
			for _, r := range test.reasons {
				if want := "To do: " + r.Advice + "."; !strings.Contains(unwrapped(text), want) {
					t.Errorf("it lacks %q", want)
				}
			}
		})
	}
}

func TestNotKnownIsNotZero(t *testing.T) {
	silent, counted, lossy := inspected(), inspected(), inspected()
	counted.Drops.Known = true
	lossy.Drops = InspectedDrops{Known: true, Packets: 7, ByInterface: 3, ByKernel: 4}
	nameless := inspected()
	nameless.Files[0].SHA256 = ""
	for want, i := range map[string]Inspection{
		"drops it does not say":               silent,
		"drops none":                          counted,
		"drops 7 packets":                     lossy,
		"SHA-256 not known":                   nameless,
		"SHA-256 " + strings.Repeat("ab", 32): silent,
	} {
		if text := unwrapped(renderInfo(t, TextOptions{}, i)); !strings.Contains(text, want) {
			t.Errorf("%q is not in %q", want, text)
		}
	}
}

func TestTheShareIsNeverNothingIfSomethingIsMissing(t *testing.T) {
	for want, s := range map[string]Seen{
		"100 %":         {Acknowledged: 5, Unseen: 5},
		"16 %":          {Acknowledged: 26851, Unseen: 4380},
		"1.5 %":         {Acknowledged: 1000, Unseen: 15},
		"0.002 %":       {Acknowledged: 1e5, Unseen: 2},
		"below 0.001 %": {Acknowledged: 1e9, Unseen: 1},
	} {
		if got := s.Share(); got != want {
			t.Errorf("%d of %d is %q, want %q", s.Unseen, s.Acknowledged, got, want)
		}
	}
}

func TestARingBufferIsShownShort(t *testing.T) {
	ring := inspected()
	for n := range 50 {
		ring.Files = append(ring.Files, InspectedFile{File: File{Path: fmt.Sprintf("a/%d", n)}})
		ring.Seams = append(ring.Seams, Seam{After: "a/0", Before: "a/1", GapNS: 1})
		ring.Interfaces = append(ring.Interfaces, ring.Interfaces[0])
	}
	text := renderInfo(t, TextOptions{}, ring)
	if n := strings.Count(text, "EN10MB"); n != 1 || !strings.Contains(unwrapped(text), "(51 times)") {
		t.Errorf("51 equal interfaces are shown in %d lines:\n%s", n, text)
	}
	if n := strings.Count(text, "nothing for"); n != mostFiles {
		t.Errorf("%d of 50 seams are shown, want %d", n, mostFiles)
	}
	if n := strings.Count(renderInfo(t, TextOptions{All: true}, ring), "nothing for"); n != 50 {
		t.Errorf("with --all %d of 50 seams are shown", n)
	}
	// Each file is evidence of its own, and its checksum is what is noted down.
	if n := strings.Count(text, "SHA-256"); n != 51 {
		t.Errorf("%d of 51 checksums are shown", n)
	}
}

// hostileInfo is full of what a terminal must not get.
func hostileInfo() Inspection {
	const bad = "x\x1b[2J\x07\u202e\u009b31m\r\n\xff\x7f"
	i := inspected(Reason{Limits, bad, bad, bad})
	i.Files[0].File = File{Path: bad, Format: bad, Compression: bad, EndState: bad, EndReason: bad}
	i.Files[0].SHA256 = bad
	i.Seams = []Seam{{After: bad, Before: bad, GapNS: -5}}
	i.Interfaces = []Interface{{Name: bad, Description: bad, LinkType: bad, Filter: bad}}
	i.Recorders = []Recorder{{Application: bad, OS: bad, Hardware: bad}}
	i.Filter.Inferred = bad
	i.LinkTypes = map[string]int64{bad: 1, "b": 2}
	i.NotTCP = map[string]int64{bad: 3}
	return i
}

func TestNothingInAnInspectedCaptureReachesTheTerminal(t *testing.T) {
	for _, o := range []TextOptions{{}, {All: true, Width: 60}} {
		for line := range strings.Lines(renderInfo(t, o, hostileInfo(), hostileInfo())) {
			for _, r := range strings.TrimSuffix(line, "\n") {
				if !unicode.IsPrint(r) {
					t.Fatalf("%+v: %q has %q", o, line, r)
				}
			}
		}
	}
	var encoded strings.Builder
	if err := (&Info{Captures: []Inspection{hostileInfo()}}).WriteJSON(&encoded); err != nil {
		t.Fatal(err)
	}
	for _, r := range encoded.String() {
		if r != '\n' && !unicode.IsPrint(r) {
			t.Fatalf("the JSON form has %q", r)
		}
	}
}

func TestInspectionsFitTheWidthAndColourIsOnlyDecoration(t *testing.T) {
	limited := inspected(Reason{Limits, "w", strings.Repeat("some words ", 40), strings.Repeat("more words ", 40)})
	for _, width := range []int{60, 80, 100} {
		bare := renderInfo(t, TextOptions{Width: width}, limited, inspected())
		for line := range strings.Lines(bare) {
			if n := utf8.RuneCountInString(strings.TrimSuffix(line, "\n")); n > width && !strings.Contains(line, strings.Repeat("ab", 32)) {
				t.Errorf("%d columns where there are %d: %q", n, width, line)
			}
		}
		coloured := renderInfo(t, TextOptions{Width: width, Color: true}, limited, inspected())
		if coloured == bare {
			t.Error("there is no colour")
		}
		if diff := cmp.Diff(bare, ansi.ReplaceAllString(coloured, "")); diff != "" {
			t.Errorf("without its colours the text is another:\n%s", diff)
		}
	}
}
