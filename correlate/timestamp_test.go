package correlate_test

import (
	"path/filepath"
	"testing"

	"bothends/fixtures/model"
	"bothends/fixtures/scenarios"
)

// A box copies all of the server's packets but the timestamp: what the captures show of
// the server's clock tells the forged reset, and a copy of what that clock may have shown
// tells nothing.
func TestATimestampOfAnotherClockSpeaksForAForgery(t *testing.T) {
	const third = 2 // the router behind which the box stands
	for _, tt := range []struct {
		name   string
		change func(s *model.Scenario)
		want   string
	}{
		{"an hour ahead", func(*model.Scenario) {}, "injected"},
		{"an hour behind", func(s *model.Scenario) { forgeryOf(s, third).TimesAhead = 1<<32 - 3_600_000 }, "injected"},
		{"just the server's", func(s *model.Scenario) { forgeryOf(s, third).TimesAhead = 0 }, "indeterminate"},
		{"half a second ahead", func(s *model.Scenario) { forgeryOf(s, third).TimesAhead = 500 }, "indeterminate"},
		{"a minute behind, as a packet may be that was under way so long", func(s *model.Scenario) { forgeryOf(s, third).TimesAhead = 1<<32 - 60_000 }, "indeterminate"},
	} {
		s, found := scenarios.Named("reset-with-a-timestamp-of-another-clock")
		if !found {
			t.Fatal("no such scenario")
		}
		tt.change(&s)
		dir := filepath.Join(t.TempDir(), "pair")
		if _, err := scenarios.Write(dir, s, 1); err != nil {
			t.Fatal(err)
		}
		r, err := compare(t, dir, readTruths(t, dir)[dir])
		if err != nil {
			t.Fatal(err)
		}
		found = false
		for _, f := range r.Findings {
			if f.Kind == "rst" && f.ReceivedAt == "client" {
				found = true
				if f.Verdict != tt.want {
					t.Errorf("%s: %s (%s), want %s: %s", tt.name, f.Verdict, f.Confidence, tt.want, evidence(&f))
				}
			}
		}
		if !found {
			t.Errorf("%s: no reset at the client is found", tt.name)
		}
	}
}

func forgeryOf(s *model.Scenario, hop int) *model.Forgery { return &s.Path.Hops[hop].Boxes[0].Forge[0] }
