package inspect_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/binary"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"bothends/capture/file"
	"bothends/correlate/inspect"
	"bothends/correlate/report"
)

// recording is what a recorder writes beside the packets.
type recording struct {
	filter     string
	statistics []uint64 // isb_ifdrop, isb_osdrop
	stopped    uint64   // isb_endtime, microseconds; 0 is not given
	untimed    int      // so many of the first packets have no time
	notes      []string // comments of statistics blocks
}

// section is a little-endian pcapng file with one Ethernet interface "wan0" (snapshot
// length 96), the frames of a pcap file, and its statistics. Laid out by hand from
// draft-ietf-opsawg-pcapng, sections 4.1 to 4.6.
func section(frames []byte, r recording) []byte {
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
	block(1, slices.Concat(numbers(1, 96), option(2, []byte("wan0")), option(11, append([]byte{0}, r.filter...))))
	for frames = frames[24:]; len(frames) > 0; {
		sec, usec, size := binary.LittleEndian.Uint32(frames), binary.LittleEndian.Uint32(frames[4:]), binary.LittleEndian.Uint32(frames[8:])
		ticks := uint64(sec)*1e6 + uint64(usec)
		if packet := frames[16 : 16+size]; r.untimed > 0 {
			block(3, append(numbers(size), packet[:min(size, 96)]...))
			r.untimed--
		} else {
			block(6, append(numbers(0, uint32(ticks>>32), uint32(ticks), size, size), packet...))
		}
		frames = frames[16+size:]
	}
	for _, note := range r.notes {
		block(5, append(numbers(0, 0, 0), option(1, []byte(note))...))
	}
	statistics := numbers(0, 0, 0)
	if r.stopped > 0 {
		statistics = append(statistics, option(3, numbers(uint32(r.stopped>>32), uint32(r.stopped)))...)
	}
	for n, count := range r.statistics {
		statistics = append(statistics, option(uint16(5+2*n), binary.LittleEndian.AppendUint64(nil, count))...)
	}
	if r.stopped > 0 || r.statistics != nil {
		block(5, statistics)
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
			i := inspectBytes(t, section(frames, recording{filter: test.filter, statistics: test.statistics}))
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

// The second session of plainServer is under way at frame 40.
func TestTheRecorderKnowsHowLongItWasWatching(t *testing.T) {
	frames, err := os.ReadFile(plainServer)
	if err != nil {
		t.Fatal(err)
	}
	at := 24
	for range 40 {
		at += 16 + int(binary.LittleEndian.Uint32(frames[at+8:]))
	}
	frames = frames[:at]
	const soon = 1772443811e6 // six seconds after frame 40, so tshark says
	for name, test := range map[string]struct {
		stopped uint64
		reasons string
	}{
		"it does not say":           {0, "ended-early"},
		"it stopped soon after":     {soon, "ended-early"},
		"it stopped a minute later": {soon + 60e6, ""},
	} {
		t.Run(name, func(t *testing.T) {
			i := inspectBytes(t, section(frames, recording{stopped: test.stopped, statistics: []uint64{0, 0}}))
			if got := strings.Join(reasons(i), " "); got != test.reasons {
				t.Errorf("%q, want %q", got, test.reasons)
			}
		})
	}
}

func TestPacketsWithoutATimeAreCounted(t *testing.T) {
	frames, err := os.ReadFile(plainServer)
	if err != nil {
		t.Fatal(err)
	}
	// The first session is of 20 packets.
	i := inspectBytes(t, section(frames, recording{untimed: 20}))
	if got := strings.Join(reasons(i), " "); got != "untimed" || i.Untimed != 20 || i.Packets != 63 || i.Connections.Total != 2 {
		t.Errorf("%q, %d of %d packets, %d connections; want untimed, 20 of 63, 2", got, i.Untimed, i.Packets, i.Connections.Total)
	}
	i = inspectBytes(t, section(frames, recording{untimed: 63}))
	if got := strings.Join(reasons(i), " "); got != "no-times" || i.First != "" || i.Fitness != "unfit" {
		t.Errorf("%s because of %q, first %q; want unfit because of no-times, and no first", i.Fitness, got, i.First)
	}
}

func TestAClockThatWasSetBackIsSaid(t *testing.T) {
	for _, back := range []uint32{3600e6, 40e3} { // microseconds; after the first session, and within it
		frames, err := os.ReadFile(plainServer)
		if err != nil {
			t.Fatal(err)
		}
		first := 20
		if back < 1e6 {
			first = 5
		}
		le := binary.LittleEndian
		for n, at := 1, 24; at < len(frames); n++ {
			if n > first {
				stamp := uint64(le.Uint32(frames[at:]))*1e6 + uint64(le.Uint32(frames[at+4:])) - uint64(back)
				le.PutUint32(frames[at:], uint32(stamp/1e6))
				le.PutUint32(frames[at+4:], uint32(stamp%1e6))
			}
			at += 16 + int(le.Uint32(frames[at+8:]))
		}
		i := inspectBytes(t, frames)
		if got := strings.Join(reasons(i), " "); got != "clock-set" {
			t.Errorf("set back by %d us: %q, want clock-set", back, got)
		}
	}
}

func TestAFileThatStillGrowsIsSaid(t *testing.T) {
	frames, err := os.ReadFile(plainServer)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "a.pcap")
	if err := os.WriteFile(path, frames, 0o600); err != nil {
		t.Fatal(err)
	}
	set, err := file.Open(context.Background(), []string{path})
	if err != nil {
		t.Fatal(err)
	}
	defer set.Close()
	if err := os.WriteFile(path, append(frames, 0), 0o600); err != nil {
		t.Fatal(err)
	}
	info, err := inspect.Captures(context.Background(), []*file.Set{set}, func(int64) {})
	if err != nil {
		t.Fatal(err)
	}
	if i := &info.Captures[0]; !slices.Equal(reasons(i), []string{"still-grows"}) || !i.Files[0].StillGrows {
		t.Errorf("%q, want still-grows", reasons(i))
	}
}

func TestAnInspectionCanBeCancelled(t *testing.T) {
	set, err := file.Open(context.Background(), []string{plainServer})
	if err != nil {
		t.Fatal(err)
	}
	defer set.Close()
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := inspect.Captures(ctx, []*file.Set{set}, func(int64) {}); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want %v", err, context.Canceled)
	}
}

