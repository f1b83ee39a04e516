package redact_test

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"io"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"bothends/capture"
	"bothends/capture/file"
	"bothends/capture/testimony"
	"bothends/correlate/redact"
	"bothends/correlate/segment"
	"bothends/fixtures/truth"
)

// printable is what people and protocols say: four such bytes in a row are found
// by anyone who looks.
var printable = regexp.MustCompile(`[\x20-\x7e]{4,}`)

// TestNothingThatWasSaidIsInARedactedCapture looks for every string of four bytes
// and more that any payload holds.
func TestNothingThatWasSaidIsInARedactedCapture(t *testing.T) {
	truths, err := truth.ReadAll(folders...)
	if err != nil {
		t.Fatal(err)
	}
	looked := 0
	for folder, tr := range truths {
		for _, names := range [][]string{tr.Client, tr.Server} {
			paths := within(folder, names)
			to := filepath.Join(t.TempDir(), "shown.pcapng")
			if _, err := redacted(t, paths, to, redact.Options{}); err != nil {
				if !unfit(err, false) && !errors.Is(err, redact.ErrNothing) {
					t.Errorf("%q: %v", paths, err)
				}
				continue
			}
			shown, err := os.ReadFile(to)
			if err != nil {
				t.Fatal(err)
			}
			legible := string(bytes.Join(printable.FindAll(shown, -1), []byte("\n")))
			// What describes the recording may say the same as somebody did.
			described := descriptions(t, to)
			for text := range said(t, paths) {
				looked++
				if strings.Contains(legible, text) && !strings.Contains(described, text) {
					t.Errorf("%q: it holds %q", paths, text)
				}
			}
		}
	}
	if looked < 1000 {
		t.Errorf("only %d strings were looked for", looked)
	}
}

// said are the strings of all payloads, by our own decoder.
func said(t *testing.T, paths []string) map[string]bool {
	t.Helper()
	all := map[string]bool{}
	each(t, paths, func(s *segment.Segment) {
		for _, text := range printable.FindAll(s.Payload, -1) {
			all[string(text)] = true
		}
	})
	return all
}

func each(t *testing.T, paths []string, do func(*segment.Segment)) *file.Reader {
	t.Helper()
	r := opened(t, paths).Reader()
	var p capture.Packet
	var decoder segment.Decoder
	for {
		err := r.Next(&p)
		if err == io.EOF {
			return r
		}
		if err != nil {
			t.Fatal(err)
		}
		var s segment.Segment
		if decoder.Decode(&p, &s) == segment.TCP {
			do(&s)
		}
	}
}

func descriptions(t *testing.T, path string) string {
	var b strings.Builder
	r := opened(t, []string{path}).Reader()
	r.OnRemark(func(_ int, text string) { b.WriteString(text) })
	var p capture.Packet
	for r.Next(&p) == nil {
	}
	for _, i := range r.Interfaces() {
		b.WriteString(strings.Join(append(i.Comments, i.Name, i.Filter, i.OS, i.Application), " "))
	}
	for _, f := range r.Files() {
		for _, s := range f.Sections {
			b.WriteString(strings.Join(append(s.Comments, s.OS, s.Application), " "))
		}
	}
	return b.String()
}

// The same by another's decoder: Wireshark reads the payloads of the original, and
// finds none in what is shown, whose segments it reads as it did.
func TestWiresharkFindsNoPayloadAndTheSameHeaders(t *testing.T) {
	if _, err := exec.LookPath("tshark"); err != nil {
		t.Skip("tshark is not installed; `make test` installs it")
	}
	for _, pair := range []string{"pairs/control-mail/client.pcapng", "pairs/starttls-2012-ipv6/server.pcapng", "synthetic/vlan-tags-in-the-server-capture/server.pcap"} {
		original := filepath.Join("..", "..", "fixtures", pair)
		to := filepath.Join(t.TempDir(), "shown.pcapng")
		if _, err := redacted(t, []string{original}, to, redact.Options{}); err != nil {
			t.Fatal(err)
		}
		const fields = "frame.time_epoch frame.len ip.src ip.dst ipv6.src ipv6.dst ip.id ip.ttl ipv6.hlim tcp.srcport tcp.dstport tcp.seq_raw tcp.ack_raw tcp.flags tcp.window_size_value tcp.len tcp.options"
		if before, after := tshark(t, original, fields), tshark(t, to, fields); before != after {
			t.Errorf("%s: the headers of the original read\n%.600s\nof the redacted one\n%.600s", pair, before, after)
		}
		shown, err := os.ReadFile(to)
		if err != nil {
			t.Fatal(err)
		}
		n := 0
		for payload := range strings.FieldsSeq(tshark(t, original, "tcp.payload")) {
			b, err := hex.DecodeString(payload)
			if err != nil {
				t.Fatal(err)
			}
			for _, text := range printable.FindAll(b, -1) {
				n++
				if bytes.Contains(shown, text) {
					t.Errorf("%s: it holds %q", pair, text)
				}
			}
		}
		if n < 10 {
			t.Errorf("%s: only %d strings were looked for", pair, n)
		}
		// A checksum would tell of the payload.
		if sums := strings.Fields(tshark(t, to, "tcp.checksum")); strings.Trim(strings.Join(sums, ""), "0x") != "" {
			t.Errorf("%s: checksums are left: %.80s", pair, sums)
		}
		if left := strings.TrimSpace(tshark(t, to, "tcp.payload")); left != "" {
			t.Errorf("%s: payload is left: %.80s", pair, left)
		}
	}
}

