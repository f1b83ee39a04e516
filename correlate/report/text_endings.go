package report

import (
	"fmt"
	"slices"
	"strings"

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
		if c.Ending == nil || c.Ending.Kind == string(kind) && c.Ending.Pattern == "" {
			return false
		}
	}
	return c.Verdict != string(judge.OneSided) || c.Ending.ByThePath || c.Ending.Kind != string(ending.NotCovered) || c.ClientView.Client != ""
}

// bad are the connections that ended badly: those first that the path ended, of those
// the surest.
func (t *text) bad() (list []*Connection) {
	for i := range t.Connections {
		if c := &t.Connections[i]; c.badly() {
			list = append(list, c)
		}
	}
	slices.SortStableFunc(list, func(a, b *Connection) int { return a.Ending.rank() - b.Ending.rank() })
	return list
}

// rank orders endings for readers: those that the path made by how sure that is, then
// the others.
func (e *Ending) rank() int {
	if !e.ByThePath {
		return len(judge.Confidences)
	}
	return slices.IndexFunc(judge.Confidences, func(w judge.Word) bool { return w.Name == e.Confidence })
}

// forged reports whether a packet is injected, and not part of an interception.
func (t *text) forged(f *Finding) bool { return injected(f) && !t.intercepting(f) }

// intercepting reports whether a packet is the answer by which another host began to
// conduct a connection.
func (t *text) intercepting(f *Finding) bool {
	e := t.Connections[f.Connection-1].Ending
	return e != nil && e.Kind == string(ending.Intercepted) && e.Finding == f.ID
}

// besides are, in clauses behind a headline on forged packets, the connections that the
// path ended by other means.
func (t *text) besides() (clauses string) {
	for _, kind := range []ending.Kind{ending.SwallowedContent, ending.SwallowedSize, ending.SwallowedAll, ending.SYNNotArrived, ending.Intercepted} {
		sure, doubtful := 0, 0
		what := ""
		for i := range t.Connections {
			switch e := t.Connections[i].Ending; {
			case e == nil || e.Kind != string(kind):
			case e.Proved:
				sure++
				what = e.What
			default:
				doubtful++
				what = e.What
			}
		}
		if sure > 0 {
			clauses += fmt.Sprintf("; %d %s", sure, deed(kind, what, sure))
		}
		if doubtful > 0 {
			clauses += fmt.Sprintf("; %d perhaps %s", doubtful, deed(kind, what, doubtful))
		}
	}
	return clauses
}

// deed is what the path did to n connections, what being what it swallowed.
func deed(kind ending.Kind, what string, n int) string {
	its := pick(n, "its", "their")
	switch kind {
	case ending.SwallowedContent:
		if what == "" {
			return "lost one of " + its + " packets on the way, in every copy"
		}
		return "lost " + its + " " + strings.TrimPrefix(what, "the ") + " on the way, in every copy"
	case ending.SwallowedSize:
		return "lost " + its + " large packets on the way"
	case ending.SwallowedAll:
		return "lost all that one end sent on the way, from some packet on"
	case ending.SYNNotArrived:
		return "lost " + its + " SYN on the way, in every copy"
	}
	return pick(n, "was", "were") + " conducted by another host in the server's name"
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
	text := first.Ending.Text
	if first.Ending.Kind == string(ending.Intercepted) {
		text = "one connection was " + text
	}
	t.para(style, "", "%s%s%s.", before, text, also)
	for i := range first.Ending.Evidence {
		if e := &first.Ending.Evidence[i]; e.Decides && e.Text != text {
			t.para(plain, "", "%s", sentence(t.said(e)))
		}
	}
	t.para(plain, "", "How sure: %s.", sureOf(first.Ending))
}

// sureOf puts the confidence of an ending into words.
func sureOf(e *Ending) string {
	switch judge.Confidence(e.Confidence) {
	case judge.Proven, judge.Strong:
		return e.Confidence
	case judge.Supported:
		if e.Proved && strings.HasPrefix(e.Kind, "swallowed") {
			return "strong that the path did it, and supported in what it lets through"
		}
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
		t.item("  ", fmt.Sprintf("%d  ", c.ID), "%s: %s (%s, %s; stage %s).", c.ends(), c.Ending.Text, c.Ending.Kind, sureOf(c.Ending), c.Ending.staged())
		n := mostSaid
		if t.all {
			n = len(c.Log)
		}
		t.quoted(c, n, "     ")
	}
	listed := map[string]int{}
	for _, c := range list {
		listed[c.Ending.Kind]++
	}
	if n := t.Summary.Endings[string(ending.Closed)] - listed[string(ending.Closed)]; n > 0 {
		t.para(plain, "  ", "%s closed in order.", count(n, "connection")+pick(n, " was", " were"))
	}
	if n := t.Summary.Endings[string(ending.OpenAtEnd)] - listed[string(ending.OpenAtEnd)]; n > 0 {
		t.para(plain, "  ", "%s still open when the recordings end.", count(n, "connection")+pick(n, " was", " were"))
	}
	t.logs()
}

// staged is how far the connection had come, in the words of the study of connection
// tampering, too, if that has a signature for it.
func (e *Ending) staged() string {
	if e.Signature == "" {
		return e.Stage
	}
	return fmt.Sprintf("%s, %s %s", e.Stage, e.StudyStage, e.Signature)
}

// adviceOnEndings says what to look at next, for each ending that the path made once.
func (t *text) adviceOnEndings() {
	given := map[string]bool{}
	for _, c := range t.bad() {
		if a := c.Ending.Advice; a != "" && (c.Ending.Finding == 0 || c.Ending.Kind == string(ending.Intercepted)) && !given[a] {
			given[a] = true
			t.item("  ", "- ", "%s", a)
		}
	}
}
