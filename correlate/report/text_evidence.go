package report

import (
	"fmt"
	"slices"
	"strings"

	"bothends/correlate/judge"
)

// evidence gives what speaks for a finding, what against it and what is not known:
// what decides comes first. What is refuted is one sentence; numbers are with the
// captures below and in the JSON form.
func (t *text) evidence(b selection) {
	f := b[0]
	steps := merged(b)
	t.absence(f, steps)
	for _, first := range []bool{true, false} {
		for i := range steps {
			if e := &steps[i]; e.Decides == first {
				if mark := f.mark(e); mark != "" {
					t.item("    ", mark+" ", "%s", sentence(t.said(e)))
				}
			}
		}
	}
	if len(f.Needs) > 0 {
		t.item("    ", "> ", "If it is so that %s, this %s was made on the way. Type: %s.", needs(f), nounOf(f.Kind), attests(f))
	}
}

// mark is what a step of the evidence is shown with; empty if it is not shown.
func (f *Finding) mark(e *Evidence) string {
	switch judge.Outcome(e.Outcome) {
	case judge.Supports:
		return "+"
	case judge.Contradicts:
		return "-"
	case judge.Fits:
		if len(e.RefutedBy) == 0 {
			return "!"
		}
	case judge.Open:
		if e.Decides {
			return "?"
		}
	case judge.Refuted:
		if e.Rule == string(judge.Missed) && injected(f) {
			return "="
		}
	}
	return ""
}

// needs are the statements that a conditional finding waits for, in words.
func needs(f *Finding) string {
	var claims []string
	for _, text := range f.Needs {
		if s, err := judge.ParseStatement(text); err == nil {
			for _, entry := range judge.FactTable {
				if entry.Fact == s.Fact {
					claims = append(claims, fmt.Sprintf(entry.Claim, s.End)+" (look with: "+entry.Command+")")
				}
			}
		}
	}
	return list(claims, len(claims))
}

func attests(f *Finding) string {
	var words []string
	for _, text := range f.Needs {
		words = append(words, "--attest "+text)
	}
	return strings.Join(words, " ")
}

// absence says that the sender's capture lacks the packet, and what that
// capture is worth for it.
func (t *text) absence(f *Finding, steps []Evidence) {
	if modified(f) || f.TwinFrame != 0 || byReceiver(f) {
		return
	}
	var good []string
	unneeded := false // the capture's silence is, as a sign overrides what speaks for it
	for i := range steps {
		e := &steps[i]
		hypothesis := judge.HypothesisNamed(judge.Name(e.Rule))
		switch {
		case hypothesis == nil, hypothesis.Name == judge.Missed && len(e.RefutedBy) == 0: // that is bounded, and not excluded
		case e.Outcome == string(judge.Refuted), len(e.RefutedBy) > 0 && e.Outcome != string(judge.Fits):
			good = append(good, hypothesis.Short)
		case len(e.RefutedBy) > 0:
			unneeded = true
		}
	}
	said := fmt.Sprintf("It is not in the %s's capture.", f.ClaimedSender)
	switch {
	case unneeded && injected(f):
		said = fmt.Sprintf("It cannot have passed the tap at the %s, whatever the capture there missed.", f.ClaimedSender)
	case injected(f):
		said = fmt.Sprintf("It did not pass the tap at the %s.", f.ClaimedSender)
	}
	if len(good) > 0 && injected(f) {
		said += " Excluded as explanations: " + list(good, len(good)) + "."
	}
	t.para(plain, "    ", "%s", said)
}

// merged are the steps of all findings of a burst, each rule and outcome once.
func merged(b selection) []Evidence {
	var steps []Evidence
	for _, f := range b {
		for _, e := range f.Evidence {
			if !slices.ContainsFunc(steps, func(have Evidence) bool { return have.Rule == e.Rule && have.Outcome == e.Outcome }) {
				steps = append(steps, e)
			}
		}
	}
	return steps
}

// kindOfEvidence is equal for bursts that would be told in the same words but
// for the numbers.
func (b selection) kindOfEvidence() string {
	f := b[0]
	words := []string{f.Kind, f.Verdict, f.Confidence, f.ReceivedAt}
	for _, e := range merged(b) {
		words = append(words, e.Rule+" "+e.Outcome)
	}
	return strings.Join(words, "|")
}

// sentence makes one of a clause.
func sentence(clause string) string {
	if clause == "" {
		return clause
	}
	return upper(clause) + "."
}
