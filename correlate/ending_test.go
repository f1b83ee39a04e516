package correlate_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"bothends/correlate"
	"bothends/correlate/ending"
	"bothends/correlate/judge"
	"bothends/correlate/report"
	"bothends/fixtures/truth"
)

// leastRight is the share of endings that are told right over all pairs, in per cent, as
// measured; it may only rise.
const leastRight = 98

// What is said of a connection's ending, unless it is said not to be decided, is what
// happened, wherever the truth says it; that the captures do not cover it is said just where
// by the truth one of them did not run. The confusion of what is told with what happened
// stands in BENCHMARKS.md.
func TestNoEndingIsWrongAndSureOfItself(t *testing.T) {
	var c confusion
	for dir, tr := range inOrder(readTruths(t, "../fixtures/synthetic/*", "../fixtures/pairs/*", "../fixtures/cases/*")) {
		r, err := compare(t, dir, tr)
		if err != nil && !errors.Is(err, correlate.ErrNothingInCommon) {
			continue // not compared: that is held elsewhere
		}
		for _, happened := range tr.Connections {
			if happened.Ending == "" {
				continue
			}
			told := endingOf(r, report.View(happened.ClientView))
			if told == nil {
				continue
			}
			if told.Kind == string(ending.NotCovered) && len(happened.Uncovered) > 0 {
				happened.Ending = truth.NotCovered // the captures cannot carry more
			}
			c.count(happened.Ending, told)
			where := fmt.Sprintf("%s, %s: %s (%s), and it ended %s: %s", filepath.Base(dir), happened.ClientView.Client, told.Kind, told.Confidence, happened.Ending, told.Text)
			switch {
			case told.Kind == string(happened.Ending):
			case told.Confidence == string(judge.Unsure):
				t.Log(where)
			default:
				t.Error(where)
			}
		}
	}
	table := c.table()
	t.Logf("%d of %d endings are right\n%s", c.right, c.all, table)
	if 100*c.right < leastRight*c.all {
		t.Errorf("%d of %d endings are right, want %d %% at least", c.right, c.all, leastRight)
	}
	benchmarks, err := os.ReadFile("../BENCHMARKS.md")
	if err != nil {
		t.Fatal(err)
	}
	if text, rewritten := inPlaceOf(string(benchmarks), table); *update && rewritten {
		if err := os.WriteFile("../BENCHMARKS.md", []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	} else if !strings.Contains(string(benchmarks), table) {
		t.Errorf("BENCHMARKS.md lacks this table (-update writes it):\n%s", table)
	}
}

// inPlaceOf puts a table where another one with the same head stands.
func inPlaceOf(text, table string) (changed string, found bool) {
	head, _, _ := strings.Cut(table, "\n")
	before, rest, found := strings.Cut(text, head+"\n")
	for strings.HasPrefix(rest, "|") {
		_, rest, _ = strings.Cut(rest, "\n")
	}
	return before + table + rest, found
}

// A confusion counts connections by how they ended and what is told of that.
type confusion struct {
	all, right int
	of         map[truth.Ending]*tellings
}

// tellings count what is told of connections that ended alike.
type tellings struct {
	right, sure int            // of those that are right, the strong and proven
	otherwise   map[string]int // by kind and confidence
}

func (c *confusion) count(happened truth.Ending, e *report.Ending) {
	if c.of == nil {
		c.of = map[truth.Ending]*tellings{}
	}
	if c.of[happened] == nil {
		c.of[happened] = &tellings{otherwise: map[string]int{}}
	}
	of := c.of[happened]
	c.all++
	if e.Kind != string(happened) {
		of.otherwise[fmt.Sprintf("%s (%s)", e.Kind, map[bool]string{true: "not decided", false: e.Confidence}[e.Confidence == string(judge.Unsure)])]++
		return
	}
	c.right++
	of.right++
	if e.Confidence == string(judge.Proven) || e.Confidence == string(judge.Strong) {
		of.sure++
	}
}

// table has a row for each ending that happened.
func (c *confusion) table() string {
	lines := []string{"| how it ended | connections | told right | of them strong or proven | told otherwise |", "|---|---:|---:|---:|---|"}
	for _, happened := range truth.Endings {
		of := c.of[happened]
		if of == nil {
			continue
		}
		var others []string
		n := of.right
		for kind, count := range of.otherwise {
			n += count
			others = append(others, fmt.Sprintf("%d %s", count, kind))
		}
		slices.Sort(others)
		lines = append(lines, fmt.Sprintf("| %s | %d | %d | %d | %s |", happened, n, of.right, of.sure, strings.Join(others, ", ")))
	}
	return strings.Join(lines, "\n") + "\n"
}

// endingOf is the ending of the one connection that the client end sees like that; nil
// if there is none, or several, as where a port is used again.
func endingOf(r *report.Report, client report.View) (found *report.Ending) {
	for i := range r.Connections {
		if c := &r.Connections[i]; c.ClientView == client {
			if found != nil {
				return nil
			}
			found = c.Ending
		}
	}
	return found
}
