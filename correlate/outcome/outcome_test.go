package outcome

import (
	"testing"

	"bothends/capture"
	"bothends/capture/file"
	"bothends/correlate/ending"
	"bothends/correlate/judge"
	"bothends/correlate/pair"
	"bothends/correlate/survey"
	"bothends/correlate/tap"
)

// input is a comparison of two connections that both captures hold, which both ends
// closed.
func input() *Input {
	in := &Input{
		Pairs: []pair.Pair{{Method: pair.ISN}, {Method: pair.ISN}}, Further: &judge.Further{},
		Endings:  []*ending.Ending{{Kind: ending.Closed, Finding: ending.NoFinding}, {Kind: ending.Closed, Finding: ending.NoFinding}},
		ToServer: func(*pair.Pair) bool { return true },
	}
	for end := range in.Surveys {
		in.Surveys[end] = &survey.Survey{Connections: make([]*survey.Connection, 2)}
		in.Files[end] = []file.File{{}}
	}
	return in
}

func (in *Input) add(v judge.Verdict, seenAt tap.End) {
	in.Findings = append(in.Findings, judge.Finding{Kind: "rst", Verdict: v, ReceivedAt: tap.Client, SeenAt: seenAt})
	in.Kept = append(in.Kept, true)
}

func TestTheStatusSaysWhatIsProved(t *testing.T) {
	received := func(v judge.Verdict) func(*Input) { return func(in *Input) { in.add(v, tap.Client) } }
	ended := func(k ending.Kind, c judge.Confidence) func(*Input) {
		return func(in *Input) { in.Endings[0] = &ending.Ending{Kind: k, Confidence: c, Finding: ending.NoFinding} }
	}
	oneSided := func(in *Input) { in.Pairs[0].Server, in.Pairs[0].Method = pair.NoView, pair.None }
	for _, tt := range []struct {
		name   string
		change func(*Input)
		want   Status
	}{
		{"nothing", func(*Input) {}, Clean},
		{"a genuine reset", received(judge.Genuine), Clean},
		{"one that the receiving machine made", received(judge.ByReceiver), Clean},
		{"a forged one", received(judge.Injected), Interference},
		{"a changed packet", received(judge.Modified), Interference},
		{"a reset of whoever owns the address", received(judge.ByAddressOwner), Interference},
		{"an undecided one", received(judge.Indeterminate), Unproved},
		{"a conditional one", received(judge.Conditional), Unproved},
		{"one of a proxy's leg", received(judge.Interposed), Unproved},
		{"a packet that may have been lost", func(in *Input) { in.add(judge.Indeterminate, tap.Server) }, Clean},
		{"a lost packet", func(in *Input) { in.add(judge.Lost, tap.Server) }, Clean},
		{"a forged one beside an undecided one", func(in *Input) { in.add(judge.Indeterminate, tap.Client); in.add(judge.Injected, tap.Client) }, Interference},
		{"forged ones that are only counted", func(in *Input) { in.Further.Findings = map[judge.Sort]int{{Verdict: judge.Injected}: 9} }, Interference},
		{"swallowed for certain", ended(ending.SwallowedAll, judge.Strong), Interference},
		{"swallowed perhaps", ended(ending.SwallowedAll, judge.Supported), Unproved},
		{"intercepted, as far as can be known", ended(ending.Intercepted, judge.Supported), Interference},
		{"reset by the server", ended(ending.ResetByServer, judge.Supported), Clean},
		{"reset by the server, for which something unrecorded had ended it", func(in *Input) {
			in.add(judge.Genuine, tap.Client)
			in.Endings[0] = &ending.Ending{Kind: ending.ResetByServer, Confidence: judge.Unsure}
		}, Unproved},
		{"not covered by both to the end", ended(ending.NotCovered, judge.Strong), Unproved},
		{"one of them in one capture only", oneSided, Unproved},
		{"one that went elsewhere in one capture only", func(in *Input) {
			oneSided(in)
			in.ToServer = func(*pair.Pair) bool { return false }
		}, Clean},
		{"one in the server's capture only, in the client's name", func(in *Input) {
			in.Pairs[0].Client, in.Pairs[0].Method, in.Endings[0].Unheld = pair.NoView, pair.None, true
		}, Unproved},
		{"one in the server's capture only, of somebody else's", func(in *Input) {
			in.Pairs[0].Client, in.Pairs[0].Method = pair.NoView, pair.None
		}, Clean},
		{"nothing in common", func(in *Input) { in.Pairs, in.Endings = nil, nil }, Failed},
		{"a capture without any connection", func(in *Input) {
			in.Pairs, in.Endings, in.Surveys[tap.Server].Connections = nil, nil, nil
		}, Unproved},
		{"a capture that is cut off", func(in *Input) { in.Files[tap.Server][0].End.Kind = capture.Truncated }, Unproved},
		{"fragments of a packet in one capture only", func(in *Input) { in.Surveys[tap.Server].Fragments.Unread = 1 }, Unproved},
		{"fragments of as many packets in both", func(in *Input) {
			in.Surveys[tap.Server].Fragments.Unread, in.Surveys[tap.Client].Fragments.Unread = 2, 2
		}, Clean},
		{"segments that did not fit into the memory", func(in *Input) { in.Surveys[tap.Client].LeftOut = 1 }, Unproved},
	} {
		in := input()
		tt.change(in)
		o := Of(in)
		if got := o.Status(); got != tt.want {
			t.Errorf("%s: status %d, want %d: %+v", tt.name, got, tt.want, o)
		}
	}
}
