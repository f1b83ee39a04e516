package main

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"bothends/correlate/align"
	"bothends/correlate/judge"
)

// The README's tables are made from the rows by which packets are judged.
func TestTheREADMEsTablesAreThoseOfTheJudge(t *testing.T) {
	var verdicts, confidences, hypotheses, signs, facts [][]string
	for _, w := range judge.Verdicts {
		verdicts = append(verdicts, []string{"`" + w.Name + "`", w.Meaning})
	}
	for _, w := range judge.Confidences[:len(judge.Confidences)-1] {
		confidences = append(confidences, []string{"`" + w.Name + "`", w.Meaning})
	}
	for i := range judge.Hypotheses {
		h := &judge.Hypotheses[i]
		hypotheses = append(hypotheses, []string{string(h.Maker), "`" + string(h.Name) + "`", h.Claim, h.RefutedBy})
	}
	for i := range judge.Signs {
		s := &judge.Signs[i]
		refutes := names(s.Refutes)
		if !s.Weight {
			refutes = "nothing: it only describes"
		}
		signs = append(signs, []string{"`" + string(s.Name) + "`", s.Claim, refutes})
	}
	for i := range judge.FactTable {
		f := &judge.FactTable[i]
		facts = append(facts, []string{"`" + f.Typed + "`", names(f.Closes), f.Command, f.Danger})
	}
	checkSection(t, "verdicts", markdown([]string{"verdict", "what it says"}, verdicts))
	checkSection(t, "confidences", markdown([]string{"confidence", "what it says"}, confidences))
	checkSection(t, "hypotheses", markdown([]string{"", "name", "it was sent honestly, and ...", "refuted by"}, hypotheses))
	checkSection(t, "signs", markdown([]string{"sign", "what was seen", "refutes, at most"}, signs))
	checkSection(t, "statements", markdown([]string{"fact", "closes", "what shows it", "danger"}, facts))
}

func markdown(head []string, rows [][]string) string {
	text := "| " + strings.Join(head, " | ") + " |\n" + strings.Repeat("|---", len(head)) + "|\n"
	for _, row := range rows {
		text += "| " + strings.ReplaceAll(strings.Join(row, " | "), "\n", " ") + " |\n"
	}
	return text
}

// Whatever a report may name has a meaning: each word of the tables, the values that
// verdicts and their like can take, and the ledger's buckets.
func TestEveryWordOfAReportIsExplained(t *testing.T) {
	words := []string{
		"injected", "conditional", "by-address-owner", "by-receiver", "modified", "lost", "duplicated", "genuine", "interposed", "indeterminate",
		"clean", "interfered", "inconclusive", "one-sided",
		"proven", "strong", "supported",
		"refuted", "fits", "open", "supports", "contradicts",
		"closed", "open-at-end", "not-covered", "reset-by-client", "reset-by-server", "reset-on-the-way", "reset-by-nat", "reset-by-receiver-itself",
		"swallowed-all", "swallowed-size", "swallowed-content", "syn-not-arrived", "syn-unanswered", "refused-by-server", "refused-on-the-way",
		"intercepted", "split-by-proxy", "given-up",
		"matched", "received_not_sent", "sent_not_captured",
		"idle-timeout", "blocked-port", "after-trigger", "closed-port", "host-firewall", "late-data", "proxy-leg", "abort", "abort-unread-or-linger",
		string(judge.RemappedPackets), "no-sign", "one-way-out", "server:one-way-out", "server:drops=0", "client:filter=tcp port 25",
	}
	for _, h := range judge.Hypotheses {
		words = append(words, string(h.Name))
	}
	for _, s := range judge.Signs {
		words = append(words, string(s.Name))
	}
	for _, word := range words {
		out, complaints, status := runIn(t, ".", "explain", word)
		if status != 0 || complaints != "" || !strings.Contains(out, ".\n") {
			t.Errorf("%s: status %d, %q, %q", word, status, complaints, out)
		}
	}
	list, _, _ := runIn(t, ".", "explain")
	for _, m := range glossary() {
		if !strings.Contains(list, "\n  "+m.word+" ") {
			t.Errorf("%s is not in the list of words", m.word)
		}
	}
}

// A word of two kinds is explained as both.
func TestAWordOfTwoKindsIsExplainedAsBoth(t *testing.T) {
	for word, kinds := range map[string][]string{"indeterminate": {"verdict", "confidence"}, "lost": {"verdict", "bucket of the ledger"}} {
		out, _, _ := runIn(t, ".", "explain", word)
		for _, kind := range kinds {
			if !strings.Contains(out, fmt.Sprintf("%s (%s)\n", word, kind)) {
				t.Errorf("%s as a %s is missing:\n%s", word, kind, out)
			}
		}
	}
}

func TestAMisspeltWordGetsAGuess(t *testing.T) {
	for typed, meant := range map[string]string{"own-firewal": "own-firewall", "injcted": "injected", "one-way": "one-way-out"} {
		out, complaints, status := runIn(t, ".", "explain", typed)
		if status != 2 || out != "" || !strings.Contains(complaints, "did you mean bothends explain "+meant+"?") {
			t.Errorf("%s: status %d, %q, %q", typed, status, out, complaints)
		}
	}
	if _, complaints, status := runIn(t, ".", "explain", "zzzzzzzzzz"); status != 2 || !strings.Contains(complaints, "bothends explain lists all") {
		t.Errorf("status %d, %q", status, complaints)
	}
}

// What a row refers to is a row as well.
func TestRowsNameRows(t *testing.T) {
	known := func(names []judge.Name, of string) {
		for _, name := range names {
			if judge.HypothesisNamed(name) == nil {
				t.Errorf("%s names %q, which is no row", of, name)
			}
		}
	}
	for _, s := range judge.Signs {
		known(s.Refutes, string(s.Name))
		if s.Weight != (len(s.Refutes) > 0) {
			t.Errorf("%s: weight %v, and refutes %d rows", s.Name, s.Weight, len(s.Refutes))
		}
	}
	for _, f := range judge.FactTable {
		known(f.Closes, f.Typed)
	}
	seen := map[string]bool{}
	for _, m := range glossary() {
		if seen[m.word+m.kind] {
			t.Errorf("%s (%s) stands there twice", m.word, m.kind)
		}
		seen[m.word+m.kind] = true
	}
	if !slices.ContainsFunc(align.Buckets, func(b struct{ Name, Meaning string }) bool { return b.Name == "matched" }) {
		t.Error("no bucket is called matched")
	}
}
