package ending

import (
	"testing"

	"bothends/correlate/align"
	"bothends/correlate/clock"
	"bothends/correlate/judge"
	"bothends/correlate/pair"
	"bothends/correlate/survey"
	"bothends/correlate/tap"
)

// Both ends give a connection up, and one of the two resets is lost: the other one, which
// crossed it, is what ended it for both. One of the same end's, or a minute later, is not.
func TestAResetThatCrossedOneThatDidNotComeEndedTheConnection(t *testing.T) {
	const ms = int64(1e6)
	lost := func(at int64) judge.Finding {
		return judge.Finding{Kind: "rst", Verdict: judge.Lost, Confidence: judge.Strong, ReceivedAt: tap.Client, SeenAt: tap.Server, Frame: tap.Frame{Number: 1, TimeNS: at * ms}}
	}
	came := func(to tap.End, at int64) judge.Finding {
		return judge.Finding{Kind: "rst", Verdict: judge.Genuine, Confidence: judge.Proven, ReceivedAt: to, SeenAt: to, Frame: tap.Frame{Number: 2, TimeNS: at * ms}}
	}
	for name, c := range map[string]struct {
		findings []judge.Finding
		want     Kind
	}{
		"the server's, which did not come":           {[]judge.Finding{lost(1000)}, ResetByServer},
		"the client's crossed it":                    {[]judge.Finding{lost(1000), came(tap.Server, 1018)}, ResetByClient},
		"the client's crossed it, told first":        {[]judge.Finding{came(tap.Server, 1018), lost(1000)}, ResetByClient},
		"the client's had come before":               {[]judge.Finding{lost(1000), came(tap.Server, 990)}, ResetByClient},
		"the client gave up a minute later":          {[]judge.Finding{lost(1000), came(tap.Server, 61000)}, ResetByServer},
		"the server's second one came":               {[]judge.Finding{lost(1000), came(tap.Client, 1018)}, ResetByServer},
		"two that came, the server's before":         {[]judge.Finding{came(tap.Client, 1000), came(tap.Server, 1018)}, ResetByServer},
		"two that came, the client's before, by far": {[]judge.Finding{came(tap.Client, 3000), came(tap.Server, 1018)}, ResetByClient},
	} {
		e := &ender{Input: &Input{Judgement: &judge.Judgement{Findings: c.findings}, Clock: &clock.Fit{}, Surveys: [2]*survey.Survey{{Connections: []*survey.Connection{{}}}, {}}}, findings: map[int][]int{}, effects: map[int]Effect{}}
		for i := range c.findings {
			e.findings[0] = append(e.findings[0], i)
		}
		end, found := e.byReset(&judge.Case{Connection: &align.Connection{Streams: [2]align.Stream{*align.NewStream(), *align.NewStream()}}, Pair: &pair.Pair{}}, 0)
		if !found || end.Kind != c.want {
			t.Errorf("%s: %s (%v), want %s", name, end.Kind, found, c.want)
		}
	}
}
