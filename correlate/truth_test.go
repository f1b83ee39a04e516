package correlate_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"testing"

	"bothends/capture/file"
	"bothends/correlate"
	"bothends/correlate/report"
	"bothends/correlate/schema/validate"
	"bothends/fixtures/scenarios"
	"bothends/fixtures/truth"
)

// readTruths returns the truth of every pair under the folders that match.
func readTruths(t testing.TB, patterns ...string) map[string]*truth.Truth {
	t.Helper()
	truths, err := truth.ReadAll(patterns...)
	if err != nil {
		t.Fatal(err)
	}
	return truths
}

// readTruth returns the truth of the pair in one folder.
func readTruth(t *testing.T, folder string) *truth.Truth {
	t.Helper()
	tr := readTruths(t, folder)[folder]
	if tr == nil {
		t.Fatalf("no truth in %s", folder)
	}
	return tr
}

// inOrder visits truths in the order of their folders, so that what chance draws is
// the same at every run.
func inOrder[T any](truths map[string]T) iter.Seq2[string, T] {
	return func(yield func(string, T) bool) {
		for _, folder := range slices.Sorted(maps.Keys(truths)) {
			if !yield(folder, truths[folder]) {
				return
			}
		}
	}
}

// compare runs the comparison over one pair's folder.
func compare(t testing.TB, dir string, tr *truth.Truth) (*report.Report, error) {
	t.Helper()
	open := func(names []string) *file.Set {
		var paths []string
		for _, n := range names {
			paths = append(paths, filepath.Join(dir, n))
		}
		set, err := file.Open(context.Background(), paths)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { set.Close() })
		return set
	}
	r, err := correlate.Compare(context.Background(), open(tr.Client), open(tr.Server), correlate.Options{})
	if r != nil {
		if err := validate.Written(r); err != nil {
			t.Error(err)
		}
	}
	return r, err
}

