package correlate_test

import (
	"testing"

	"bothends/fixtures/model"
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
		r, _ := play(t, altered(t, "reset-with-a-timestamp-of-another-clock", tt.change), 1)
		for _, f := range resetsAt(t, r, "client") {
			if f.Verdict != tt.want {
				t.Errorf("%s: %s (%s), want %s: %s", tt.name, f.Verdict, f.Confidence, tt.want, evidence(f))
			}
		}
	}
}

func forgeryOf(s *model.Scenario, hop int) *model.Forgery { return &s.Path.Hops[hop].Boxes[0].Forge[0] }
