package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"bothends/correlate/judge"
	"bothends/correlate/outcome"
)

// verdict says in one line what came of it, then in a few what that means.
func (t *text) verdict() {
	switch t.outcome.Status() {
	case outcome.Interference:
		t.interference()
	case outcome.Unproved:
		t.doubt()
	case outcome.Clean:
		t.clean()
	default:
		t.para(doubt, "", "Nothing could be compared: no connection is in both captures.")
	}
}

func (t *text) interference() {
	forged, changed := t.selected(t.forged), t.selected(modified)
	if len(t.selected(interfering)) == len(t.selected(t.intercepting)) {
		t.endedOnTheWay(alarm, "Interference: ")
		return
	}
	if owned := t.selected(byOwner); len(forged)+len(changed) == 0 && len(owned) > 0 {
		t.byOwner(owned)
		return
	}
	thin := ""
	if len(changed) == 0 && forged.allThin() {
		thin = ", on thin evidence"
	}
	switch {
	case len(forged) > 0 && len(changed) > 0:
		t.para(alarm, "", "Interference: %s hit by forged packets, and %s changed on the way%s.", t.outOf(forged), changed.what()+pick(len(changed), " was", " were"), t.besides())
	case len(forged) > 0:
		t.para(alarm, "", "Interference%s: %s hit by %s%s%s.", thin, t.outOf(forged), forgedNoun(forged), inVain(forged), t.besides())
	default:
		t.para(alarm, "", "Interference: %s changed on the way%s.", changed.what()+pick(len(changed), " was", " were"), t.besides())
	}
	if len(forged) > 0 {
		t.blank()
		t.forgedWhere(forged)
		t.howSure(forged, "")
	}
	if n, content := len(changed), changed.selected(func(f *Finding) bool { return !shut(f) }); n > len(content) {
		t.blank()
		t.para(plain, "", "%s arrived with a window of 0 and had left with another: so a box makes a session hang without a reset.", changed.selected(shut).what())
		if changed = content; n > 0 && len(content) == 0 {
			t.howSure(t.selected(shut), "both captures hold it, with different windows")
		}
	}
	if n := len(changed); n > 0 {
		t.blank()
		t.para(plain, "", "%s arrived with other content than the capture of the end that sent %s shows, and what was sent did not arrive. %s changed between the two taps.",
			changed.what(), pick(n, "it", "them"), pick(n, "It was", "They were"))
	}
	if len(changed) > 0 {
		t.howSure(changed, "both captures hold it, with different content")
	}
	if open := t.selected(unattributed); len(open) > 0 {
		t.blank()
		t.para(plain, "", "%s arrived, and these captures cannot tell who made %s.", "Besides, "+open.what(), pick(len(open), "it", "them"))
	}
}

// byOwner is for resets of a host on the way that owns an end's address.
func (t *text) byOwner(owned selection) {
	f := owned[0]
	t.para(alarm, "", "Cut on the way, by no forger: %s made by the host that owns the %s's address there, as one that no longer knows the connection%s.",
		owned.what()+pick(len(owned), " was", " were"), f.ClaimedSender, t.besides())
	t.blank()
	t.para(plain, "", "%s", upper(t.obstacle(f))+".")
}

// allThin reports whether not one of them is more than supported.
func (s selection) allThin() bool {
	return len(s.selected(thin)) == len(s)
}

func forgedNoun(s selection) string {
	if len(s) == 1 {
		return "a forged " + s.noun()
	}
	return "forged " + plural(s.noun())
}

// inVain says of forged resets that all of them ended nothing.
func inVain(forged selection) string {
	none := func(f *Finding) bool { return f.Effect == effectNone }
	if len(forged.selected(none)) < len(forged) {
		return ""
	}
	return ", which ended nothing"
}

// effectOf says what forged packets did to the connections that they came on.
func (t *text) effectOf(forged selection) string {
	switch forged.noun() {
	case "FIN":
		return " A FIN says that no more data will follow."
	case "reset":
	default:
		return ""
	}
	ended := 0
	for _, group := range byConnection(forged) {
		if slices.ContainsFunc(group, func(f *Finding) bool { return f.Effect == effectEnded }) {
			ended++
		}
	}
	none := forged.selected(func(f *Finding) bool { return f.Effect == effectNone })
	switch {
	case len(none) == 0:
		return " A reset ends a connection at once."
	case len(none) == len(forged):
		return pick(len(none), " It", " They") + " ended nothing: " + pick(len(none), none[0].EffectWhy, "what came after shows that no host took them for an end") + "."
	}
	return fmt.Sprintf(" %s of them ended nothing, as what came after shows; %s cut by the others.", upper(number(len(none))), count(ended, "connection")+pick(ended, " was", " were"))
}

// number is a small number in words, or in digits.
func number(n int) string {
	if words := []string{"none", "one", "two", "three", "four", "five", "six"}; n < len(words) {
		return words[n]
	}
	return fmt.Sprint(n)
}

// forgedWhere says what the accusation amounts to.
func (t *text) forgedWhere(forged selection) {
	client, server := forged.at("client"), forged.at("server")
	made := pick(len(forged), "It was", "They were") + " made between the two taps."
	if forged.allThin() {
		made = "As far as these captures show, " + pick(len(forged), "it was", "they were") + " made between the two taps."
	}
	made += t.effectOf(forged)
	if len(client) > 0 && len(server) > 0 {
		t.para(plain, "", "%s arrived, %d at the client and %d at the server, that did not pass the tap at the end they claim to come from. %s",
			forged.what(), len(client), len(server), made)
		return
	}
	receiver := forged[0].ReceivedAt
	t.para(plain, "", "%s arrived at the %s that did not pass the tap at the %s, from where %s to come. %s",
		forged.what(), receiver, otherEnd(receiver), pick(len(forged), "it claims", "they claim"), made)
}

// howSure counts the confidences of findings and says what they mean, unless
// another meaning is given.
func (t *text) howSure(s selection, meaning string) {
	counts := map[string]int{}
	for _, f := range s {
		counts[f.Confidence]++
	}
	t.blank()
	for _, level := range judge.Confidences {
		means := cmp.Or(meaning, inBrief(level.Meaning))
		switch n := counts[level.Name]; {
		case n == 0:
		case n == len(s):
			t.item("", "How sure: ", "%s; %s.", level.Name, means)
		default:
			t.item("", "How sure: ", "%s %s; %s.", count(n, "finding"), level.Name, means)
		}
	}
}

// inBrief is the first sentence of a meaning, as a clause.
func inBrief(meaning string) string {
	first, _, _ := strings.Cut(strings.TrimSuffix(meaning, "."), ". ")
	return strings.ToLower(first[:1]) + first[1:]
}
