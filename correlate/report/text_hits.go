package report

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"bothends/correlate/judge"
)

// hits has a line for each connection that ended badly or with which something is
// wrong: when, who, what, and how sure.
func (t *text) hits() {
	graves := map[int]selection{}
	for _, group := range byConnection(t.selected(grave)) {
		graves[group[0].Connection] = group
	}
	var list []*Connection
	for i := range t.Connections {
		if c := &t.Connections[i]; c.badly() || graves[c.ID] != nil {
			list = append(list, c)
		}
	}
	slices.SortStableFunc(list, func(a, b *Connection) int { return severity(b) - severity(a) })
	rest, more := len(t.Connections)-len(list), max(0, len(list)-mostHit)
	list = list[:len(list)-more]
	title, host := "ENDED BADLY OR IN DOUBT", ""
	if len(list) > 0 {
		host = list[0].serverHost()
	}
	for _, c := range list {
		if c.serverHost() != host {
			host = ""
		}
	}
	if host != "" {
		title += ", with " + host
	}
	if len(list) > 0 {
		title += list[0].moment().In(t.zone).Format(" (2006-01-02, MST)")
	}
	t.section(title)
	for _, c := range list {
		what := graves[c.ID].inWords()
		if c.badly() {
			what = fmt.Sprintf("%s, %s", strings.ReplaceAll(c.Ending.Kind, "-", " "), c.Ending.Confidence)
			if c.Ending.Pattern != "" {
				what += ", " + c.Ending.Pattern
			}
		}
		who := c.short()
		if host != "" {
			who = strings.Replace(who, host, "", 1)
		}
		t.item("  ", fmt.Sprintf("%d  %s  ", c.ID, c.moment().In(t.zone).Format("15:04:05")), "%s: %s", who, what)
		t.quoted(c, 1, "     ")
	}
	switch {
	case more > 0:
		t.para(plain, "  ", "... and %s (--details lists %s).", count(more, "more connection"), pick(more, "it", "them"))
	case len(list) == 0:
		alone := ""
		if n := len(t.Connections) - t.Summary.Paired; n > 0 {
			alone = fmt.Sprintf("; %s in one capture only, and not judged", count(n, "other")+pick(n, " is", " are"))
		}
		t.para(plain, "  ", "None of %s that both captures hold%s.", count(t.Summary.Paired, "connection"), alone)
	case rest > 0:
		t.para(plain, "  ", "Nothing of the kind in the other %s.", pick(rest, "one", fmt.Sprint(rest)))
	}
	t.logs()
}

// severity puts those first that the path ended.
func severity(c *Connection) int {
	switch {
	case c.Ending != nil && c.Ending.ByThePath, c.Verdict == string(judge.Tampered):
		return 2
	case c.badly():
		return 1
	}
	return 0
}

// moment is when it ended, by the clock of the capture that tells.
func (c *Connection) moment() time.Time { return time.Unix(0, int64(c.Last)) }

// serverHost is the address of the server as the client's end sees it.
func (c *Connection) serverHost() string {
	v := c.ClientView
	if v.Server == "" {
		v = c.ServerView
	}
	at := strings.LastIndex(v.Server, ":")
	return v.Server[:max(0, at)]
}

// short names a connection as the client's end sees it.
func (c *Connection) short() string {
	if arrow := c.ClientView.arrow(); arrow != "" {
		return arrow
	}
	return c.ServerView.arrow()
}

// inWords counts what hit a connection: "2 injected, proven" if these are resets.
func (s selection) inWords() string {
	if len(s) == 0 {
		return ""
	}
	var words []string
	for _, b := range bursts(s) {
		word := b[0].Verdict + ", " + b[0].Confidence
		if b[0].Verdict == b[0].Confidence {
			word = b[0].Verdict
		}
		if !slices.Contains(words, word) {
			words = append(words, word)
		}
	}
	if s.noun() == "reset" {
		return fmt.Sprintf("%d %s", len(s), strings.Join(words, "; "))
	}
	return s.what() + ": " + strings.Join(words, "; ")
}