// inspectBytes inspects a capture of this content.
func inspectBytes(t *testing.T, content []byte) *report.Inspection {
	t.Helper()
	path := filepath.Join(t.TempDir(), "capture")
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	return inspectOne(t, path)
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
			i := inspectBytes(t, test.content)
			if got := strings.Join(reasons(i), " "); got != test.reasons || i.Packets != test.packets {
				t.Errorf("%d packets, %q; want %d, %q", i.Packets, got, test.packets, test.reasons)
			}
		})
	}
}

// The notes are those of a recorder whose interface went down for a second and a
// half between the second session and the third, and in its last second for good.
func TestAGapThatTheRecorderNotedIsToldAndCounts(t *testing.T) {
	frames, err := os.ReadFile(plainServer)
	if err != nil {
		t.Fatal(err)
	}
	note := func(event, from, until string) string {
		gap := `"from":"` + from + `","reason":"wan0 went down"`
		if until != "" {
			gap += `,"until":"` + until + `"`
		}
		return `bothends: {"schema":"bothends.recording/1","event":"` + event + `","time":"` + from + `","gap":{` + gap + `}}`
	}
	const down, up, again = "2026-03-02T09:30:01.25Z", "2026-03-02T09:30:02.75Z", "2026-03-02T09:30:03Z"
	for name, test := range map[string]struct {
		notes []string
		want  []report.InspectedGap
		text  string
	}{
		"that ended": {[]string{note("gap-begins", down, ""), note("gap-ends", down, up)},
			[]report.InspectedGap{{Interface: "wan0", From: "2026-03-02T09:30:01.250000000Z", Until: "2026-03-02T09:30:02.750000000Z"}},
			"its recorder noted 1 gap in which it recorded nothing, the longest 1.5s on wan0"},
		"and one that did not": {[]string{note("gap-begins", down, ""), note("gap-ends", down, up), note("gap-begins", again, "")},
			[]report.InspectedGap{{Interface: "wan0", From: "2026-03-02T09:30:01.250000000Z", Until: "2026-03-02T09:30:02.750000000Z"}, {Interface: "wan0", From: "2026-03-02T09:30:03.000000000Z"}},
			"its recorder noted 2 gaps in which it recorded nothing"},
	} {
		t.Run(name, func(t *testing.T) {
			i := inspectBytes(t, section(frames, recording{statistics: []uint64{0, 0}, notes: test.notes}))
			if i.Fitness != "limited" || !slices.Equal(i.Gaps, test.want) {
				t.Errorf("%s, gaps %+v; want limited, %+v", i.Fitness, i.Gaps, test.want)
			}
			if len(i.Reasons) == 0 || !strings.HasPrefix(i.Reasons[0].Text, test.text) {
				t.Errorf("%+v, want first %q", i.Reasons, test.text)
			}
		})
	}
}

func TestOptionsThatTheReaderLeftOutAreNamed(t *testing.T) {
	frames, err := os.ReadFile(plainServer)
	if err != nil {
		t.Fatal(err)
	}
	file := section(frames, recording{statistics: []uint64{0, 0}})
	for name, test := range map[string]struct{ from, to, fitness string }{
		"if_MACaddr":  {"\x02\x00\x04\x00wan0", "\x06\x00\x04\x00wan0", "good"},
		"if_tsoffset": {"\x02\x00\x04\x00wan0", "\x0e\x00\x04\x00wan0", "limited"},
	} {
		i := inspectBytes(t, bytes.Replace(file, []byte(test.from), []byte(test.to), 1))
		if i.Fitness != test.fitness || !slices.ContainsFunc(i.Reasons, func(r report.Reason) bool {
			return r.What == "options-ignored" && strings.Contains(r.Text, "("+name+")")
		}) {
			t.Errorf("%s: %s because of %+v, want %s", name, i.Fitness, i.Reasons, test.fitness)
		}
	}
}
