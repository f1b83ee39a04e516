package report

import (
	"fmt"
	"slices"
	"strings"
)

// innocent names the explanation that a rule excludes if it holds. That of
// capture-loss is not here: it is never excluded, only bounded.
var innocent = map[string]string{
	"coverage":    "a capture that was not running then",
	"filter":      "a filter",
	"ip-id":       "a gap in the capture",
	"mapping":     "NAT",
	"no-twin":     "a packet altered, late or doubled",
	"not-a-proxy": "a proxy",
	"one-path":    "another interface",
}

// evidence gives what speaks for a finding, what against it and what is not
// known. What holds for every rule is one sentence; numbers are with the captures
// below and in the JSON form.
func (t *text) evidence(b some) {
	f := b[0]
	steps := merged(b)
	t.absence(f, steps)
	for _, e := range steps {
		switch e.Outcome {
		case "supports":
			t.item("    ", "+ ", "%s", sentence(e.Text))
		case "contradicts":
			t.item("    ", "- ", "%s", sentence(e.Text))
		case "fails":
			t.item("    ", "! ", "%s", sentence(e.Text))
		case "unknown":
			if f.Verdict == "indeterminate" && !mayStayOpen[e.Rule] {
				t.item("    ", "? ", "%s", sentence(e.Text))
			}
		case "holds":
			if e.Rule == "capture-loss" && injected(f) {
				t.item("    ", "= ", "%s", sentence(e.Text))
			}
			if e.Rule == "twin" {
				t.item("    ", "+ ", "%s", sentence(e.Text))
			}
		}
	}
}

// absence says that the sender's capture lacks the packet, and what that
// capture is worth for it.
func (t *text) absence(f *Finding, steps []Evidence) {
	if f.Verdict == "modified" || f.TwinFrame != 0 {
		return
	}
	var good []string
	for _, e := range steps {
		if words := innocent[e.Rule]; e.Outcome == "holds" && words != "" {
			good = append(good, words)
		}
	}
	said := fmt.Sprintf("It is not in the %s's capture.", f.ClaimedSender)
	switch {
	case slices.ContainsFunc(steps, func(e Evidence) bool { return e.Rule == "silence-not-used" }):
		said = fmt.Sprintf("It came too early to have passed the tap at the %s, whatever the capture there missed.", f.ClaimedSender)
	case injected(f):
		said = fmt.Sprintf("It did not pass the tap at the %s.", f.ClaimedSender)
	}
	if len(good) > 0 {
		said += " Excluded as explanations: " + list(good, len(good)) + "."
	}
	t.para(plain, "    ", "%s", said)
}

// merged are the steps of all findings of a burst, each rule and outcome once.
func merged(b some) []Evidence {
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
func (b some) kindOfEvidence() string {
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
