package report

import (
	"fmt"
	"slices"
	"strings"

	"bothends/correlate/ending"
	"bothends/correlate/judge"
)

// What the first line says of connections, where nobody is accused.

// mostReasons is how many reasons the verdict names before it only counts them.
const mostReasons = 3

// undecided is for packets that arrived and of which the captures cannot tell.
func (t *text) undecided() {
	if waiting := t.selected(conditional); len(waiting) > 0 {
		if n := len(waiting.selected(t.intercepting)); n == len(waiting) {
			t.para(doubt, "", "Conditional: another host conducted %s in the server's name if a fact holds that no capture can show. It answered, and nothing came to the server.", count(n, "connection"))
		} else {
			t.para(doubt, "", "Conditional: %s%s arrived that %s made on the way if a fact holds that no capture can show%s.", t.struck(waiting), waiting.what(), pick(len(waiting), "was", "were"), t.perhaps(waiting))
		}
		t.blank()
		t.item("", "- ", "If %s, say so: %s.", needs(waiting[0]), attests(waiting[0]))
		t.blank()
	}
	open := t.selected(func(f *Finding) bool { return unattributed(f) && !conditional(f) })
	n := len(open)
	if n == 0 {
		return
	}
	t.para(doubt, "", "Not decided: %s%s arrived, and these captures cannot tell who made %s%s.", t.struck(open), open.what(), pick(n, "it", "them"), t.perhaps(open))
	var reasons []string
	for _, f := range open {
		if reason := t.obstacle(f); reason != "" && !slices.Contains(reasons, reason) {
			reasons = append(reasons, reason)
		}
	}
	t.blank()
	t.para(plain, "", "Nobody is accused, because:")
	for _, reason := range reasons[:min(len(reasons), mostReasons)] {
		t.item("", "- ", "%s.", reason)
	}
	if more := len(reasons) - mostReasons; more > 0 {
		t.item("", "- ", "%s, given with the findings below.", count(more, "more reason"))
	}
}

// struck says, in a clause before the packets that did it, what became of the connections
// on which packets arrived.
func (t *text) struck(s selection) string {
	refused, cut := 0, 0
	for _, group := range byConnection(s) {
		switch e := t.Connections[group[0].Connection-1].Ending; {
		case e == nil || !slices.ContainsFunc(group, func(f *Finding) bool { return f.ID == e.Finding }):
		case e.Kind == string(ending.RefusedOnTheWay) || e.Kind == string(ending.RefusedByServer):
			refused++
		default:
			cut++
		}
	}
	var clauses []string
	if refused > 0 {
		clauses = append(clauses, fmt.Sprintf("%s refused, on the way or by another machine that has this address or port", count(refused, "connection")+pick(refused, " was", " were")))
	}
	if cut > 0 {
		clauses = append(clauses, fmt.Sprintf("%s cut", count(cut, "connection")+pick(cut, " was", " were")))
	}
	if len(clauses) == 0 {
		return ""
	}
	return strings.Join(clauses, ", ") + ": "
}

// perhaps names the other host that may have made a packet, where what came astray speaks
// for one: a NAT that no longer knew the connection, or a balancer's other backend.
func (t *text) perhaps(s selection) string {
	for _, f := range s {
		for i := range f.Evidence {
			switch e := &f.Evidence[i]; {
			case !e.Decides || e.Outcome == string(judge.Refuted):
			case e.Rule == string(judge.OtherHost):
				return ", perhaps another host behind the same address (a NAT or a balancer) that did not know the connection"
			case e.Rule == string(judge.AddressOwner):
				return ", perhaps by the host that owns the sender's address there (a NAT)"
			}
		}
	}
	return ""
}

// clauseOf is what ended n connections, each by a kind of ending that the path has no part in.
func clauseOf(kind ending.Kind, n int) string {
	was := pick(n, " was", " were")
	switch kind {
	case ending.ResetByClient:
		return fmt.Sprintf("%d%s reset by the client itself", n, was)
	case ending.ResetByServer:
		return fmt.Sprintf("%d%s reset by the server itself", n, was)
	case ending.ResetByReceiver:
		return fmt.Sprintf("%d%s reset by the machine that received the reset", n, was)
	case ending.RefusedByServer:
		return fmt.Sprintf("%d%s refused by the server itself", n, was)
	case ending.SYNUnanswered:
		return fmt.Sprintf("the SYN of %d came to the server, which did not answer", n)
	case ending.GivenUp:
		return fmt.Sprintf("%d%s given up after silence", n, was)
	case ending.SplitByProxy:
		return fmt.Sprintf("%d%s conducted by a proxy", n, was)
	}
	return ""
}

// endedBadly are, in clauses behind an all-clear, the connections that an end did not end
// in order: nobody on the way did that.
func (t *text) endedBadly() string {
	counts := map[ending.Kind]int{}
	for _, c := range t.bad() {
		counts[ending.Kind(c.Ending.Kind)]++
	}
	var clauses []string
	for _, word := range ending.Kinds {
		kind := ending.Kind(word.Name)
		if clause := clauseOf(kind, counts[kind]); counts[kind] > 0 && clause != "" {
			clauses = append(clauses, clause)
		}
	}
	if len(clauses) == 0 {
		return ""
	}
	return "; " + strings.Join(clauses, "; ")
}
