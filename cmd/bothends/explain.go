package main

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"bothends/cmd/internal/usage"
	"bothends/correlate/align"
	"bothends/correlate/ending"
	"bothends/correlate/judge"
)

// explainVerb prints what the words of reports mean, from the rows by which packets
// are judged.
func explainVerb() verb {
	flags := newFlags("explain")
	addHelp(flags)
	return verb{
		Verb: usage.Verb{
			Name:     "explain",
			Title:    "say what a word of a report means: a verdict, an innocent explanation, a sign, a pattern",
			Synopsis: []string{"explain [FLAGS] [WORD]..."},
			Text: []string{
				"WORD is a verdict on a packet or a connection, a confidence, an innocent explanation (hypothesis), a sign, an outcome, an ending, a pattern, a fact for --attest or a bucket of the ledger, as reports name it. Without any it lists all of them.",
			},
			Flags: flags,
			Statuses: usage.Statuses{List: []usage.Status{
				{Code: "0", Meaning: "explained"},
				{Code: "2", Meaning: "no such word"},
			}},
		},
		run: func(_ context.Context, c *console, args []string) (int, error) {
			if len(args) == 0 {
				return 0, c.page([]byte(listOfWords()))
			}
			text, err := meanings(args)
			if err != nil {
				return 0, err
			}
			return 0, c.print(text)
		},
	}
}

// A meaning is what is said of one word.
type meaning struct {
	word string
	kind string // what sort of word it is
	text string
	rows [][2]string // further facts: what they are, and the facts
}

// brief is the meaning in the list of all.
func (m *meaning) brief() string { return strings.TrimSuffix(m.text, ".") }

func (m *meaning) String() string {
	text := fmt.Sprintf("%s (%s)\n\n%s", m.word, m.kind, usage.Fill(m.text))
	if len(m.rows) > 0 {
		text += "\n" + usage.Table(m.rows)
	}
	return text
}

// glossary are all words, in the order in which the list has them. A word of two
// kinds stands there twice.
func glossary() (all []meaning) {
	for _, w := range judge.Verdicts {
		all = append(all, meaning{word: w.Name, kind: "verdict", text: w.Meaning})
	}
	for _, w := range judge.States {
		all = append(all, meaning{word: w.Name, kind: "verdict on a connection", text: w.Meaning})
	}
	for _, w := range judge.Confidences {
		all = append(all, meaning{word: w.Name, kind: "confidence", text: w.Meaning})
	}
	for i := range judge.Hypotheses {
		all = append(all, ofHypothesis(&judge.Hypotheses[i]))
	}
	for i := range judge.Signs {
		all = append(all, ofSign(&judge.Signs[i]))
	}
	all = append(all, meaning{word: string(judge.NoSign), kind: "what decides where no row does",
		text: "Nothing but its absence from the sender's capture speaks against the packet, and a capture can miss one."})
	for _, w := range judge.Outcomes {
		all = append(all, meaning{word: w.Name, kind: "outcome of a step", text: w.Meaning})
	}
	for _, w := range ending.Kinds {
		all = append(all, meaning{word: w.Name, kind: "ending of a connection", text: w.Meaning})
	}
	for _, p := range judge.Patterns {
		all = append(all, meaning{word: string(p.Pattern), kind: "pattern", text: p.Claim,
			rows: [][2]string{{"proves", "nothing: it says where to look next"}, {"next", p.Advice}}})
	}
	for _, f := range judge.FactTable {
		all = append(all, ofFact(&f))
	}
	for _, b := range align.Buckets {
		all = append(all, meaning{word: b.Name, kind: "bucket of the ledger", text: b.Meaning})
	}
	return all
}

func ofHypothesis(h *judge.Hypothesis) meaning {
	m := meaning{word: string(h.Name), kind: "innocent explanation, " + makerOf(h), text: sentence(claimOf(h)) + ".", rows: [][2]string{
		{"predicts", h.Predicts},
		{"refuted by", h.RefutedBy},
	}}
	if signs := signsAgainst(h.Name); len(signs) > 0 {
		m.rows = append(m.rows, [2]string{"signs that can", strings.Join(signs, ", ")})
	}
	if facts := factsThatClose(h.Name); len(facts) > 0 {
		m.rows = append(m.rows, [2]string{"statements", strings.Join(facts, ", ")})
	}
	must := "before anybody is accused"
	if h.MayStayOpen {
		must = "no: it may stay open, and the verdict is no more than supported then"
	}
	return meaning{m.word, m.kind, m.text, append(m.rows, [][2]string{{"must be refuted", must}, {"source", h.Source}, {"next", h.Advice}}...)}
}

