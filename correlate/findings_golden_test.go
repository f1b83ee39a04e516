package correlate_test

import (
	"errors"
	"flag"
	"fmt"
	"hash/crc32"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"bothends/correlate"
	"bothends/correlate/report"
	"bothends/fixtures/scenarios"
	"bothends/fixtures/truth"
)

var update = flag.Bool("update", false, "rewrite the golden file of all findings")

const goldenFindings = "testdata/findings.golden"

// Every finding of every pair stands in a file, so that a change of the code shows what it
// changes of what is said: the truth of a pair leaves room for that. Each pair with a reset
// is compared as it is, and with its sender's capture spoiled; some scenarios of the
// generator are drawn anew.
func TestFindingsOfEveryPairAreTheGoldenOnes(t *testing.T) {
	var now golden
	for dir, tr := range inOrder(readTruths(t, "../fixtures/synthetic/*", "../fixtures/pairs/*", "../fixtures/cases/*")) {
		name := strings.TrimPrefix(filepath.ToSlash(dir), "../fixtures/")
		r, err := compare(t, dir, tr)
		if err != nil && !errors.Is(err, correlate.ErrNothingInCommon) {
			now.add(name, fmt.Sprintf("error: %s\n", strings.ReplaceAll(err.Error(), dir, name)))
			continue
		}
		now.add(name, linesOf(r))
		for _, sender := range []string{"client", "server"} {
			if !hasReset(tr, sender) {
				continue
			}
			// By name, so that a new pair changes nothing of the others.
			s := spoilings[crc32.ChecksumIEEE([]byte(name+sender))%uint32(len(spoilings))]
			paths := map[string][]string{"client": within(dir, tr.Client), "server": within(dir, tr.Server)}
			paths[sender] = spoiledCopies(t, paths[sender], s)
			if r := compareFiles(paths["client"], paths["server"]); r != nil {
				now.add(fmt.Sprintf("%s, %s at the %s", name, s.name, sender), linesOf(r))
			}
		}
	}
	for _, s := range scenarios.Small() {
		chosen := crc32.ChecksumIEEE([]byte(s.Name))
		if chosen%everyScenario != 0 {
			continue
		}
		seed := uint64(2 + chosen/everyScenario%5)
		dir := filepath.Join(t.TempDir(), s.Name)
		tr, err := scenarios.Write(dir, s, seed)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.ContainsFunc(tr.Packets, func(p truth.Packet) bool { return p.Kind == "rst" }) {
			continue
		}
		r, err := compare(t, dir, tr)
		if err != nil && !errors.Is(err, correlate.ErrNothingInCommon) {
			t.Fatalf("%s, seed %d: %v", s.Name, seed, err)
		}
		now.add(fmt.Sprintf("generated/%s, seed %d", s.Name, seed), linesOf(r))
	}
	if *update {
		if err := os.WriteFile(goldenFindings, []byte(now.text.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(goldenFindings)
	if err != nil {
		t.Fatal(err)
	}
	if changes := differences(string(want), now.text.String()); changes != "" {
		t.Errorf("what is found differs from %s (- golden, + now); if each difference is right: go test ./correlate -run Golden -update\n%s", goldenFindings, changes)
	}
}

// Golden files differ where a line was taken away or added, each under its pair.
func TestDifferencesOfGoldenFilesAreNamedLineByLine(t *testing.T) {
	const before, after = "a\n  x\n  y\n  y\n\nb\n  z\n", "a\n  x\n  y\n  w\n\nc\n  z\n"
	const want = "a\n- y\n+ w\nb\n- z\nc\n+ z\n"
	if got := differences(before, after); got != want {
		t.Errorf("%q, want %q", got, want)
	}
	if got := differences(before, before); got != "" {
		t.Errorf("of a file and itself: %q", got)
	}
}

// golden is the file as it would be now: a paragraph for each pair, with a line for each
// connection and each finding.
type golden struct{ text strings.Builder }

func (g *golden) add(name, lines string) {
	if g.text.Len() > 0 {
		g.text.WriteByte('\n')
	}
	fmt.Fprintf(&g.text, "%s\n%s", name, lines)
}

// A spoiling makes a capture a worse witness, in the same way at every run.
type spoiling struct {
	name string
	edit func(random *rand.Rand, n, packets int, r record) (keep bool)
}

var spoilings = []spoiling{
	{"10 % deleted", func(random *rand.Rand, _, _ int, _ record) bool { return random.Float64() >= 0.1 }},
	{"clock set in the middle", func(_ *rand.Rand, n, packets int, r record) bool {
		if n >= packets/2 {
			r.set(40 * time.Millisecond)
		}
		return true
	}},
}

func spoiledCopies(t *testing.T, paths []string, s spoiling) (copies []string) {
	random := rand.New(rand.NewPCG(1, 1))
	dir := t.TempDir()
	for n, path := range paths {
		copies = append(copies, filepath.Join(dir, strconv.Itoa(n)))
		packets := rewrite(t, path, copies[n], func(int, record) bool { return true })
		rewrite(t, path, copies[n], func(i int, r record) bool { return s.edit(random, i, packets, r) })
	}
	return copies
}

const (
	// mostOfPair is how many connections and findings of a pair are written out.
	mostOfPair = 16
	// everyScenario of so many is drawn with another seed than that of its fixture.
	everyScenario = 3
)

// linesOf are the connections and findings of a report, a line each. A ledger is matched,
// modified, duplicated, lost, received-not-sent, sent-not-captured.
func linesOf(r *report.Report) string {
	var b strings.Builder
	for i := range min(len(r.Connections), mostOfPair) {
		c := &r.Connections[i]
		fmt.Fprintf(&b, "  connection %d: %s, matched by %s", c.ID, c.Verdict, c.MatchedBy)
		if e := c.Ending; e != nil {
			fmt.Fprintf(&b, "; ended %s at %s, %s", e.Kind, e.Stage, e.Confidence)
		}
		if l := c.Ledger; l != nil {
			fmt.Fprintf(&b, "; ledger %d %d %d %d %d %d", l.Matched, l.Modified, l.Duplicated, l.Lost, l.ReceivedNotSent, l.SentNotCaptured)
		}
		b.WriteByte('\n')
	}
	for i := range min(len(r.Findings), mostOfPair) {
		b.WriteString("  " + lineOf(&r.Findings[i]) + "\n")
	}
	return b.String()
}

func lineOf(f *report.Finding) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s at the %s, connection %d, frame %d: %s, %s", f.Kind, f.ReceivedAt, f.Connection, f.Frame, f.Verdict, f.Confidence)
	for i := range f.Evidence {
		if f.Evidence[i].Decides {
			fmt.Fprintf(&b, " by %s", f.Evidence[i].Rule)
		}
	}
	if len(f.Needs) > 0 {
		fmt.Fprintf(&b, "; needs %s", strings.Join(f.Needs, " "))
	}
	if f.Pattern != "" {
		fmt.Fprintf(&b, "; resembles %s", f.Pattern)
	}
	if f.Trigger != nil {
		fmt.Fprintf(&b, "; answers %s in frame %d", f.Trigger.Name, f.Trigger.Frame)
	}
	if l := f.Location; l != nil {
		fmt.Fprintf(&b, "; nearer to %q%s%s", l.Nearer, ofSpan("client", l.FromClientMS), ofSpan("server", l.FromServerMS))
	}
	return b.String()
}

func ofSpan(end string, s *report.Span) string {
	if s == nil {
		return ""
	}
	return fmt.Sprintf(", %.2f-%.2f ms from the %s", s.Lo, s.Hi, end)
}

// differences lists what one golden file lacks of the other: under the name of each pair
// the lines that are gone, then those that are new.
func differences(before, after string) string {
	var b strings.Builder
	old, now := paragraphs(before), paragraphs(after)
	names := slices.Sorted(maps.Keys(old))
	for name := range now {
		if _, both := old[name]; !both {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	for _, name := range names {
		gone, added := lacking(old[name], now[name]), lacking(now[name], old[name])
		if len(gone)+len(added) == 0 {
			continue
		}
		b.WriteString(name + "\n")
		for _, line := range gone {
			b.WriteString("- " + line + "\n")
		}
		for _, line := range added {
			b.WriteString("+ " + line + "\n")
		}
	}
	return b.String()
}

func paragraphs(text string) map[string][]string {
	all := map[string][]string{}
	for paragraph := range strings.SplitSeq(strings.TrimSuffix(text, "\n"), "\n\n") {
		name, lines, _ := strings.Cut(paragraph, "\n")
		for line := range strings.SplitSeq(lines, "\n") {
			all[name] = append(all[name], strings.TrimSpace(line))
		}
	}
	return all
}

// lacking are the lines of a that b has not, or not as often.
func lacking(a, b []string) (list []string) {
	left := map[string]int{}
	for _, line := range b {
		left[line]++
	}
	for _, line := range a {
		if left[line]--; left[line] < 0 {
			list = append(list, line)
		}
	}
	return list
}
