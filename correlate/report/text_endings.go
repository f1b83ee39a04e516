package report

import (
	"fmt"

	"bothends/correlate/ending"
	"bothends/correlate/judge"
)

// mostEndings is how many connections that ended badly are listed.
const mostEndings = 10

// harmlessEndings are those of connections of which nobody asks who cut them.
var harmlessEndings = []ending.Kind{ending.Closed, ending.OpenAtEnd}

// badly reports whether a connection ended otherwise than in order. What one capture
// alone holds of other people's connections is not told.
func (c *Connection) badly() bool {
	for _, kind := range harmlessEndings {
		if c.Ending == nil || c.Ending.Kind == string(kind) {
			return false
		}
	}
	return c.Verdict != string(judge.OneSided) || c.Ending.ByThePath || c.Ending.Kind != string(ending.NotCovered) || c.ClientView.Client != ""
}

// bad are the connections that ended badly: those first that the path ended.
func (t *text) bad() (list []*Connection) {
	for _, path := range []bool{true, false} {
		for i := range t.Connections {
			if c := &t.Connections[i]; c.badly() && c.Ending.ByThePath == path {
				list = append(list, c)
			}
		}
	}
	return list
}

// endedOnTheWay says in one line what the path did, where it forged and changed
// nothing.
func (t *text) endedOnTheWay(style style, before string) {
	list := t.bad()
	if len(list) == 0 {
		return
	}
	first := list[0]
	more := 0
	for _, c := range list[1:] {
		if c.Ending.ByThePath {
			more++
		}
	}
	also := ""
	if more > 0 {
		also = fmt.Sprintf("; %s ended on the way as well", count(more, "other connection"))
	}
	t.para(style, "", "%s%s%s.", before, upper(first.Ending.Text), also)
	for i := range first.Ending.Evidence {
		t.para(plain, "", "%s", sentence(t.said(&first.Ending.Evidence[i])))
	}
	t.para(plain, "", "How sure: %s.", sureOf(first.Ending))
}

// sureOf puts the confidence of an ending into words.
func sureOf(e *Ending) string {
	switch judge.Confidence(e.Confidence) {
	case judge.Proven, judge.Strong:
		return e.Confidence
	case judge.Supported:
		return "supported; these recordings do not exclude everything else"
	}
	return "not decided"
}

// endings lists what ended the connections that did not end in order.
func (t *text) endings() {
	list := t.bad()
	if len(list) == 0 {
		return
	}
	t.heading("HOW THE CONNECTIONS ENDED")
	for i, c := range list {
		if i == mostEndings && !t.all {
			t.para(plain, "  ", "... and %s (--all lists them).", count(len(list)-i, "more connection"))
			break
		}
		t.item("  ", fmt.Sprintf("%d  ", c.ID), "%s: %s (%s, %s; stage %s).", c.ends(), c.Ending.Text, c.Ending.Kind, sureOf(c.Ending), c.Ending.Stage)
	}
	if n := t.Summary.Endings[string(ending.Closed)]; n > 0 {
		t.para(plain, "  ", "%s closed in order.", count(n, "connection")+pick(n, " was", " were"))
	}
	if n := t.Summary.Endings[string(ending.OpenAtEnd)]; n > 0 {
		t.para(plain, "  ", "%s still open when the recordings end.", count(n, "connection")+pick(n, " was", " were"))
	}
}

// adviceOnEndings says what to look at next, for each ending that the path made once.
func (t *text) adviceOnEndings() {
	given := map[string]bool{}
	for _, c := range t.bad() {
		if a := c.Ending.Advice; a != "" && c.Ending.Finding == 0 && !given[a] {
			given[a] = true
			t.item("  ", "- ", "%s", a)
		}
	}
}
