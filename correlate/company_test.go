package correlate_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"testing"
	"time"

	"bothends/correlate"
	"bothends/correlate/report"
)

// What is said of a reset must not hang on what has nothing to do with it. Other
// connections, a longer recording, the order on the command line and the format of the
// files may make a verdict surer or less sure. They never turn an innocent into a forged
// one or the other way round, and what was decided stays so in a longer recording.
func TestAVerdictDoesNotDependOnItsCompany(t *testing.T) {
	quiet := "../fixtures/pairs/control-mail"
	compared, longer, forged := 0, 0, 0
	for folder, tr := range inOrder(readTruths(t, "../fixtures/synthetic/*", "../fixtures/pairs/*", "../fixtures/cases/*")) {
		if tr.KnownFault != "" || len(tr.Client) != 1 || len(tr.Server) != 1 {
			continue
		}
		t.Run(filepath.Base(folder), func(t *testing.T) {
			dir := t.TempDir()
			client, server := filepath.Join(folder, tr.Client[0]), filepath.Join(folder, tr.Server[0])
			whole := compareFiles([]string{client}, []string{server})
			if whole == nil {
				return
			}
			fixed := correlate.Options{FixedEnds: true}
			before := ofResets(whole, nil)
			for _, said := range before {
				if compared++; said.class == "forged" {
					forged++
				}
			}

			swapped := compareWith([]string{server}, []string{client}, correlate.Options{})
			if swapped != nil && samePlaces(whole, swapped) {
				for key, said := range before {
					if now := ofResets(swapped, nil)[key]; now.verdict != said.verdict || now.confidence != said.confidence {
						t.Errorf("%s: %s (%s), and with the command line swapped %s (%s)", key, said.verdict, said.confidence, now.verdict, now.confidence)
					}
				}
			}

			for i := range whole.Connections {
				c := &whole.Connections[i]
				found := slices.ContainsFunc(whole.Findings, func(f report.Finding) bool { return f.Connection == c.ID })
				if !found || c.ClientView.Client == "" || c.ServerView.Client == "" {
					continue
				}
				alone := alonePair(t, dir, client, server, c)
				unlike(t, "alone", before, ofResets(compareWith([]string{alone.paths["client"]}, []string{alone.paths["server"]}, fixed), alone.frameBefore), false)
			}

			plain := [2]string{asPcap(t, dir, client, 0), asPcap(t, dir, server, 0)}
			if plain[0] == "" || plain[1] == "" {
				return
			}
			unannotated := ofResets(compareWith(plain[:1], plain[1:], fixed), nil)
			unlike(t, "without what the recorder noted", before, unannotated, false)

			// Further traffic of the same kind, by the same clocks, after all that there is.
			after := time.Hour
			more := [2]string{asPcap(t, dir, filepath.Join(quiet, "client.pcapng"), after), asPcap(t, dir, filepath.Join(quiet, "server.pcapng"), after)}
			long := compareWith([]string{plain[0], more[0]}, []string{plain[1], more[1]}, fixed)
			longer++
			unlike(t, "in a longer recording", unannotated, ofResets(long, nil), true)
		})
	}
	t.Logf("%d resets, %d of them found forged; %d pairs recorded for longer", compared, forged, longer)
	if forged < 50 || longer < 50 {
		t.Errorf("only %d forged resets and %d longer pairs were looked at", forged, longer)
	}
}

// said is what a report says of one reset.
type said struct{ verdict, confidence, class string }

// ofResets are the verdicts on all resets, by where they were received and in which
// frame; frames are those of before, if told.
func ofResets(r *report.Report, before func(end string, frame int64) int64) map[string]said {
	all := map[string]said{}
	if r == nil {
		return all
	}
	for i := range r.Findings {
		f := &r.Findings[i]
		if f.Kind != "rst" || f.ReceivedAt == "" {
			continue
		}
		frame := f.Frame
		if before != nil {
			frame = before(f.ReceivedAt, frame)
		}
		class := "undecided"
		switch f.Verdict {
		case "injected":
			class = "forged"
		case "genuine", "by-receiver", "by-address-owner", "lost", "duplicated":
			class = "innocent"
		}
		all[f.ReceivedAt+" frame "+strconv.FormatInt(frame, 10)] = said{f.Verdict, f.Confidence, class}
	}
	return all
}

