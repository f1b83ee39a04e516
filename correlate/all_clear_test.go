package correlate_test

import (
	"cmp"
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"bothends/correlate"
	"bothends/correlate/report"
	"bothends/fixtures/truth"
)

// What the report says where it clears the path, in these words.
var allClears = []string{"the cause is not in what passed between the two taps", "No interference found"}

// byThePath are endings that something between the two taps brought about.
var byThePath = []truth.Ending{truth.ResetOnTheWay, truth.ResetByNAT, truth.SwallowedAll, truth.SwallowedSize, truth.SwallowedContent,
	truth.SYNNotArrived, truth.RefusedOnTheWay, truth.Intercepted}

// The path is cleared only where by the truth it made, changed, swallowed and conducted
// nothing; and that the cause lies elsewhere is said only where, besides, each connection
// was closed in order or is open, or an end itself ended it.
func TestTheCauseIsSaidToBeNotInWhatPassedOnlyWhereTheTruthSaysSo(t *testing.T) {
	cleared := 0
	for dir, tr := range inOrder(readTruths(t, "../fixtures/synthetic/*", "../fixtures/pairs/*", "../fixtures/cases/*")) {
		if tr.KnownFault != "" {
			continue // what is told wrong is named there
		}
		r, err := compare(t, dir, tr)
		if errors.Is(err, correlate.ErrNothingInCommon) || r == nil {
			continue
		}
		for _, extent := range []report.Extent{report.Screen, report.Details} {
			text := textOf(t, r, extent)
			for _, words := range allClears {
				if !strings.Contains(text, words) {
					continue
				}
				cleared++
				fault := notClear(tr)
				if words == allClears[0] {
					fault = cmp.Or(fault, troubled(tr))
				}
				if fault != "" {
					t.Errorf("%s: says %q, and %s", filepath.Base(dir), words, fault)
				}
			}
		}
	}
	t.Logf("said %d times", cleared)
	if cleared == 0 {
		t.Error("nothing is ever cleared")
	}
}

// notClear is what the path did by the truth; empty if nothing.
func notClear(tr *truth.Truth) string {
	for _, c := range tr.Connections {
		if slices.Contains(byThePath, c.Ending) {
			return "a connection ended " + string(c.Ending)
		}
	}
	for _, p := range tr.Packets {
		if (p.Origin == truth.Injected || p.Origin == truth.Modified) && !p.Benign && p.Fate != truth.Lost {
			return "a " + p.Kind + " was " + p.Origin
		}
	}
	return ""
}

// troubled is what a connection suffered that shows in what passed; empty if nothing.
func troubled(tr *truth.Truth) string {
	for _, c := range tr.Connections {
		if c.Cause != "" {
			return "a connection was troubled by " + string(c.Cause)
		}
	}
	return ""
}

func textOf(t *testing.T, r *report.Report, extent report.Extent) string {
	t.Helper()
	var b strings.Builder
	if err := r.WriteText(&b, report.TextOptions{Extent: extent}); err != nil {
		t.Fatal(err)
	}
	return strings.Join(strings.Fields(b.String()), " ")
}
