package correlate

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"bothends/capture"
	"bothends/capture/testimony"
	"bothends/correlate/judge"
	"bothends/correlate/segment"
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

func TestAnInspectionNamesTheInterfacesThatWereNotRecorded(t *testing.T) {
	begun := time.Date(2026, 3, 2, 9, 30, 0, 0, time.UTC)
	said := func(uplinks ...string) string {
		i := &inspection{survey: &survey.Survey{
			Interfaces: []capture.Interface{{Name: "eth0"}},
			Testimony:  []*testimony.Log{logOf(testimony.Record{Event: testimony.Start, Time: begun, Uplinks: uplinks}.Line())},
		}}
		i.Segments = 1
		i.remark()
		for _, r := range i.Reasons {
			if r.What == "other-interfaces" {
				return r.Text
			}
		}
		return ""
	}
	if got := said("eth0", "eth1", "wwan0"); !strings.HasSuffix(got, "not recorded: eth1, wwan0") {
		t.Errorf("%q, want it to name eth1 and wwan0", got)
	}
	if got := said("eth0"); got != "" {
		t.Errorf("%q where there was no other", got)
	}
}

// Which end is the service is a guess where the handshake is missing, and what a
// host opened itself says nothing of the ports that it serves.
func TestACaptureAdmitsThePortsThatConnectionsToItUsed(t *testing.T) {
	host := judge.Address{15: 25}
	at := func(ip judge.Address, port uint16) segment.Endpoint { return segment.Endpoint{IP: ip, Port: port} }
	other := judge.Address{15: 9}
	seen := func(handshake bool, initiator, responder segment.Endpoint) *survey.Connection {
		return &survey.Connection{Handshake: handshake, Ends: [2]segment.Endpoint{initiator, responder}, Flows: new([2]survey.Flow)}
	}
	service := &judge.Service{Admits: map[uint16]bool{}}
	c := comparison{services: map[judge.Address]*judge.Service{host: service}}
	c.surveys = [2]*survey.Survey{{}, {Connections: []*survey.Connection{
		seen(true, at(other, 40000), at(host, 587)), seen(false, at(other, 40001), at(host, 25)), seen(true, at(host, 50000), at(other, 443)),
	}}}
	c.fillServices()
	if want := map[uint16]bool{587: true}; !maps.Equal(service.Admits, want) {
		t.Errorf("admits %v, want %v", service.Admits, want)
	}
}
