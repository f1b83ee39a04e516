package correlate_test

import (
	"errors"
	"path/filepath"
	"testing"

	"bothends/correlate"
	"bothends/correlate/ending"
	"bothends/correlate/judge"
	"bothends/correlate/report"
)

// What is said of a connection's ending with more than supported confidence is what
// happened, wherever the truth says it. The confusion is printed.
func TestNoEndingIsWrongAndSureOfItself(t *testing.T) {
	right, undecided, wrong := 0, 0, 0
	for dir, tr := range readTruths(t, "../fixtures/synthetic/*", "../fixtures/pairs/*", "../fixtures/cases/*") {
		r, err := compare(t, dir, tr)
		if err != nil && !errors.Is(err, correlate.ErrNothingInCommon) {
			continue // not compared: that is held elsewhere
		}
		for _, c := range tr.Connections {
			if c.Ending == "" {
				continue
			}
			told := endingOf(r, report.View(c.ClientView))
			switch {
			case told == nil:
			case told.Kind == string(c.Ending):
				right++
			case told.Kind == string(ending.NotCovered): // the captures cannot carry it
				undecided++
			case told.Confidence == string(judge.Proven) || told.Confidence == string(judge.Strong):
				wrong++
				t.Errorf("%s, %s: %s (%s), and it ended %s: %s", filepath.Base(dir), c.ClientView.Client, told.Kind, told.Confidence, c.Ending, told.Text)
			default:
				undecided++
				t.Logf("%s, %s: %s (%s), and it ended %s", filepath.Base(dir), c.ClientView.Client, told.Kind, told.Confidence, c.Ending)
			}
		}
	}
	t.Logf("%d endings right, %d others undecided or only supported, %d wrong", right, undecided, wrong)
	if right == 0 {
		t.Error("no ending was compared")
	}
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
