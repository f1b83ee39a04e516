package inspect

import (
	"slices"
	"testing"

	"bothends/correlate/report"
	"bothends/correlate/survey"
)

// The judgement takes these for filters by flags; so must what it is told before.
func TestAFilterByFlagsIsKnownHoweverItIsWritten(t *testing.T) {
	for filter, want := range map[string]bool{
		"tcp[0xd] & tcp-rst != 0": true, "tcp[13] & 4 == 0": true, "tcp[tcpflags] & tcp-syn != 0": true, "ip[33] & 4 != 0": true,
		"tcp port 587": false, "tcp[0:2] = 587": false,
	} {
		i := &inspection{survey: &survey.Survey{}}
		i.Filter.Recorded = []string{filter}
		i.judgeFilter()
		named := slices.ContainsFunc(i.Reasons, func(r report.Reason) bool { return r.What == "filtered-by-flags" })
		if named != want {
			t.Errorf("%q: a filter by flags: %t, want %t", filter, named, want)
		}
	}
}
