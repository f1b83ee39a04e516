package ladder_test

import (
	"bytes"
	"context"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"bothends/capture/file"
	"bothends/correlate"
	"bothends/correlate/ladder"
	"bothends/correlate/report"
)

const pairs = "../../fixtures/"

func compare(t *testing.T, client, server string) (*report.Report, [2]*file.Set) {
	t.Helper()
	var sets [2]*file.Set
	for i, path := range []string{client, server} {
		set, err := file.Open(context.Background(), []string{path})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { set.Close() })
		sets[i] = set
	}
	r, err := correlate.Compare(context.Background(), sets[0], sets[1], correlate.Options{FixedEnds: true})
	if err != nil {
		t.Fatal(err)
	}
	return r, sets
}

func build(t *testing.T, r *report.Report, sets [2]*file.Set, id int) ladder.Ladder {
	t.Helper()
	ladders, err := ladder.Build(context.Background(), r, sets, []int{id})
	if err != nil {
		t.Fatal(err)
	}
	return ladders[0]
}

// Each segment that tshark counts stands in one step, and what the report says is
// drawn as it says it.
func TestEverySegmentStandsInOneStep(t *testing.T) {
	for _, dir := range []string{"pairs/starttls-2012", "pairs/genuine-and-forged", "pairs/control-mail"} {
		client, server := filepath.Join(pairs, dir, "client.pcapng"), filepath.Join(pairs, dir, "server.pcapng")
		r, sets := compare(t, client, server)
		for i := range r.Connections {
			c := &r.Connections[i]
			if c.Ledger == nil {
				continue
			}
			l := build(t, r, sets, c.ID)
			atClient, atServer := map[int64]bool{}, map[int64]bool{}
			for k := range l.Steps {
				s := &l.Steps[k]
				sent, got := atClient, atServer
				if s.FromServer {
					sent, got = atServer, atClient
				}
				if s.SentNS != 0 {
					sent[s.SentFrame] = true
				}
				if s.GotNS != 0 {
					got[s.GotFrame] = true
				}
				for _, frame := range s.Pieces {
					got[frame] = true
				}
				if s.Crossed() && s.GotNS < s.SentNS-r.Clock.UncertaintyNS {
					t.Errorf("%s, connection %d: %s arrives before it leaves", dir, c.ID, s.Label)
				}
				if f := s.Finding; f != nil && (f.Verdict == "injected") != (s.SentNS == 0) {
					t.Errorf("%s, finding %d is %s, and drawn as sent at %d", dir, f.ID, f.Verdict, s.SentNS)
				}
			}
			if want := packets(t, client, c.ClientView); len(atClient) != want {
				t.Errorf("%s, connection %d: %d segments at the client's tap, tshark counts %d", dir, c.ID, len(atClient), want)
			}
			if want := packets(t, server, c.ServerView); len(atServer) != want {
				t.Errorf("%s, connection %d: %d segments at the server's tap, tshark counts %d", dir, c.ID, len(atServer), want)
			}
		}
	}
}

func packets(t *testing.T, path string, v report.View) int {
	t.Helper()
	if _, err := exec.LookPath("tshark"); err != nil {
		t.Skip(err)
	}
	address, port, _ := strings.Cut(v.Client, ":")
	_, service, _ := strings.Cut(v.Server, ":")
	out, err := exec.Command("tshark", "-r", path, "-Y", "ip.addr == "+address+" && tcp.port == "+port+" && tcp.port == "+service).Output()
	if err != nil {
		t.Fatal(err)
	}
	return bytes.Count(out, []byte("\n"))
}

func TestTheDrawingKeepsToItsColumns(t *testing.T) {
	const dir = pairs + "pairs/starttls-2012/"
	r, sets := compare(t, dir+"client.pcapng", dir+"server.pcapng")
	l := build(t, r, sets, 2)
	for _, width := range []int{0, 80, 100, 300} {
		var b bytes.Buffer
		if err := l.WriteText(&b, ladder.TextOptions{Width: width}); err != nil {
			t.Fatal(err)
		}
		limit := min(max(width, 80), 120)
		for line := range strings.Lines(b.String()) {
			if n := utf8.RuneCountInString(strings.TrimSuffix(line, "\n")); n > limit && !strings.HasPrefix(line, "--->") {
				t.Errorf("%d columns of %d: %q", n, limit, line)
			}
		}
	}
	var b bytes.Buffer
	l.WriteText(&b, ladder.TextOptions{})
	for _, want := range []string{"--- STARTTLS ---", "findings 1 and 2 answer this", "|                 *==", "==*                 |\n", "finding 1: injected, proven"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("the drawing lacks %q:\n%s", want, b.String())
		}
	}
}

func TestLongExchangesFold(t *testing.T) {
	const dir = pairs + "synthetic/segmentation-offload-at-the-sender/"
	r, sets := compare(t, dir+"client.pcap", dir+"server.pcap")
	l := build(t, r, sets, 1)
	all, told := len(l.Steps), 0
	l.Fold()
	for i := range l.Steps {
		told += max(1, l.Steps[i].Folded)
	}
	if len(l.Steps) >= all || told != all {
		t.Errorf("%d steps folded to %d, which tell of %d", all, len(l.Steps), told)
	}
}
