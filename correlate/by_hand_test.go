package correlate_test

import (
	"errors"
	"path/filepath"
	"slices"
	"testing"

	"bothends/correlate"
	"bothends/correlate/judge"
	"bothends/correlate/report"
)

// Whoever has the report can redo its verdicts with a pencil, by the rule of
// docs/by-hand.md: nothing decides that does not stand in it.
func TestVerdictsFollowFromTheReportAlone(t *testing.T) {
	redone := map[string]int{}
	for dir, tr := range inOrder(readTruths(t, "../fixtures/pairs/*", "../fixtures/cases/*")) {
		r, err := compare(t, dir, tr)
		if err != nil && !errors.Is(err, correlate.ErrNothingInCommon) {
			continue
		}
		for i := range r.Findings {
			f := &r.Findings[i]
			if !tabled(f) {
				continue
			}
			redone[f.Verdict]++
			if got := byHand(f); got != f.Verdict {
				t.Errorf("%s, finding %d: %s by hand, %s by the report%s", filepath.Base(dir), f.ID, got, f.Verdict, evidence(f))
			}
		}
	}
	for _, v := range []judge.Verdict{judge.Injected, judge.Conditional, judge.Indeterminate} {
		if redone[string(v)] < 10 {
			t.Errorf("%d findings that are %s, too few to show anything", redone[string(v)], v)
		}
	}
	t.Logf("%v", redone)
}

// tabled reports whether the table decided: a packet of which the sender's capture has a
// twin never comes to it.
func tabled(f *report.Finding) bool {
	return slices.ContainsFunc(f.Evidence, func(e report.Evidence) bool { return e.Rule == string(judge.Receiver) })
}

// byHand is the verdict that the steps of a finding come to.
func byHand(f *report.Finding) string {
	left, weight := map[string]string{}, false
	for _, e := range f.Evidence {
		if h := judge.HypothesisNamed(judge.Name(e.Rule)); h != nil {
			out := e.Outcome == "refuted" || len(e.RefutedBy) > 0 || h.MayStayOpen && e.Outcome == "open"
			if !out {
				left[e.Rule] = e.Outcome
			}
			continue
		}
		for _, s := range judge.Signs {
			weight = weight || string(s.Name) == e.Rule && s.Weight && e.Outcome == "supports"
		}
	}
	switch {
	case len(left) == 0 && weight:
		return "injected"
	case left["receiver"] == "fits":
		return "by-receiver"
	case left["address-owner"] == "fits" && onlyOf(left, "address-owner", "other-host", "below-tap", "cluster") && weight:
		return "by-address-owner"
	case len(f.Needs) > 0:
		return "conditional"
	}
	return "indeterminate"
}

// onlyOf reports whether no row is left but those named.
func onlyOf(left map[string]string, names ...string) bool {
	for name := range left {
		if !slices.Contains(names, name) {
			return false
		}
	}
	return true
}
