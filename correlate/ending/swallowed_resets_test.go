package ending

import (
	"context"
	"slices"
	"strings"
	"testing"

	"bothends/correlate/align"
	"bothends/correlate/judge"
	"bothends/correlate/pair"
	"bothends/correlate/segment"
	"bothends/correlate/survey"
	"bothends/correlate/tap"
	"bothends/correlate/witness"
)

// A host whose socket is gone answers each packet with one more reset. Where none of them
// arrives while other packets of that host do, the path keeps them; where one did, or chance,
// an outage or what lies behind the receiver's tap explains it, nobody is accused.
func TestASeriesOfResetsOfWhichNoneArrivesIsNoPlainLoss(t *testing.T) {
	const s = int64(1e9)
	every := func(n int, apart int64) (list []int64) {
		for i := range n {
			list = append(list, 100*s+int64(i)*apart)
		}
		return list
	}
	type facts struct {
		lost, arrived []int64 // resets of the server, by when they left
		passed        []int64 // other packets of the server, of other connections
		others        int     // of them, lost without a time
		absence       judge.Confidence
		unrecorded    []string // interfaces of the client's
		closed        bool     // before
	}
	between := every(27, s/3) // three between each two of nine resets
	for name, c := range map[string]struct {
		facts
		found, proved bool
		says          string
	}{
		"nine of nine, others pass between them":        {facts{lost: every(9, s), passed: between}, true, true, "sent 9 times"},
		"of a filter that may take no resets":           {facts{lost: every(9, s), passed: between, absence: "-"}, true, false, "holds no reset"},
		"the receiver has another interface":            {facts{lost: every(9, s), passed: between, unrecorded: []string{"wlan0"}}, true, false, "wlan0"},
		"one of the ten arrived":                        {facts{lost: every(9, s), arrived: []int64{105 * s}, passed: between}, false, false, ""},
		"two only":                                      {facts{lost: every(2, s), passed: between}, false, false, ""},
		"as a flight's answers, within a moment":        {facts{lost: every(9, 1e4), passed: []int64{99 * s, 101 * s}}, false, false, ""},
		"much else of that direction was lost, too":     {facts{lost: every(4, s), passed: between[:9], others: 40}, false, false, ""},
		"both ends had closed the connection in order":  {facts{lost: every(9, s), passed: between, closed: true}, false, false, ""},
		"three of three, and hardly anything else came": {facts{lost: every(3, s), passed: between[:3]}, true, false, "sent 3 times"},
		"three of four, of which one took another way":  {facts{lost: every(3, s), arrived: []int64{104 * s}, passed: between[:3]}, false, false, ""},
	} {
		if c.absence == "" {
			c.absence = judge.Strong
		}
		c0 := &align.Connection{Streams: [2]align.Stream{*align.NewStream(), *align.NewStream()}}
		at := &c0.Streams[tap.Server]
		at.LastPassedNS = 99 * s
		if c.closed {
			for end := range c0.Streams {
				c0.Streams[end].FIN = true
			}
		}
		j := &judge.Judgement{}
		j.Witnesses[tap.Client] = witness.Witness{AllInterfaces: true}
		header := align.Header{Flags: segment.RST}
		header.Src.Port, header.Dst.Port = 587, 40001
		for i, ns := range c.lost {
			j.Findings = append(j.Findings, judge.Finding{Kind: "rst", Verdict: judge.Lost, Confidence: judge.Strong, ReceivedAt: tap.Client, SeenAt: tap.Server,
				Frame: tap.Frame{Number: int64(i + 1), TimeNS: ns}, Header: header, Absence: c.absence})
		}
		for _, ns := range c.arrived {
			j.Findings = append(j.Findings, judge.Finding{Kind: "rst", Verdict: judge.Genuine, ReceivedAt: tap.Client, SeenAt: tap.Client, Frame: tap.Frame{Number: 99, TimeNS: ns}, Header: header})
		}
		var trips align.Trips
		for _, ns := range c.passed {
			trips.By[tap.Server] = append(trips.By[tap.Server], align.Trip{SentNS: ns + s/6})
		}
		seen := survey.Survey{Connections: []*survey.Connection{{}}}
		in := &Input{Cases: []judge.Case{{Connection: c0, Pair: &pair.Pair{}}}, Surveys: [2]*survey.Survey{&seen, &seen}, Judgement: j, Trips: &trips}
		in.Unrecorded[tap.Client] = c.unrecorded
		e, err := newEnder(context.Background(), in)
		if err != nil {
			t.Fatal(err)
		}
		if c.others > 0 {
			e.losses.more[tap.Server] = int64(c.others)
			if err := e.suspect(context.Background()); err != nil {
				t.Fatal(err)
			}
		}
		end, found := e.resetsSwallowed(&in.Cases[0], 0)
		text := end.Text + strings.Join(texts(end.Evidence), "; ")
		if found != c.found || end.Proved() != c.proved || !strings.Contains(text, c.says) {
			t.Errorf("%s: found %v, proved %v (%s, path %s): %s", name, found, end.Proved(), end.Confidence, end.Path, text)
		}
		if found && (end.Kind != SwallowedContent || end.What != theReset || end.ToServer) {
			t.Errorf("%s: %+v", name, end)
		}
	}
}

func texts(steps []judge.Step) (list []string) {
	for _, s := range steps {
		list = append(list, s.Text)
	}
	return slices.Clip(list)
}
