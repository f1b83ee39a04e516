package correlate

import (
	"context"
	"errors"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"bothends/capture/file"
	"bothends/correlate/ending"
	"bothends/correlate/judge"
	"bothends/correlate/report"
	"bothends/fixtures/bulk"
	"bothends/fixtures/truth"
)

// What is taken for alike without a look must come out as if it had been laid
// over each other: the slow twin of the short way is the long one, on every pair.
func TestWhatIsAlikeComesOutAsIfItHadBeenAligned(t *testing.T) {
	dirs, err := filepath.Glob("../fixtures/*/*/truth.json")
	if err != nil || len(dirs) == 0 {
		t.Fatalf("no fixtures: %v", err)
	}
	many := t.TempDir()
	if _, err := bulk.Write(many, bulk.Options{Packets: 20_000, Concurrent: 50, PerSession: 40, ResetEvery: 7}); err != nil {
		t.Fatal(err)
	}
	alike := 0
	for _, name := range append(dirs, filepath.Join(many, "truth.json")) {
		dir := filepath.Dir(name)
		tr, err := truth.Read(name)
		if err != nil {
			t.Fatal(err)
		}
		if len(tr.Connections) > 0 && !slices.ContainsFunc(tr.Connections, func(c truth.Connection) bool { return c.Pairable }) {
			continue // nothing to align
		}
		t.Run(filepath.Base(dir), func(t *testing.T) {
			short, taken := compareFolder(t, dir, Options{})
			long, none := compareFolder(t, dir, Options{alignAll: true})
			if none > 0 {
				t.Fatalf("%d connections were not aligned", none)
			}
			alike += taken
			sampled(t, &long, &short)
			if diff := cmp.Diff(long, short); diff != "" {
				t.Errorf("(-aligned +alike)\n%s", diff)
			}
		})
	}
	if alike < 500 {
		t.Errorf("only %d connections were taken for alike: the test shows little", alike)
	}
}

// weaker makes short's confidence that of long where it is less, and reports whether it was. Of connections that are
// alike fewer times are kept, so that fewer clusters are known to have passed: that bounds
// less what a capture may have missed, and never more.
func weaker(long, short *string) bool {
	surest := []string{string(judge.Supported), string(judge.Strong), string(judge.Proven)}
	l, s := slices.Index(surest, *long), slices.Index(surest, *short)
	if s < 0 || s >= l {
		return false
	}
	*short = *long
	return true
}

// sampled takes out of both what was counted of a sample: of connections that are alike
// fewer times are kept, so that fewer packets are known to have passed between the copies
// of one that was swallowed. That makes a claim weaker, never stronger.
func sampled(t *testing.T, long, short *comparedAs) {
	t.Helper()
	for i := range min(len(long.Findings), len(short.Findings)) {
		weaker(&long.Findings[i].Confidence, &short.Findings[i].Confidence)
	}
	for i := range min(len(long.Connections), len(short.Connections)) {
		if l, s := long.Connections[i].Ending, short.Connections[i].Ending; l != nil && s != nil {
			if weaker(&l.Confidence, &s.Confidence) && l.Proved && !s.Proved {
				s.Proved = true
				short.Summary.ByThePath++
			}
		}
	}
	for i := range long.Connections {
		if long.Connections[i].Ending == nil || i >= len(short.Connections) || short.Connections[i].Ending == nil {
			continue
		}
		l, s := long.Connections[i].Ending.Evidence, short.Connections[i].Ending.Evidence
		for k := range l {
			if l[k].Rule != string(ending.Swallowed) || k >= len(s) {
				continue
			}
			if all, some := l[k].Values["p"], s[k].Values["p"]; all != nil && some != nil && some.(float64) < all.(float64) {
				t.Errorf("connection %d: by a sample something was swallowed with p %v, by all with %v", i+1, some, all)
			}
			for _, e := range []*report.Evidence{&l[k], &s[k]} {
				e.Text = ""
				for _, counted := range []string{"p", "controls", "apart", "also_lost"} {
					delete(e.Values, counted)
				}
			}
		}
	}
}

// comparedAs is what of a report must not depend on the way.
type comparedAs struct {
	Connections []report.Connection
	Findings    []judged
	Health      [2]report.Health
	Summary     report.Summary
}

type judged struct {
	Kind, Verdict, Confidence, ReceivedAt, File string
	Frame                                       int64
}

// compareFolder also says how many connections were taken for alike.
func compareFolder(t *testing.T, dir string, o Options) (out comparedAs, alike int) {
	t.Helper()
	tr, err := truth.Read(filepath.Join(dir, truth.File))
	if err != nil {
		t.Fatal(err)
	}
	var sets [2]*file.Set
	for i, list := range [][]string{tr.Client, tr.Server} {
		var paths []string
		for _, n := range list {
			paths = append(paths, filepath.Join(dir, n))
		}
		if sets[i], err = file.Open(context.Background(), paths); err != nil {
			t.Fatal(err)
		}
		defer sets[i].Close()
	}
	r, a, err := o.compare(context.Background(), sets)
	if err != nil && !errors.Is(err, ErrNothingInCommon) {
		t.Fatal(err)
	}
	for n := range a.cases {
		// Many cases share one sum: no later stage may put what it found out into it.
		if c := &a.cases[n]; c.Connection != nil && *c.Summary() != c.Connection.Summary() {
			t.Errorf("case %d: its sum was changed to %+v", n, *c.Summary())
		}
	}
	return outcomeOf(r), a.alikeCount()
}