// unlike reports verdicts that turned into their opposite, and, if so told, decided
// ones that came undone.
func unlike(t *testing.T, how string, before, now map[string]said, decided bool) {
	t.Helper()
	for key, was := range before {
		is, ok := now[key]
		if !ok || was.class == is.class {
			continue
		}
		if was.class != "undecided" && is.class != "undecided" || decided && was.class != "undecided" {
			t.Errorf("%s: %s (%s), and %s %s (%s)", key, was.verdict, was.confidence, how, is.verdict, is.confidence)
		}
	}
}

// samePlaces reports whether both reports take the same files for the same ends.
func samePlaces(a, b *report.Report) bool {
	return slices.Equal(a.Captures.Client.Files, b.Captures.Client.Files)
}

// alonePair leaves of a pair one connection.
func alonePair(t *testing.T, dir, client, server string, c *report.Connection) *degraded {
	t.Helper()
	d := &degraded{map[string]string{}, map[string][]int{}, map[string]bool{}, nil}
	for end, file := range map[string]struct {
		from string
		view report.View
	}{"client": {client, c.ClientView}, "server": {server, c.ServerView}} {
		d.paths[end] = filepath.Join(dir, "alone-"+end)
		there, back := tuple(t, file.view.Client, file.view.Server), tuple(t, file.view.Server, file.view.Client)
		rewrite(t, file.from, d.paths[end], func(n int, r record) bool {
			kept := bytes.Contains(r.bytes, there) || bytes.Contains(r.bytes, back)
			if kept {
				d.kept[end] = append(d.kept[end], n)
			}
			return kept
		})
	}
	return d
}

// tuple is how addresses and ports stand in a packet whose IP header has no options.
func tuple(t *testing.T, from, to string) []byte {
	t.Helper()
	a, err := netip.ParseAddrPort(from)
	if err != nil {
		t.Fatal(err)
	}
	b, err := netip.ParseAddrPort(to)
	if err != nil {
		t.Fatal(err)
	}
	bytes := append(a.Addr().AsSlice(), b.Addr().AsSlice()...)
	bytes = binary.BigEndian.AppendUint16(bytes, a.Port())
	return binary.BigEndian.AppendUint16(bytes, b.Port())
}

// asPcap writes the packets of a capture of one Ethernet interface as a plain pcap of
// nanoseconds, later by so much. The name is empty for captures of other kinds.
func asPcap(t *testing.T, dir, from string, later time.Duration) string {
	t.Helper()
	const ethernet, recordHeader = 1, 16
	data := plainBytes(t, from)
	out := binary.LittleEndian.AppendUint32(nil, 0xa1b23c4d)
	out = append(out, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 0, ethernet, 0, 0, 0)
	if links := linkTypes(data); !slices.Equal(links, []uint16{ethernet}) {
		return ""
	}
	rewrite(t, from, filepath.Join(dir, "unused"), func(_ int, r record) bool {
		lengths, body := r.bytes[8:recordHeader], r.bytes[recordHeader:]
		captured := r.order.Uint32(lengths)
		if r.pcapng {
			const fixed = 28
			lengths, body = r.bytes[20:fixed], r.bytes[fixed:]
			captured = r.order.Uint32(lengths)
		}
		at := r.at() + later
		out = binary.LittleEndian.AppendUint32(out, uint32(at/time.Second))
		out = binary.LittleEndian.AppendUint32(out, uint32(at%time.Second))
		out = binary.LittleEndian.AppendUint32(out, captured)
		out = binary.LittleEndian.AppendUint32(out, r.order.Uint32(lengths[4:]))
		out = append(out, body[:min(int(captured), len(body))]...)
		return false
	})
	to := filepath.Join(dir, fmt.Sprintf("%s-%d-%s.pcap", filepath.Base(filepath.Dir(from)), later/time.Second, filepath.Base(from)))
	if err := os.WriteFile(to, out, 0o600); err != nil {
		t.Fatal(err)
	}
	return to
}

// linkTypes are those of a file's interfaces; nil for what is of another byte order.
func linkTypes(data []byte) (links []uint16) {
	const pcapng, interfaceBlock, leastBlock = 0x0a0d0d0a, 1, 12
	order := binary.LittleEndian
	switch order.Uint32(data) {
	case 0xa1b2c3d4, 0xa1b23c4d:
		return []uint16{order.Uint16(data[20:])}
	case pcapng:
		for at := 0; at+leastBlock <= len(data); at += int(order.Uint32(data[at+4:])) {
			if order.Uint32(data[at:]) == interfaceBlock {
				links = append(links, order.Uint16(data[at+8:]))
			}
		}
	}
	return links
}