// makerOf says whose packet it would be.
func makerOf(h *judge.Hypothesis) string {
	if h.Maker == judge.Sender {
		return "A: the sender's own machine, unseen"
	}
	return "B: someone honest who answers for the sender's address"
}

// claimOf is the explanation as a sentence.
func claimOf(h *judge.Hypothesis) string {
	if h.Maker == judge.Sender {
		return "the sender sent it honestly, and " + h.Claim
	}
	return h.Claim
}

func signsAgainst(name judge.Name) (signs []string) {
	for i := range judge.Signs {
		if slices.Contains(judge.Signs[i].Refutes, name) {
			signs = append(signs, string(judge.Signs[i].Name))
		}
	}
	return signs
}

func factsThatClose(name judge.Name) (facts []string) {
	for i := range judge.FactTable {
		if slices.Contains(judge.FactTable[i].Closes, name) {
			facts = append(facts, judge.FactTable[i].Typed)
		}
	}
	return facts
}

func ofSign(s *judge.Sign) meaning {
	m := meaning{word: string(s.Name), kind: "sign", text: sentence(s.Claim) + "."}
	if s.Weight {
		m.rows = append(m.rows, [2]string{"refutes, at most", names(s.Refutes)})
	}
	if s.VoidIf != "" {
		m.rows = append(m.rows, [2]string{"void if", s.VoidIf})
	}
	weight := "yes: it can carry a verdict"
	if !s.Weight {
		weight = "none: it describes, and accuses nobody"
	}
	m.rows = append(m.rows, [][2]string{{"weight", weight}, {"source", s.Source}}...)
	return m
}

func ofFact(f *judge.FactEntry) meaning {
	return meaning{word: f.Typed, kind: "fact for --attest END:" + f.Typed, text: sentence(fmt.Sprintf(strings.Replace(f.Claim, "the %s", "%s", 1), "that end")) + ".", rows: [][2]string{
		{"closes", names(f.Closes)},
		{"what shows it", f.Command},
		{"danger", f.Danger},
	}}
}

func names(list []judge.Name) string {
	var words []string
	for _, name := range list {
		words = append(words, string(name))
	}
	return strings.Join(words, ", ")
}

// sentence begins with a capital.
func sentence(text string) string { return strings.ToUpper(text[:1]) + text[1:] }

// listOfWords is all of them under their kinds.
func listOfWords() string {
	var list strings.Builder
	list.WriteString(usage.Fill("A packet is called injected if every innocent explanation is refuted and one sign has weight. bothends explain WORD says more of a word."))
	all := glossary()
	for i := 0; i < len(all); {
		kind := all[i].kind
		if all[i].kind == fmt.Sprintf("fact for --attest END:%s", all[i].word) {
			kind = "facts for --attest"
		}
		var rows [][2]string
		for ; i < len(all) && (all[i].kind == kind || kind == "facts for --attest" && strings.HasPrefix(all[i].kind, "fact for")); i++ {
			rows = append(rows, [2]string{all[i].word, all[i].brief()})
		}
		fmt.Fprintf(&list, "\n%s:\n%s", sentence(kind), usage.Table(rows))
	}
	return list.String()
}

// meanings are those of the words, in the order given.
func meanings(words []string) (string, error) {
	all := glossary()
	var texts []string
	for _, typed := range words {
		found := false
		for i := range all {
			if all[i].word == typed || factNamed(all[i].word, typed) {
				texts, found = append(texts, all[i].String()), true
			}
		}
		if !found {
			return "", unknownWord(typed, all)
		}
	}
	return strings.Join(texts, "\n"), nil
}

// factNamed reports whether a fact is meant by what is typed of it: with the end
// before it, with another value behind it, or with none.
func factNamed(word, typed string) bool {
	typed = strings.TrimPrefix(strings.TrimPrefix(typed, "client:"), "server:")
	typed, _, _ = strings.Cut(typed, "=")
	word, _, takes := strings.Cut(word, "=")
	return word == typed && (takes || slices.ContainsFunc(judge.FactTable, func(f judge.FactEntry) bool { return f.Typed == typed }))
}

func unknownWord(typed string, all []meaning) error {
	err := fmt.Errorf("%q is no word of a report", typed)
	var known []string
	for i := range all {
		known = append(known, all[i].word)
	}
	if guess := usage.Guess(typed, known); guess != "" {
		return &hinted{err, "did you mean bothends explain " + guess + "?"}
	}
	return &hinted{err, "bothends explain lists all of them"}
}