// disagreements lists in what the report and the truth differ.
func disagreements(tr *truth.Truth, r *report.Report) []string {
	var list []string
	used := make([]bool, len(r.Findings))
	find := func(p truth.Packet) *report.Finding {
		for i := range r.Findings {
			f := &r.Findings[i]
			if !used[i] && filepath.Base(f.File) == p.File && f.Frame == p.Frame {
				used[i] = true
				return f
			}
		}
		return nil
	}
	// Which of several equal resets was lost, nobody can tell.
	findEqual := func(p truth.Packet) *report.Finding {
		for i := range r.Findings {
			f := &r.Findings[i]
			if !used[i] && p.Kind == "rst" && filepath.Base(f.File) == p.File && f.Src == p.Src && f.Seq == p.Seq && f.Flags == p.Flags {
				used[i] = true
				return f
			}
		}
		return nil
	}
	slices.SortStableFunc(tr.Packets, func(a, b truth.Packet) int { return cmp.Compare(b.Fate, a.Fate) })
	for _, p := range tr.Packets {
		if p.Frame == 0 {
			continue // no capture holds it
		}
		f := find(p)
		if f == nil && p.Fate == "lost" {
			if f = findEqual(p); f != nil {
				p.Frame = f.Frame
			}
		}
		switch {
		case len(p.Expect) == 0:
			if f != nil && (f.Verdict == "injected" || f.Verdict == "modified") {
				list = append(list, fmt.Sprintf("%s %s %s at %s frame %d of %s: %s (%s); nothing may be found", p.Origin, p.Kind, p.Flags, p.ReceivedAt, p.Frame, p.File, f.Verdict, f.Confidence))
			}
		case f == nil && slices.Contains(p.Expect, "none"):
		case f == nil && (p.Kind == "rst" || !slices.Contains(p.Expect, "indeterminate")):
			list = append(list, fmt.Sprintf("%s %s %s at %s frame %d of %s: not found; want %v", p.Origin, p.Kind, p.Flags, p.ReceivedAt, p.Frame, p.File, p.Expect))
		case f == nil:
		case !slices.Contains(p.Expect, f.Verdict):
			list = append(list, fmt.Sprintf("%s %s %s at %s frame %d of %s: %s (%s); want %v: %s", p.Origin, p.Kind, p.Flags, p.ReceivedAt, p.Frame, p.File, f.Verdict, f.Confidence, p.Expect, evidence(f)))
		case f.Seq != p.Seq || f.Src != p.Src || f.Dst != p.Dst || f.Flags != p.Flags || f.ReceivedAt != p.ReceivedAt || f.Kind != p.Kind:
			list = append(list, fmt.Sprintf("frame %d of %s: %s %s>%s %s seq %d at %s; want %s %s>%s %s seq %d at %s", p.Frame, p.File,
				f.Kind, f.Src, f.Dst, f.Flags, f.Seq, f.ReceivedAt, p.Kind, p.Src, p.Dst, p.Flags, p.Seq, p.ReceivedAt))
		}
	}
	for i, f := range r.Findings {
		if lost := f.Verdict == "lost" || f.Verdict == "indeterminate" && filepath.Base(f.File)[:6] != f.ReceivedAt; lost && f.Kind != "rst" {
			continue // the truth lists no losses but those of resets
		}
		if !used[i] {
			list = append(list, fmt.Sprintf("%s (%s) %s %s at %s frame %d of %s: the truth does not know it: %s", f.Verdict, f.Confidence, f.Kind, f.Flags, f.ReceivedAt, f.Frame, filepath.Base(f.File), evidence(&f)))
		}
	}
	if got := r.ExitStatus(); got != tr.Exit && !slices.Contains(tr.ExitAlso, got) {
		list = append(list, fmt.Sprintf("exit status %d, want %d", got, tr.Exit))
	}
	pairable := 0
	for _, c := range tr.Connections {
		if c.Pairable {
			pairable++
		}
	}
	if r.Summary.Paired != pairable {
		list = append(list, fmt.Sprintf("%d connections paired, want %d", r.Summary.Paired, pairable))
	}
	for _, c := range r.Connections {
		if l := c.Ledger; l != nil && l.Matched+l.Modified+l.Duplicated+l.Lost+l.ReceivedNotSent+l.SentNotCaptured != l.Segments {
			list = append(list, fmt.Sprintf("connection %d: the buckets do not add up to %d", c.ID, l.Segments))
		}
	}
	return list
}

func evidence(f *report.Finding) string {
	text := ""
	for _, e := range f.Evidence {
		if e.Outcome != "holds" {
			text += fmt.Sprintf("\n\t\t%s %s: %s", e.Rule, e.Outcome, e.Text)
		}
	}
	return text
}

// The scenario is too large to ship: it is written for the test.
func TestThreeHundredInterleavedSessionsAreJudgedAsTheirTruthSays(t *testing.T) {
	for _, scenario := range scenarios.Large() {
		r, tr := play(t, scenario, 1)
		for _, d := range disagreements(tr, r) {
			t.Error(d)
		}
		if r.Summary.Injected == 0 || r.Summary.Genuine == 0 {
			t.Errorf("%d injected and %d genuine resets: the scenario has both", r.Summary.Injected, r.Summary.Genuine)
		}
	}
}

