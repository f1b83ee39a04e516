package annotate_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"bothends/capture"
	"bothends/capture/file"
	"bothends/capture/pcapng"
	"bothends/correlate"
	"bothends/correlate/annotate"
	"bothends/correlate/report"
)

// pairs that have what matters to a copy: notes of bothcap, the older format,
// nanoseconds, several files, a forged and a genuine reset, changed data, a
// truncated file.
var pairs = []struct {
	name           string
	client, server string
}{
	{"recorded by bothcap", "pairs/starttls-2012/client.pcapng", "pairs/starttls-2012/server.pcapng"},
	{"pcap", "synthetic/resets-forged-as-in-2012/client.pcap", "synthetic/resets-forged-as-in-2012/server.pcap"},
	{"rotated", "synthetic/server-capture-in-three-rotated-files/client.pcap", "synthetic/server-capture-in-three-rotated-files/server-*.pcap"},
	{"changed data", "synthetic/http-redirect-forged-ahead-of-the-answer/client.pcap", "synthetic/http-redirect-forged-ahead-of-the-answer/server.pcap"},
	{"truncated", "pairs/witness-truncated/client.pcapng", "pairs/witness-truncated/server.pcapng"},
	{"any", "pairs/genuine-nat-expired-any/client.pcapng", "pairs/genuine-nat-expired-any/server.pcapng"},
}

func open(t *testing.T, pattern string) *file.Set {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join("..", "..", "fixtures", pattern))
	if err != nil || len(paths) == 0 {
		t.Fatalf("%s: %v", pattern, err)
	}
	set, err := file.Open(context.Background(), paths)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { set.Close() })
	return set
}

// annotated compares a pair and writes the copies into a folder.
func annotated(t *testing.T, client, server string, o annotate.Options) (r *report.Report, sets [2]*file.Set, dir string) {
	t.Helper()
	sets = [2]*file.Set{open(t, client), open(t, server)}
	r, err := correlate.Compare(context.Background(), sets[0], sets[1], correlate.Options{FixedEnds: true})
	if err != nil {
		t.Fatal(err)
	}
	dir = t.TempDir()
	o.Program = "a test"
	_, err = annotate.Write(context.Background(), r, sets, o, func(name string, write func(io.Writer) error) error {
		var b bytes.Buffer
		if err := write(&b); err != nil {
			return err
		}
		return os.WriteFile(filepath.Join(dir, name), b.Bytes(), 0o600)
	})
	if err != nil {
		t.Fatal(err)
	}
	return r, sets, dir
}

func output(t *testing.T, words ...string) string {
	t.Helper()
	if _, err := exec.LookPath(words[0]); err != nil {
		t.Skip(err)
	}
	command := exec.Command(words[0], words[1:]...)
	text, err := command.Output()
	if err != nil {
		if tail := fmt.Sprint(err); words[0] != "tcpdump" || tail != "exit status 1" { // which it returns of a truncated file
			t.Fatalf("%q: %v", words, err)
		}
	}
	return string(text)
}

func TestTsharkFindsTheFindingsAndNothingElse(t *testing.T) {
	for _, pair := range pairs {
		t.Run(pair.name, func(t *testing.T) {
			r, sets, dir := annotated(t, pair.client, pair.server, annotate.Options{})
			for _, verdict := range []string{"injected", "genuine", "lost"} {
				for i, set := range sets {
					for n, f := range set.Files() {
						name := [...]string{"client", "server"}[i]
						if len(set.Files()) > 1 {
							name += fmt.Sprintf("_%05d", n+1)
						}
						var want []string
						for k := range r.Findings {
							found := &r.Findings[k]
							if found.Verdict == verdict && found.File == f.Path {
								want = append(want, fmt.Sprint(found.Frame))
							}
							if found.Verdict == verdict && found.TwinFrame != 0 && found.TwinFile == f.Path {
								want = append(want, fmt.Sprint(found.TwinFrame))
							}
						}
						got := strings.Fields(output(t, "tshark", "-r", filepath.Join(dir, name+".pcapng"),
							"-Y", fmt.Sprintf("frame.comment contains %q", verdict), "-T", "fields", "-e", "frame.number"))
						slices.Sort(got)
						slices.Sort(want)
						if !slices.Equal(got, want) {
							t.Errorf("%s in %s: tshark finds %v, the report has %v", verdict, name, got, want)
						}
					}
				}
			}
		})
	}
}

