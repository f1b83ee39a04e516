package redact_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sort"
	"strings"
	"testing"

	"bothends/capture/file"
	"bothends/correlate"
	"bothends/correlate/redact"
	"bothends/correlate/report"
	"bothends/fixtures/truth"
)

var folders = []string{filepath.Join("..", "..", "fixtures", "synthetic", "*"), filepath.Join("..", "..", "fixtures", "pairs", "*")}

func opened(t *testing.T, paths []string) *file.Set {
	t.Helper()
	set, err := file.Open(context.Background(), paths)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { set.Close() })
	return set
}

// redacted writes the redacted form of a capture to a folder.
func redacted(t *testing.T, paths []string, to string, o redact.Options) (*redact.Summary, error) {
	t.Helper()
	var b bytes.Buffer
	summary, err := redact.Redact(context.Background(), opened(t, paths), &b, o)
	if err == nil {
		err = os.WriteFile(to, b.Bytes(), 0o600)
	}
	return summary, err
}

// unfit are the pairs that cannot be redacted, with the reason.
func unfit(err error, mapped bool) bool {
	return mapped && errors.Is(err, redact.ErrTunnel)
}

// TestNoVerdictFlipsInRedactedCaptures compares every pair as it is and redacted:
// what was forged stays forged or becomes undecided, and the honest stay honest.
func TestNoVerdictFlipsInRedactedCaptures(t *testing.T) {
	truths, err := truth.ReadAll(folders...)
	if err != nil {
		t.Fatal(err)
	}
	keys := redact.NewKeys([]byte("correct horse battery staple"))
	for name, o := range map[string]redact.Options{"no pass phrase": {}, "addresses kept": {Keys: keys}, "addresses mapped": {Keys: keys, MapAddresses: true}} {
		t.Run(name, func(t *testing.T) {
			weaker, pairs, refused := map[string]int{}, 0, 0
			for folder, tr := range truths {
				plain := [2][]string{within(folder, tr.Client), within(folder, tr.Server)}
				dir := t.TempDir()
				shown := [2][]string{{filepath.Join(dir, "client.pcapng")}, {filepath.Join(dir, "server.pcapng")}}
				var problem error
				for end := range plain {
					_, err := redacted(t, plain[end], shown[end][0], o)
					problem = errors.Join(problem, err)
				}
				if problem != nil {
					if !unfit(problem, o.MapAddresses) {
						t.Errorf("%s: %v", folder, problem)
					}
					refused++
					continue
				}
				pairs++
				before, after := verdicts(t, plain), verdicts(t, shown)
				for _, change := range changes(before, after) {
					weaker[change]++
					if flips(change) {
						t.Errorf("%s: %s", filepath.Base(folder), change)
					}
					if o.Keys != nil && strings.HasPrefix(change, "data modified") {
						t.Errorf("%s: %s, although both ends have digests", filepath.Base(folder), change)
					}
				}
			}
			var list []string
			for change, n := range weaker {
				list = append(list, fmt.Sprintf("%4d  %s", n, change))
			}
			sort.Strings(list)
			t.Logf("%d pairs, %d refused; what becomes weaker:\n%s", pairs, refused, strings.Join(list, "\n"))
			if pairs < 60 {
				t.Errorf("only %d pairs were compared", pairs)
			}
		})
	}
}

func within(folder string, names []string) (paths []string) {
	for _, name := range names {
		paths = append(paths, filepath.Join(folder, name))
	}
	return paths
}

// A finding is told by where and when it arrived: frames are numbered anew.
func verdicts(t *testing.T, captures [2][]string) map[string]*report.Finding {
	t.Helper()
	r, err := correlate.Compare(context.Background(), opened(t, captures[0]), opened(t, captures[1]), correlate.Options{})
	if err != nil && !errors.Is(err, correlate.ErrNothingInCommon) && !errors.Is(err, correlate.ErrNoTCP) {
		t.Fatalf("%q: %v", captures, err)
	}
	all := map[string]*report.Finding{}
	if r == nil {
		return all
	}
	for i := range r.Findings {
		f := &r.Findings[i]
		key := fmt.Sprint(f.ReceivedAt, f.Kind, f.Seq, f.Ack, f.Flags, f.Time)
		for n := 0; all[key] != nil; n++ {
			key += fmt.Sprint(" again ", n)
		}
		all[key] = f
	}
	return all
}

// changes says what became of each finding, as "injected (proven) -> injected
// (strong)".
func changes(before, after map[string]*report.Finding) (list []string) {
	say := func(f *report.Finding) string {
		if f == nil {
			return "nothing"
		}
		return fmt.Sprintf("%s %s (%s)", f.Kind, f.Verdict, f.Confidence)
	}
	for key, f := range before {
		if one, two := say(f), say(after[key]); one != two {
			list = append(list, one+" -> "+two)
		}
	}
	for key, f := range after {
		if before[key] == nil {
			list = append(list, "nothing -> "+say(f))
		}
	}
	slices.Sort(list)
	return list
}

// flips reports whether a change says something else than before, and not only
// less.
func flips(change string) bool {
	before, after, _ := strings.Cut(change, " -> ")
	verdict := func(text string) string {
		words := strings.Fields(text)
		if len(words) < 2 {
			return "nothing"
		}
		return words[1]
	}
	one, two := verdict(before), verdict(after)
	switch {
	case one == two, two == "indeterminate", two == "conditional", two == "nothing":
		return false
	case one == "modified" && two == "nothing":
		return false
	}
	return true
}