// The same scenarios with other initial numbers, jitter and losses. A scenario
// whose loss falls elsewhere may lack what it was made to show, so that only
// accusations count here: none may be wrong, and of the resets that everything
// speaks for none may be missed.
func TestOtherSeedsOfEveryScenarioAreJudgedWithoutAWrongAccusation(t *testing.T) {
	seeds := uint64(5)
	if testing.Short() {
		seeds = 1
	}
	if more, err := strconv.ParseUint(os.Getenv("BOTHENDS_SEEDS"), 10, 64); err == nil {
		seeds = more
	}
	genuine, injected, named := 0, 0, 0
	for _, scenario := range scenarios.All() {
		for seed := uint64(2); seed < 2+seeds; seed++ {
			dir := filepath.Join(t.TempDir(), scenario.Name)
			if _, err := scenarios.Write(dir, scenario, seed); err != nil {
				t.Fatal(err)
			}
			tr := readTruths(t, dir)[dir]
			r, err := compare(t, dir, tr)
			if err != nil && tr.Exit == 2 {
				continue
			}
			if err != nil {
				t.Errorf("%s, seed %d: %v", scenario.Name, seed, err)
				continue
			}
			for i := range r.Findings {
				f := &r.Findings[i]
				if accused := f.Verdict == "injected" || f.Verdict == "modified"; accused && !isForged(tr, f) {
					t.Errorf("%s, seed %d: %s %s at %s frame %d of %s is %s (%s)%s", scenario.Name, seed, f.Kind, f.Flags, f.ReceivedAt, f.Frame, filepath.Base(f.File), f.Verdict, f.Confidence, evidence(f))
				}
			}
			for _, p := range tr.Packets {
				if p.Kind != "rst" || p.Frame == 0 {
					continue
				}
				if p.Origin == "genuine" {
					genuine++
				} else if slices.Equal(p.Expect, []string{"injected"}) {
					injected++
					if f := findingIn(r, p); f != nil && f.Verdict == "injected" {
						named++
					} else {
						t.Logf("%s, seed %d: frame %d of %s is not named", scenario.Name, seed, p.Frame, p.File)
					}
				}
			}
		}
	}
	t.Logf("%d genuine resets; %d of %d injected ones named", genuine, named, injected)
	if named < injected*99/100 {
		t.Errorf("only %d of %d injected resets are named", named, injected)
	}
}

func isForged(tr *truth.Truth, f *report.Finding) bool {
	return slices.ContainsFunc(tr.Packets, func(p truth.Packet) bool {
		return p.Origin != "genuine" && p.File == filepath.Base(f.File) && p.Frame == f.Frame
	})
}

func findingIn(r *report.Report, p truth.Packet) *report.Finding {
	for i := range r.Findings {
		if f := &r.Findings[i]; filepath.Base(f.File) == p.File && f.Frame == p.Frame {
			return f
		}
	}
	return nil
}

func TestEveryFixtureIsJudgedAsItsTruthSays(t *testing.T) {
	patterns := []string{"../fixtures/synthetic/*", "../fixtures/pairs/*", "../fixtures/cases/*"}
	if more := os.Getenv("BOTHENDS_PAIRS"); more != "" {
		patterns = append(patterns, more)
	}
	for dir, tr := range readTruths(t, patterns...) {
		t.Run(filepath.Base(dir), func(t *testing.T) {
			r, err := compare(t, dir, tr)
			if tr.KnownFault != "" {
				checkFaulty(t, tr, r, err)
				return
			}
			if err != nil && !(tr.Exit == 2 && errors.Is(err, correlate.ErrNothingInCommon)) {
				t.Fatal(err)
			}
			if tr.Unsupported != "" {
				checkUndecided(t, tr, r)
				return
			}
			for _, d := range disagreements(tr, r) {
				t.Error(d)
			}
		})
	}
}

// checkFaulty holds that what is known to be judged wrongly still is; once it is
// judged right, the mark must go.
func checkFaulty(t *testing.T, tr *truth.Truth, r *report.Report, err error) {
	if err == nil && len(disagreements(tr, r)) == 0 {
		t.Errorf("judged as its truth says, but marked as a known fault: %s", tr.KnownFault)
	}
}

// checkUndecided holds that the program leaves in doubt, and no more than that,
// what it is said not to support; once it decides it, the mark must go.
func checkUndecided(t *testing.T, tr *truth.Truth, r *report.Report) {
	if len(disagreements(tr, r)) == 0 {
		t.Errorf("judged as its truth says, but marked unsupported: %s", tr.Unsupported)
	}
	undecided := *tr
	undecided.ExitAlso = append(slices.Clone(tr.ExitAlso), 3)
	undecided.Packets = nil
	for _, p := range tr.Packets {
		if len(p.Expect) > 0 {
			p.Expect = append(slices.Clone(p.Expect), "indeterminate")
		}
		undecided.Packets = append(undecided.Packets, p)
	}
	for _, d := range disagreements(&undecided, r) {
		t.Error(d)
	}
}
