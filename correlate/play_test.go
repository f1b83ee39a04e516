package correlate_test

import (
	"path/filepath"
	"testing"

	"bothends/correlate/report"
	"bothends/fixtures/model"
	"bothends/fixtures/scenarios"
	"bothends/fixtures/truth"
)

// altered is the scenario of that name with something else in it.
func altered(t *testing.T, name string, change func(*model.Scenario)) model.Scenario {
	t.Helper()
	s, found := scenarios.Named(name)
	if !found {
		t.Fatalf("there is no scenario %q", name)
	}
	change(&s)
	return s
}

// play has a scenario make its captures, and compares them.
func play(t *testing.T, s model.Scenario, seed uint64) (*report.Report, *truth.Truth) {
	t.Helper()
	dir := filepath.Join(t.TempDir(), s.Name)
	if _, err := scenarios.Write(dir, s, seed); err != nil {
		t.Fatal(err)
	}
	tr := readTruths(t, dir)[dir]
	r, err := compare(t, dir, tr)
	if err != nil {
		t.Fatal(err)
	}
	return r, tr
}

// resetsAt are the resets that an end received. There must be one.
func resetsAt(t *testing.T, r *report.Report, end string) (list []*report.Finding) {
	t.Helper()
	for i := range r.Findings {
		if f := &r.Findings[i]; f.Kind == "rst" && f.ReceivedAt == end {
			list = append(list, f)
		}
	}
	if len(list) == 0 {
		t.Errorf("no reset at the %s is found", end)
	}
	return list
}
