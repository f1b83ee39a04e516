package report

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"bothends/correlate/ending"
	"bothends/correlate/judge"
)

// This file gives other views the words of the text.

// Headline is the verdict in one sentence, as the text begins with it.
func (r *Report) Headline() string {
	t := r.endlessText()
	t.verdict()
	line, _, _ := strings.Cut(t.page.String(), "\n")
	return line
}

// endless is a width that no sentence has.
const endless = 1 << 20

func (r *Report) endlessText() *text {
	return &text{Report: r, names: shortNames(r), page: page{width: endless}}
}

// EndOf is the end whose capture holds a file: "client" or "server".
func (r *Report) EndOf(path string) string {
	for _, f := range r.Captures.Server.Files {
		if f.Path == path {
			return "server"
		}
	}
	return "client"
}

// Explanation is what the text says below its headline of what the verdict means
// and how sure it is, a paragraph each.
func (r *Report) Explanation(zone *time.Location) []string {
	t := r.endlessText()
	t.zone = zone
	t.verdict()
	_, rest, _ := strings.Cut(t.page.String(), "\n")
	return paragraphs(rest)
}

// Advice is what the text says is to be done next, a paragraph each.
func (r *Report) Advice() []string {
	t := r.endlessText()
	t.advice()
	return paragraphs(t.page.String())
}

// paragraphs are the lines of a text of endless width, without their marks.
func paragraphs(text string) (list []string) {
	for line := range strings.Lines(text) {
		if line = strings.TrimPrefix(strings.TrimSpace(line), "- "); line != "" {
			list = append(list, line)
		}
	}
	return list
}

// Limits is what the text says that these captures cannot tell, a sentence each.
func (r *Report) Limits() (list []string) {
	t := r.endlessText()
	t.leftOpen()
	for _, line := range paragraphs(t.page.String()) {
		if limit, found := strings.CutPrefix(line, "? "); found {
			list = append(list, limit)
		}
	}
	return list
}

// Statements are what the user stated, each in words and as it was typed.
func (r *Report) Statements() (list []string) {
	for _, typed := range r.Stated {
		s, err := judge.ParseStatement(typed)
		if err != nil {
			continue // it was parsed when it was given
		}
		for _, fact := range judge.FactTable {
			if fact.Fact == s.Fact {
				list = append(list, fmt.Sprintf("%s (%s)", fmt.Sprintf(fact.Claim, s.End), typed))
			}
		}
	}
	return list
}

// Badly reports whether a connection ended otherwise than in order.
func (c *Connection) Badly() bool { return c.badly() }

// Sure puts the confidence of an ending into words.
func (e *Ending) Sure() string { return sureOf(e) }

// KindInWords is the kind of an ending, "reset on the way".
func (e *Ending) KindInWords() string { return strings.ReplaceAll(e.Kind, "-", " ") }

// StageInWords says how far the connection had come.
func (e *Ending) StageInWords() string { return stages[ending.Stage(e.Stage)] }

var stages = map[ending.Stage]string{
	ending.AtSYN:       "when it was opened, at its first packet",
	ending.AtHandshake: "before any data",
	ending.AtFirstData: "at its first data",
	ending.AtTLS:       "while TLS was being agreed on",
	ending.Later:       "after data had passed in both directions",
}

// NoteSum notes the SHA-256 of a file.
func (r *Report) NoteSum(path, sum string) {
	for _, c := range []*Capture{&r.Captures.Client, &r.Captures.Server} {
		for i := range c.Files {
			if c.Files[i].Path == path {
				c.Files[i].SHA256 = sum
			}
		}
	}
}

// Sentence puts a clause into a sentence.
func Sentence(clause string) string { return sentence(clause) }

// Worth says what is known of the packets that the capture of an end missed.
func (r *Report) Worth(end string) string { return r.capture(end).losses(end) }

// Concerned are the IDs of the connections to show: those that ended badly or with
// which something is wrong, those first that the path ended; if there is none, those
// with findings.
func (r *Report) Concerned() []int {
	wrong, found := map[int]bool{}, map[int]bool{}
	for i := range r.Findings {
		f := &r.Findings[i]
		found[f.Connection] = true
		if grave(f) || lost(f) || maybeLost(f) {
			wrong[f.Connection] = true
		}
	}
	for i := range r.Connections {
		if c := &r.Connections[i]; c.badly() && (c.Ending.ByThePath || c.Verdict != string(judge.Clean)) {
			wrong[c.ID] = true
		}
	}
	if len(wrong) > 0 {
		found = wrong
	}
	var list []int
	for i := range r.Connections {
		if c := &r.Connections[i]; found[c.ID] {
			list = append(list, c.ID)
		}
	}
	slices.SortStableFunc(list, func(a, b int) int { return severity(&r.Connections[b-1]) - severity(&r.Connections[a-1]) })
	return list
}
