package witness

import (
	"slices"
	"testing"
	"time"

	"bothends/capture"
	"bothends/capture/testimony"
	"bothends/correlate/survey"
)

func TestNoOtherInterfaceIsBelievedOnlyIfTheRecorderLookedAndFoundNone(t *testing.T) {
	begun := time.Date(2026, 3, 2, 9, 30, 0, 0, time.UTC)
	looked := func(event testimony.Event, after time.Duration, uplinks ...string) string {
		return testimony.Record{Event: event, Time: begun.Add(after), Uplinks: uplinks}.Line()
	}
	start := looked(testimony.Start, 0, "eth0")
	type recorded struct {
		name              string
		comments, remarks []string
	}
	on := func(name string, comments []string, remarks ...string) recorded {
		return recorded{name, comments, remarks}
	}
	both := looked(testimony.Start, 0, "eth0", "eth1")
	for name, c := range map[string]struct {
		recorded []recorded
		want     bool
	}{
		"no recorder that looks":               {[]recorded{on("eth0", nil)}, false},
		"the only one, at both times":          {[]recorded{on("eth0", []string{start}, looked(testimony.End, time.Minute, "eth0"))}, true},
		"it was killed before it looked again": {[]recorded{on("eth0", []string{start})}, false},
		"another one":                          {[]recorded{on("eth0", []string{both}, looked(testimony.End, time.Minute, "eth0", "eth1"))}, false},
		"another one came up":                  {[]recorded{on("eth0", []string{start}, looked(testimony.Statistics, time.Second, "eth0", "tun0"), looked(testimony.End, time.Minute, "eth0"))}, false},
		"once it could not look":               {[]recorded{on("eth0", []string{start}, looked(testimony.Statistics, time.Second), looked(testimony.End, time.Minute, "eth0"))}, false},
		"two, both recorded": {[]recorded{
			on("eth0", []string{both}, looked(testimony.End, time.Minute, "eth0", "eth1")), on("eth1", []string{both}, looked(testimony.End, time.Minute, "eth0", "eth1"))}, true},
		"another run had recorded the other one": {[]recorded{
			on("eth1", []string{looked(testimony.Start, -time.Hour, "eth1")}, looked(testimony.End, -time.Minute, "eth1")),
			on("eth0", []string{both}, looked(testimony.End, time.Minute, "eth0", "eth1"))}, false},
		"two runs that were killed": {[]recorded{
			on("eth0", []string{looked(testimony.Start, -time.Hour, "eth0")}), on("eth0", []string{start})}, false},
		"one run in two files": {[]recorded{
			on("eth0", []string{start}, looked(testimony.End, time.Minute, "eth0")), on("eth0", []string{start}, looked(testimony.End, 2*time.Minute, "eth0"))}, true},
		"a gap says nothing of them": {[]recorded{on("eth0", []string{start}, looked(testimony.GapBegins, time.Second), looked(testimony.End, time.Minute, "eth0"))}, true},
	} {
		t.Run(name, func(t *testing.T) {
			sv := &survey.Survey{}
			for _, r := range c.recorded {
				sv.Interfaces = append(sv.Interfaces, capture.Interface{Name: r.name})
				sv.Testimony = append(sv.Testimony, logOf(slices.Concat(r.comments, r.remarks)...))
			}
			if got := noOther(sv); got != c.want {
				t.Errorf("no other interface: %t, want %t", got, c.want)
			}
		})
	}
}

func logOf(comments ...string) *testimony.Log {
	l := testimony.NewLog()
	for _, comment := range comments {
		l.Add(comment)
	}
	return l
}
