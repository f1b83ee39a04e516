package correlate_test

import (
	"net/netip"
	"testing"
	"time"

	"bothends/fixtures/model"
)

// A refusal is called forged from the place of the answer alone, so that each thing
// which makes the place uncertain, or the answer another host's own, must leave it
// undecided.
func TestARefusalIsForgedOnlyIfTimeAndRoutersBothSayThatItCameFromNearer(t *testing.T) {
	const third = 2 // the router behind which the box stands
	forgery := func(s *model.Scenario) *model.Forgery { return &s.Path.Hops[third].Boxes[0].Forge[0] }
	tests := []struct {
		name   string
		change func(s *model.Scenario)
		want   string
	}{
		{"sooner, and over fewer routers", func(*model.Scenario) {}, "injected"},
		{"over fewer routers, but late", func(s *model.Scenario) { s.Path.Hops[third].Boxes[0].Delay = 80 * time.Millisecond }, "indeterminate"},
		{"soon, and with the server's TTL", func(s *model.Scenario) { forgery(s).TTL = 60 }, "indeterminate"},
		{"soon, and one router nearer", func(s *model.Scenario) { forgery(s).TTL = 61 }, "indeterminate"},
		{"soon, and two routers farther by another initial TTL", func(s *model.Scenario) { forgery(s).TTL = 255 - 6 }, "indeterminate"},
		{"from the last router before the server", func(s *model.Scenario) {
			s.Path.Hops[6].Boxes, s.Path.Hops[third].Boxes = s.Path.Hops[third].Boxes, nil
			s.Path.Hops[6].Boxes[0].Forge[0].TTL = 255
		}, "indeterminate"},
		{"two routers nearer, and sooner by a seventh of the round trip", func(s *model.Scenario) {
			s.Path.Hops[4].Boxes, s.Path.Hops[third].Boxes = s.Path.Hops[third].Boxes, nil
		}, "indeterminate"},
		{"few other connections show where this address leads", func(s *model.Scenario) {
			s.Sessions = append(s.Sessions[:2], s.Sessions[3:]...)
		}, "indeterminate"},
		{"one other connection was answered by another host of this address", func(s *model.Scenario) {
			s.Sessions[2].HiddenFrom = []model.Side{model.Server}
			s.Sessions = append(s.Sessions, again(s.Sessions[0], 40011))
		}, "indeterminate"},
		{"nothing shows that the server's capture admits the port", func(s *model.Scenario) {
			s.Sessions[3] = again(s.Sessions[0], 40012)
		}, "indeterminate"},
		{"the server's capture has holes", func(s *model.Scenario) { s.Ends[model.Server].Tap.Loss = 0.2 }, "indeterminate"},
		{"the server's capture had ended", func(s *model.Scenario) { s.Ends[model.Server].Tap.End = 4500 * time.Millisecond }, "indeterminate"},
		{"the SYN was sent twice, and nobody knows which copy is answered", func(s *model.Scenario) {
			s.Mishaps = []model.Mishap{{From: model.Client, Flags: model.SYN, Nth: 2, Do: model.Lost}}
		}, "indeterminate"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r, _ := play(t, altered(t, "syn-eaten-and-answered-by-something-nearer", tt.change), 1)
			for _, f := range resetsAt(t, r, "client") {
				if f.Verdict != tt.want || f.Verdict == "injected" && f.Confidence != "supported" {
					t.Errorf("%s (%s), want %s: %s", f.Verdict, f.Confidence, tt.want, evidence(f))
				}
			}
		})
	}
}

// again is one more session of the same kind.
func again(s model.Session, port uint16) model.Session {
	s.Client = netip.AddrPortFrom(s.Client.Addr(), port)
	s.Start += 30 * time.Second
	return s
}
