package report

import (
	"testing"
	"time"
)

// The filters are such as `bothcap` writes into its captures (first and second from
// fixtures/cases, shortened), and such as people type.
func TestOnlyFiltersOfBothcapAreToldInWords(t *testing.T) {
	const icmp = " or (icmp and (icmp[0] = 3) and icmp[17] = 6 and (icmp[20:4] = 0xcb007119 or icmp[24:4] = 0xcb007119)))"
	for filter, want := range map[string]string{
		"((ip proto 6 and (ip host 203.0.113.25) and ((tcp port 587) or ip[6:2] & 0x1fff != 0))" + icmp:                     "port 587, with 203.0.113.25",
		"((ip proto 6 and ((tcp port 25 or tcp port 587) or ip[6:2] & 0x1fff != 0))" + icmp:                                 "ports 25 and 587",
		"((ip6 and (ip6 host 2001:db8::25) and ((ip6[6] = 6) or (ip6[6] = 0))) or (ip6 and ip6[6] = 58 and ip6[40] < 128))": "with 2001:db8::25",
		"tcp port 587":           "tcp port 587",
		"not tcp port 22" + icmp: "not tcp port 22" + icmp,
		"tcp port 587 or icmp":   "tcp port 587 or icmp",
		"":                       "",
	} {
		if got := FilterWords(filter); got != want {
			t.Errorf("%q is %q, want %q", filter, got, want)
		}
	}
}

// Times within the text of a piece of evidence are among its values, and are given in
// the zone that is asked for.
func TestTimesOfEvidenceAreGivenInTheZoneAskedFor(t *testing.T) {
	e := Evidence{Text: "from 16:59:04.128081 to 23:30:00.000000 it counted 3 resets, at 16:59:04.128081 the first",
		Values: map[string]any{"from": "2026-11-23T16:59:04.128081456Z", "until": "2026-11-23T23:30:00Z", "counted": 3, "what": "no time"}}
	if got, want := e.Said(time.FixedZone("CET", 3600)), "from 17:59:04.128081 to 00:30:00.000000 it counted 3 resets, at 17:59:04.128081 the first"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	if got := e.Said(nil); got != e.Text {
		t.Errorf("%q, want %q", got, e.Text)
	}
}
