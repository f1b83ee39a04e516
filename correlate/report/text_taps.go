package report

import (
	"fmt"
	"strings"

	"bothends/correlate/judge"
)

// taps tells, of more than two taps on a path, between which of them what was found
// happened, and how many packets were lost or changed on each stretch.
func (t *text) taps() {
	if len(t.Taps) == 0 {
		return
	}
	t.section("BETWEEN THE TAPS")
	t.para(plain, "  ", "The path: %s.", t.pathInWords())
	for _, line := range t.stretches() {
		t.item("  ", "- ", "%s", line)
	}
	for i := range t.Crossings {
		c := &t.Crossings[i]
		if c.Paired == 0 {
			t.item("  ", "- ", "Between %q and %q: no connection is in both captures.", c.From, c.To)
			continue
		}
		if n := c.Ledger.Lost; n > 0 {
			t.item("  ", "- ", "Between %q and %q: %s sent and did not arrive, of %d.", c.From, c.To, count(int(n), "packet")+pick(int(n), " was", " were"), c.Ledger.Segments)
		}
	}
	t.blank()
}

func (t *text) pathInWords() string {
	var names []string
	for i := range t.Taps {
		tap := &t.Taps[i]
		name := fmt.Sprintf("%q", tap.Name)
		if len(tap.Capture.Files) > 0 {
			name += fmt.Sprintf(" (%s)", given(tap.Capture.Files[0].Path))
		}
		names = append(names, name)
	}
	return strings.Join(names, ", then ")
}

// stretches has a sentence for each thing that happened on each stretch: how many packets
// and which connections.
func (t *text) stretches() (lines []string) {
	type happening struct{ what, text string }
	var order []happening
	packets, connections := map[happening]int{}, map[happening][]int{}
	note := func(h happening, connection, n int) {
		if packets[h]+len(connections[h]) == 0 {
			order = append(order, h)
		}
		packets[h] += n
		if c := connections[h]; len(c) == 0 || c[len(c)-1] != connection { // they come in order
			connections[h] = append(c, connection)
		}
	}
	for i := range t.Findings {
		if f := &t.Findings[i]; f.Stretch != nil {
			note(happening{nounOf(f.Kind), f.Stretch.Text + confidently(f.Stretch)}, f.Connection, 1)
		}
	}
	for i := range t.Connections {
		c := &t.Connections[i]
		if c.Ending != nil && c.Ending.Stretch != nil && c.Ending.Finding == 0 {
			note(happening{c.Ending.Kind, c.Ending.Stretch.Text + confidently(c.Ending.Stretch)}, c.ID, 0)
		}
	}
	for _, h := range order {
		what := h.what
		if n := packets[h]; n > 0 {
			what = count(n, h.what)
		}
		lines = append(lines, fmt.Sprintf("%s: %s; %s.", what, h.text, numbered(connections[h])))
	}
	return lines
}

func confidently(s *Stretch) string {
	if s.Confidence == "" || s.Confidence == string(judge.Unsure) {
		return ""
	}
	return " (" + s.Confidence + ")"
}

// numbered names connections by their numbers, the first of many.
func numbered(ids []int) string {
	var words []string
	for _, id := range ids[:min(len(ids), mostHit)] {
		words = append(words, fmt.Sprint(id))
	}
	text := pick(len(ids), "connection ", "connections ") + strings.Join(words, ", ")
	if more := len(ids) - mostHit; more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return text
}
