package correlate_test

import (
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"bothends/correlate"
	"bothends/correlate/report"
	"bothends/fixtures/truth"
)

// What troubled a connection, beside what ended it, is told where the truth has it, and
// nowhere else.
func TestWhatTroubledAConnectionIsToldJustWhereTheTruthHasIt(t *testing.T) {
	told := map[truth.Cause]int{}
	for dir, tr := range inOrder(readTruths(t, "../fixtures/synthetic/*", "../fixtures/pairs/*", "../fixtures/cases/*")) {
		r, err := compare(t, dir, tr)
		if err != nil && !errors.Is(err, correlate.ErrNothingInCommon) {
			continue
		}
		for _, c := range tr.Connections {
			e := endingOf(r, report.View(c.ClientView))
			if e == nil {
				continue
			}
			if e.Pattern != string(c.Cause) {
				t.Errorf("%s, %s: %q, want %q: %s", filepath.Base(dir), c.ClientView.Client, e.Pattern, c.Cause, e.Text)
			}
			if e.Pattern != "" && e.Advice == "" {
				t.Errorf("%s, %s: %q comes without advice", filepath.Base(dir), c.ClientView.Client, e.Pattern)
			}
			told[truth.Cause(e.Pattern)]++
		}
	}
	for _, cause := range []truth.Cause{truth.SACKUntranslated, truth.AcceptQueueFull, truth.DeferredAccept, truth.TimestampsRunBack} {
		if told[cause] == 0 {
			t.Errorf("no fixture shows %s", cause)
		}
	}
}

// A connection that is listed for what troubled it is not counted again among those that
// were closed in order.
func TestWhatIsListedIsNotCountedAmongTheOthers(t *testing.T) {
	dir := "../fixtures/synthetic/accept-deferred-by-the-server"
	r, err := compare(t, dir, readTruth(t, dir))
	if err != nil {
		t.Fatal(err)
	}
	text := textOf(t, r, report.Details)
	for _, want := range []string{"the server sent its SYN and ACK again", "2 connections were closed in order"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
}
