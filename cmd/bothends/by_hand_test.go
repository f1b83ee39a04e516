package main

import (
	"encoding/json"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"bothends/correlate/judge"
	"bothends/correlate/report"
)

// The worked examples of docs/by-hand.md are what the program says today: for each the
// rows of the table of hypotheses beside the steps of the JSON.
func TestTheExamplesToRedoByHandAreWhatTheProgramSays(t *testing.T) {
	for _, example := range []struct {
		name, pair string
		finding    int
		verdict    judge.Verdict // as the text around it says
		confidence judge.Confidence
	}{
		{"proven", "starttls-2012", 1, judge.Injected, judge.Proven},
		{"refused", "nat-failover-filter", 1, judge.Indeterminate, judge.Unsure},
		{"second uplink", "second-uplink-bound", 2, judge.Conditional, judge.Unsure},
	} {
		f := foundIn(t, example.pair, example.finding)
		if f.Verdict != string(example.verdict) || f.Confidence != string(example.confidence) {
			t.Errorf("%s: finding %d is %s (%s), and the text around it says %s (%s)", example.pair, example.finding, f.Verdict, f.Confidence, example.verdict, example.confidence)
		}
		checkSectionOf(t, "docs/by-hand.md", example.name, byHand(f))
	}
}

func foundIn(t *testing.T, pair string, id int) *report.Finding {
	t.Helper()
	folder := filepath.Join(repository(t), "fixtures", "pairs", pair)
	out, complaints, _ := runIn(t, folder, "compare", "--format", "json", "--client", "client.pcapng", "--server", "server.pcapng")
	var r struct{ Findings []report.Finding }
	if err := json.Unmarshal([]byte(out), &r); err != nil || len(r.Findings) < id {
		t.Fatalf("%s: %v, %d findings: %s", pair, err, len(r.Findings), complaints)
	}
	return &r.Findings[id-1]
}

// byHand are two tables: each hypothesis with its own test and the signs that refute it,
// and each sign with what it refutes.
func byHand(f *report.Finding) string {
	var rows, signs [][]string
	for i := range f.Evidence {
		e := &f.Evidence[i]
		if h := judge.HypothesisNamed(judge.Name(e.Rule)); h != nil {
			rows = append(rows, []string{string(h.Maker), "`" + e.Rule + "`", h.Claim, e.Outcome + ": " + e.Text, code(e.RefutedBy), left(e)})
			continue
		}
		weight := "no"
		for k := range judge.Signs {
			if s := &judge.Signs[k]; string(s.Name) == e.Rule && s.Weight {
				weight = "yes"
			}
		}
		signs = append(signs, []string{"`" + e.Rule + "`", e.Outcome + ": " + e.Text, weight, code(e.Refutes)})
	}
	text := "Frame " + strconv.FormatInt(f.Frame, 10) + ", received by the " + f.ReceivedAt + " in the name of the " + f.ClaimedSender + ".\n\n" +
		markdown([]string{"", "hypothesis", "claims that", "`outcome` of its own test", "`refuted_by`", "left?"}, rows)
	if len(signs) > 0 {
		text += "\n" + markdown([]string{"sign", "`outcome`", "weight", "`refutes`"}, signs)
	}
	return text
}

// left says whether a hypothesis is still possible.
func left(e *report.Evidence) string {
	switch {
	case len(e.RefutedBy) > 0, e.Outcome == string(judge.Refuted):
		return ""
	case e.Rule == string(judge.Filtered) && e.Outcome == string(judge.Open):
		return "may stay open"
	}
	return "**left**"
}

func code(list []string) string {
	var words []string
	for _, word := range list {
		words = append(words, "`"+word+"`")
	}
	return strings.Join(words, ", ")
}