// A packet that came in fragments is shown in one piece: the segment that Wireshark
// makes of the fragments, with an IP header that is right.
func TestFragmentsAreShownAsWhatTheyMakeTogether(t *testing.T) {
	if _, err := exec.LookPath("tshark"); err != nil {
		t.Skip("tshark is not installed; `make test` installs it")
	}
	for _, pair := range []string{"fragments-on-the-way-and-resets-forged", "ipv6-fragments-and-resets-forged", "genuine-reset-and-a-tunnel-in-fragments"} {
		original := filepath.Join("..", "..", "fixtures", "synthetic", pair, "server.pcap")
		to := filepath.Join(t.TempDir(), "shown.pcapng")
		summary, err := redacted(t, []string{original}, to, redact.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if joined := strings.Fields(tshark(t, original, "ip.fragment.count ipv6.fragment.count")); summary.Joined == 0 || len(joined) != int(summary.Joined) {
			t.Errorf("%s: %d segments were put together, of which Wireshark knows %q", pair, summary.Joined, joined)
		}
		const fields = "frame.time_epoch ip.src ip.dst ipv6.src ipv6.dst ip.id ip.ttl ipv6.hlim tcp.srcport tcp.dstport tcp.seq_raw tcp.ack_raw tcp.flags tcp.window_size_value tcp.len tcp.options"
		if before, after := tshark(t, original, fields), tshark(t, to, fields); before != after {
			t.Errorf("%s: the original reads\n%.600s\nthe redacted one\n%.600s", pair, before, after)
		}
		if bad := strings.TrimSpace(tsharkWith(t, to, "ip.checksum.status == 0 || ip.flags.mf == 1 || ipv6.fraghdr", "frame.number")); bad != "" {
			t.Errorf("%s: the IP headers of %q are wrong", pair, bad)
		}
	}
}

func tshark(t *testing.T, path, fields string) string {
	t.Helper()
	return tsharkWith(t, path, "tcp", fields)
}

// tsharkWith shows fields of the frames that pass a filter.
func tsharkWith(t *testing.T, path, filter, fields string) string {
	t.Helper()
	args := []string{"-n", "-o", "ip.check_checksum:TRUE", "-r", path, "-Y", filter, "-T", "fields"}
	for field := range strings.FieldsSeq(fields) {
		args = append(args, "-e", field)
	}
	out, err := exec.Command("tshark", args...).Output()
	if err != nil {
		t.Fatalf("tshark: %v", err)
	}
	return string(out)
}

func TestOtherPeoplesConnectionsAreLeftOut(t *testing.T) {
	paths := []string{filepath.Join("..", "..", "fixtures", "synthetic", "twenty-connections-behind-one-nat", "client.pcap")}
	whole := map[string]int64{}
	each(t, paths, func(s *segment.Segment) {
		for _, a := range []netip.AddrPort{s.Src.AddrPort(), s.Dst.AddrPort()} {
			whole[a.Addr().String()]++
			whole[":"+netip.AddrPortFrom(netip.IPv4Unspecified(), a.Port()).String()[8:]]++
		}
	})
	mine := netip.MustParseAddr("192.168.43.10")
	for name, c := range map[string]struct {
		o    redact.Options
		kept int64
	}{
		"a host": {redact.Options{Peers: []netip.Prefix{netip.PrefixFrom(mine, 32)}}, whole[mine.String()]},
		"a port": {redact.Options{Ports: []uint16{25}}, whole[":25"]},
	} {
		to := filepath.Join(t.TempDir(), "shown.pcapng")
		summary, err := redacted(t, paths, to, c.o)
		if err != nil {
			t.Fatal(err)
		}
		n := int64(0)
		each(t, []string{to}, func(s *segment.Segment) {
			n++
			src, dst := s.Src.AddrPort(), s.Dst.AddrPort()
			if src.Addr() != mine && dst.Addr() != mine && src.Port() != 25 && dst.Port() != 25 {
				t.Errorf("%s: %s -> %s is kept", name, src, dst)
			}
		})
		if n != c.kept || summary.Kept != n || n == 0 || summary.Others == 0 {
			t.Errorf("%s: %d segments are kept, %+v, want %d", name, n, summary, c.kept)
		}
	}
	if _, err := redacted(t, paths, "", redact.Options{Ports: []uint16{9}}); !errors.Is(err, redact.ErrNothing) {
		t.Errorf("a port that nobody uses gives %v", err)
	}
}

func TestThePayloadOfAPortIsKeptIfAskedFor(t *testing.T) {
	paths := []string{filepath.Join("..", "..", "fixtures", "pairs", "control-mail", "client.pcapng")}
	to := filepath.Join(t.TempDir(), "shown.pcapng")
	if _, err := redacted(t, paths, to, redact.Options{KeepPorts: []uint16{25}}); err != nil {
		t.Fatal(err)
	}
	var before, after [2]strings.Builder
	gather := func(into *[2]strings.Builder) func(*segment.Segment) {
		return func(s *segment.Segment) {
			at := 1
			if s.Src.Port == 25 || s.Dst.Port == 25 {
				at = 0
			}
			into[at].Write(s.Payload)
		}
	}
	each(t, paths, gather(&before))
	each(t, []string{to}, gather(&after))
	if after[0].String() != before[0].String() || before[0].Len() == 0 {
		t.Errorf("of %d bytes on port 25 %d are kept", before[0].Len(), after[0].Len())
	}
	if after[1].Len() > 0 || before[1].Len() == 0 {
		t.Errorf("%d bytes on other ports are kept", after[1].Len())
	}
}

// With addresses mapped, none of the original's is in the file, as text or as
// bytes; and bothcap's notes say the same but for them.
func TestNoAddressIsLeftAndTheTestimonyIs(t *testing.T) {
	paths := []string{filepath.Join("..", "..", "fixtures", "pairs", "starttls-2012", "client.pcapng")}
	to := filepath.Join(t.TempDir(), "shown.pcapng")
	if _, err := redacted(t, paths, to, redact.Options{Keys: redact.NewKeys([]byte("correct horse")), MapAddresses: true}); err != nil {
		t.Fatal(err)
	}
	shown, err := os.ReadFile(to)
	if err != nil {
		t.Fatal(err)
	}
	r := each(t, paths, func(s *segment.Segment) {
		for _, a := range []netip.Addr{s.Src.AddrPort().Addr(), s.Dst.AddrPort().Addr()} {
			if bytes.Contains(shown, a.AsSlice()) || bytes.Contains(shown, []byte(a.String())) {
				t.Fatalf("%s is in it", a)
			}
		}
	})
	for i, about := range r.Interfaces() {
		if len(about.MAC) > 0 && bytes.Contains(shown, about.MAC) {
			t.Errorf("the hardware address of interface %d is in it", i)
		}
	}
	before, after := logs(t, paths), logs(t, []string{to})
	if len(before) != 1 || len(before[0].Resets()) < 2 {
		t.Fatalf("the original has %d logs", len(before))
	}
	for i := range before {
		one, two := before[i], after[i]
		if !one.Begun.Equal(two.Begun) || len(one.Resets()) != len(two.Resets()) || one.Resets()[0].Resets != two.Resets()[0].Resets ||
			!one.Resets()[0].Time.Equal(two.Resets()[0].Time) || strings.Join(one.Uplinks, " ") != strings.Join(two.Uplinks, " ") {
			t.Errorf("bothcap noted %+v, of which is left %+v", one, two)
		}
	}
}

func logs(t *testing.T, paths []string) (all []*testimony.Log) {
	t.Helper()
	r := opened(t, paths).Reader()
	log := func(n int) *testimony.Log {
		for n >= len(all) {
			all = append(all, testimony.NewLog())
		}
		return all[n]
	}
	r.OnRemark(func(n int, text string) { log(n).Add(text) })
	var p capture.Packet
	for r.Next(&p) == nil {
	}
	for n, i := range r.Interfaces() {
		for _, comment := range i.Comments {
			log(n).Add(comment)
		}
	}
	return all
}

// A capture that breaks off gives one that does: that it is whole would be a lie.
func TestWhatBreaksOffStillDoes(t *testing.T) {
	original, err := os.ReadFile(filepath.Join("..", "..", "fixtures", "pairs", "starttls-2012", "client.pcapng"))
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for name, c := range map[string]struct {
		content []byte
		want    capture.EndKind
	}{"whole": {original, capture.Complete}, "cut": {original[:len(original)-700], capture.Truncated}} {
		path, to := filepath.Join(dir, name), filepath.Join(dir, name+"-shown")
		if err := os.WriteFile(path, c.content, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := redacted(t, []string{path}, to, redact.Options{}); err != nil {
			t.Fatal(err)
		}
		if end := each(t, []string{to}, func(*segment.Segment) {}).End(); end.Kind != c.want {
			t.Errorf("%s: the redacted one is %v", name, end)
		}
	}
}

func TestRedactingStopsWhenInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	set := opened(t, []string{filepath.Join("..", "..", "fixtures", "synthetic", "plain", "client.pcap")})
	if _, err := redact.Redact(ctx, set, io.Discard, redact.Options{}); !errors.Is(err, context.Canceled) {
		t.Errorf("interrupted, it ends with %v", err)
	}
}
