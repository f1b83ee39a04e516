package stretch

import (
	"encoding/json"
	"strings"
	"testing"

	"bothends/correlate/report"
)

func TestTheWeakerConfidenceDecides(t *testing.T) {
	for _, test := range [][3]string{{"proven", "strong", "strong"}, {"supported", "strong", "supported"}, {"strong", "strong", "strong"}, {"indeterminate", "proven", "indeterminate"}} {
		if got := weaker(test[0], test[1]); got != test[2] {
			t.Errorf("of %s and %s the weaker is said to be %s", test[0], test[1], got)
		}
	}
}

// An ending that rests on no packet happened behind the last tap to which the
// connection came whole, whatever the taps in between do not hold.
func TestAnEndingHappenedBehindTheLastTapThatShowsAnother(t *testing.T) {
	here := report.View{Client: "192.0.2.1:1000", Server: "192.0.2.2:25"}
	tap := func(kind string, paired bool) *Beside {
		b := &Beside{connections: map[view]*connection{}}
		if kind != "" {
			b.connections[viewOf(here, 7)] = &connection{kind: kind, confidence: "strong", paired: paired}
		}
		return b
	}
	swallowed := func(confidence string) *report.Connection {
		return &report.Connection{ClientView: here, First: 7, Ending: &report.Ending{Kind: "swallowed-all", Confidence: confidence, ByThePath: true}}
	}
	for name, test := range map[string]struct {
		near []*Beside
		want string
	}{
		"at the first":                   {[]*Beside{tap("swallowed-all", true), tap("swallowed-all", true)}, "client a strong"},
		"between":                        {[]*Beside{tap("open-at-end", true), tap("swallowed-all", true)}, "a b strong"},
		"at the server":                  {[]*Beside{tap("closed", true), tap("open-at-end", true)}, "b server proven"},
		"one that lacks it says nothing": {[]*Beside{tap("", false), tap("swallowed-all", true)}, "client b strong"},
		"nor one that holds one side":    {[]*Beside{tap("open-at-end", true), tap("not-covered", false)}, "a server proven"},
	} {
		p := &Path{Names: []string{"client", "a", "b", "server"}, Near: test.near, Far: []*Beside{tap("", false), tap("", false)}}
		r := &report.Report{Connections: []report.Connection{*swallowed("proven")}}
		p.Place(r)
		s := r.Connections[0].Ending.Stretch
		if got := strings.Join([]string{s.From, s.To, s.Confidence}, " "); got != test.want {
			t.Errorf("%s: %s, want %s", name, got, test.want)
		}
	}
}

// What is told of two taps says nothing of stretches.
func TestAStretchIsLeftOutWhereThereIsNone(t *testing.T) {
	text, err := json.Marshal(report.Ending{Kind: "closed", Evidence: []report.Evidence{}})
	if err != nil || strings.Contains(string(text), "stretch") {
		t.Errorf("%s, %v", text, err)
	}
}
