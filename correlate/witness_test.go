package correlate

import (
	"maps"
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
	on := func(name string, comments []string, remarks ...string) capture.Interface {
		return capture.Interface{Name: name, Comments: comments, Remarks: remarks}
	}
	both := looked(testimony.Start, 0, "eth0", "eth1")
	for name, c := range map[string]struct {
		recorded []capture.Interface
		want     bool
	}{
		"no recorder that looks":               {[]capture.Interface{on("eth0", nil)}, false},
		"the only one, at both times":          {[]capture.Interface{on("eth0", []string{start}, looked(testimony.End, time.Minute, "eth0"))}, true},
		"it was killed before it looked again": {[]capture.Interface{on("eth0", []string{start})}, false},
		"another one":                          {[]capture.Interface{on("eth0", []string{both}, looked(testimony.End, time.Minute, "eth0", "eth1"))}, false},
		"another one came up":                  {[]capture.Interface{on("eth0", []string{start}, looked(testimony.Statistics, time.Second, "eth0", "tun0"), looked(testimony.End, time.Minute, "eth0"))}, false},
		"once it could not look":               {[]capture.Interface{on("eth0", []string{start}, looked(testimony.Statistics, time.Second), looked(testimony.End, time.Minute, "eth0"))}, false},
		"two, both recorded": {[]capture.Interface{
			on("eth0", []string{both}, looked(testimony.End, time.Minute, "eth0", "eth1")), on("eth1", []string{both}, looked(testimony.End, time.Minute, "eth0", "eth1"))}, true},
		"another run had recorded the other one": {[]capture.Interface{
			on("eth1", []string{looked(testimony.Start, -time.Hour, "eth1")}, looked(testimony.End, -time.Minute, "eth1")),
			on("eth0", []string{both}, looked(testimony.End, time.Minute, "eth0", "eth1"))}, false},
		"two runs that were killed": {[]capture.Interface{
			on("eth0", []string{looked(testimony.Start, -time.Hour, "eth0")}), on("eth0", []string{start})}, false},
		"one run in two files": {[]capture.Interface{
			on("eth0", []string{start}, looked(testimony.End, time.Minute, "eth0")), on("eth0", []string{start}, looked(testimony.End, 2*time.Minute, "eth0"))}, true},
		"a gap says nothing of them": {[]capture.Interface{on("eth0", []string{start}, looked(testimony.GapBegins, time.Second), looked(testimony.End, time.Minute, "eth0"))}, true},
	} {
		t.Run(name, func(t *testing.T) {
			if got := noOther(c.recorded); got != c.want {
				t.Errorf("no other interface: %t, want %t", got, c.want)
			}
		})
	}
}

func TestAnInspectionNamesTheInterfacesThatWereNotRecorded(t *testing.T) {
	begun := time.Date(2026, 3, 2, 9, 30, 0, 0, time.UTC)
	said := func(uplinks ...string) string {
		i := &inspection{survey: &survey.Survey{Interfaces: []capture.Interface{{
			Name: "eth0", Comments: []string{testimony.Record{Event: testimony.Start, Time: begun, Uplinks: uplinks}.Line()},
		}}}}
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
