package inspect

import (
	"strings"
	"testing"
	"time"

	"bothends/capture"
	"bothends/capture/testimony"
	"bothends/correlate/survey"
)

func TestAnInspectionNamesTheInterfacesThatWereNotRecorded(t *testing.T) {
	begun := time.Date(2026, 3, 2, 9, 30, 0, 0, time.UTC)
	said := func(uplinks ...string) string {
		log := testimony.NewLog()
		log.Add(testimony.Record{Event: testimony.Start, Time: begun, Uplinks: uplinks}.Line())
		i := &inspection{survey: &survey.Survey{
			Interfaces: []capture.Interface{{Name: "eth0"}},
			Testimony:  []*testimony.Log{log},
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