// Another program's dump of the copy is that of the original, to the byte and
// the nanosecond.
func TestNoByteAndNoTimeOfAPacketChanges(t *testing.T) {
	for _, pair := range pairs {
		t.Run(pair.name, func(t *testing.T) {
			_, sets, dir := annotated(t, pair.client, pair.server, annotate.Options{})
			for i, set := range sets {
				var before, after string
				for n, f := range set.Files() {
					name := [...]string{"client", "server"}[i]
					if len(set.Files()) > 1 {
						name += fmt.Sprintf("_%05d", n+1)
					}
					before += output(t, "tcpdump", "-r", f.Path, "--nano", "-tt", "-n", "-XX")
					after += output(t, "tcpdump", "-r", filepath.Join(dir, name+".pcapng"), "--nano", "-tt", "-n", "-XX")
				}
				if before == "" || before != after {
					t.Errorf("the copies of capture %d differ: %d bytes of dump, and %d", i, len(before), len(after))
				}
			}
		})
	}
}

// All that a recorder noted is still there.
func TestNotesOfTheRecorderStay(t *testing.T) {
	pair := pairs[0]
	_, sets, dir := annotated(t, pair.client, pair.server, annotate.Options{})
	for i, name := range []string{"client.pcapng", "server.pcapng"} {
		copied, err := file.Open(context.Background(), []string{filepath.Join(dir, name)})
		if err != nil {
			t.Fatal(err)
		}
		defer copied.Close()
		was, wasRemarks := drain(t, sets[i])
		is, isRemarks := drain(t, copied)
		if fmt.Sprintf("%+v", was.Interfaces()) != fmt.Sprintf("%+v", is.Interfaces()) {
			t.Errorf("%s: interfaces %+v, want %+v", name, is.Interfaces(), was.Interfaces())
		}
		if len(wasRemarks) == 0 || !slices.Equal(wasRemarks, isRemarks) {
			t.Errorf("%s: notes %q, want %q", name, isRemarks, wasRemarks)
		}
		was0, is0 := was.Sections()[0], is.Sections()[0]
		if len(is0.Comments) == 0 || !strings.Contains(is0.Comments[0], "3 of 5 connections") {
			t.Fatalf("%s: the summary is missing in %+v", name, is0)
		}
		is0.Comments = is0.Comments[1:]
		if fmt.Sprintf("%+v", is0) != fmt.Sprintf("%+v", was0) {
			t.Errorf("%s: section %+v, want %+v", name, is0, was0)
		}
	}
}

// drain reads a file through, with all that its recorder noted.
func drain(t *testing.T, set *file.Set) (reader *pcapng.Reader, remarks []string) {
	t.Helper()
	content, _ := set.Content(0)
	reader, err := pcapng.NewReader(content)
	if err != nil {
		t.Fatal(err)
	}
	reader.OnRemark(func(number int, text string) { remarks = append(remarks, fmt.Sprint(number, text)) })
	for {
		var p capture.Packet
		if err := reader.Next(&p); err == io.EOF {
			return reader, remarks
		} else if err != nil {
			t.Fatal(err)
		}
	}
}

// The copies of the connections concerned hold no other, and the frames that a
// comment names are those of the copies.
func TestCopiesOfTheConnectionsConcerned(t *testing.T) {
	pair := pairs[0]
	r, _, dir := annotated(t, pair.client, pair.server, annotate.Options{Concerned: true})
	for i, name := range []string{"client.pcapng", "server.pcapng"} {
		path := filepath.Join(dir, name)
		streams := strings.Fields(output(t, "tshark", "-r", path, "-T", "fields", "-e", "tcp.stream"))
		slices.Sort(streams)
		if n := len(slices.Compact(streams)); n != 3 {
			t.Errorf("%s: %d connections, want the three that were cut", name, n)
		}
		got := output(t, "tshark", "-r", path, "-Y", `frame.comment contains "injected"`, "-T", "fields", "-e", "tcp.seq_raw")
		want := ""
		for k := range r.Findings {
			if f := &r.Findings[k]; f.Verdict == "injected" && f.ReceivedAt == [...]string{"client", "server"}[i] {
				want += fmt.Sprintln(f.Seq)
			}
		}
		if got != want {
			t.Errorf("%s: forged resets have the numbers %q, want %q", name, got, want)
		}
	}
	// Finding 3 is a genuine reset in connection 2, recorded at both ends.
	comment := output(t, "tshark", "-r", filepath.Join(dir, "server.pcapng"), "-Y", `frame.comment contains "finding 3 of"`, "-T", "fields", "-e", "tcp.seq_raw", "-e", "frame.comment")
	seq, text, _ := strings.Cut(strings.TrimSpace(comment), "\t")
	_, rest, found := strings.Cut(text, "it is frame ")
	number, _, _ := strings.Cut(rest, " ")
	if other := strings.TrimSpace(output(t, "tshark", "-r", filepath.Join(dir, "client.pcapng"), "-Y", "frame.number == "+number, "-T", "fields", "-e", "tcp.seq_raw")); !found || other != seq {
		t.Errorf("the comment %q leads to a packet with number %s, want %s", text, other, seq)
	}
}
