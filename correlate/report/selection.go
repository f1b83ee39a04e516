package report

import (
	"fmt"
	"slices"
	"strings"

	"bothends/correlate/judge"
)

// A selection is findings of a report that have something in common.
type selection []*Finding

func (r *Report) selected(which func(*Finding) bool) selection {
	var s selection
	for i := range r.Findings {
		if f := &r.Findings[i]; which(f) {
			s = append(s, f)
		}
	}
	return s
}

// selected picks further.
func (s selection) selected(which func(*Finding) bool) selection {
	var picked selection
	for _, f := range s {
		if which(f) {
			picked = append(picked, f)
		}
	}
	return picked
}

func all(*Finding) bool          { return true }
func injected(f *Finding) bool   { return is(f, judge.Injected) }
func modified(f *Finding) bool   { return is(f, judge.Modified) }
func byOwner(f *Finding) bool    { return is(f, judge.ByAddressOwner) }
func byReceiver(f *Finding) bool { return is(f, judge.ByReceiver) }

// interfering are packets that the path made or changed.
func interfering(f *Finding) bool { return injected(f) || modified(f) || byOwner(f) }

// shut are packets whose window the path set to 0.
func shut(f *Finding) bool {
	return modified(f) && slices.ContainsFunc(f.Evidence, func(e Evidence) bool { return e.Values["sent_window"] != nil })
}

func genuine(f *Finding) bool    { return is(f, judge.Genuine) }
func duplicated(f *Finding) bool { return is(f, judge.Duplicated) }
func lost(f *Finding) bool       { return is(f, judge.Lost) }

// unattributed are packets that arrived and of which nobody can say who made them.
func unattributed(f *Finding) bool { return f.undecided }

func is(f *Finding, v judge.Verdict) bool { return f.Verdict == string(v) }

func conditional(f *Finding) bool { return is(f, judge.Conditional) }

// grave is what the report is about, if there is any.
func grave(f *Finding) bool { return interfering(f) || unattributed(f) }

// thin reports whether a finding has the least confidence that an accusation can have.
func thin(f *Finding) bool { return f.Confidence == string(judge.Supported) }

// maybeLost are packets that were sent and of which nobody can say whether they
// arrived.
func maybeLost(f *Finding) bool { return is(f, judge.Indeterminate) && f.seenAt != f.ReceivedAt }

// at picks those received at an end.
func (s selection) at(end string) selection {
	return s.selected(func(f *Finding) bool { return f.ReceivedAt == end })
}

func (s selection) connections() int {
	seen := map[int]bool{}
	for _, f := range s {
		seen[f.Connection] = true
	}
	return len(seen)
}

// kinds are the names of packets in a sentence, in the order in which they are
// counted.
var kinds = []struct{ name, noun string }{
	{"rst", "reset"}, {"fin", "FIN"}, {"syn", "SYN"}, {"syn-ack", "SYN-ACK"}, {"data", "data packet"}, {"ack", "acknowledgment"}, {"icmp", "ICMP error"},
}

func nounOf(kind string) string {
	for _, k := range kinds {
		if k.name == kind {
			return k.noun
		}
	}
	return "packet"
}

// noun is what all of them are, in the singular.
func (s selection) noun() string {
	for _, f := range s {
		if f.Kind != s[0].Kind {
			return "packet"
		}
	}
	return nounOf(s[0].Kind)
}

// what counts them by kind: "2 resets and 1 FIN".
func (s selection) what() string {
	counts := map[string]int{}
	for _, f := range s {
		counts[nounOf(f.Kind)]++
	}
	var words []string
	for _, k := range kinds {
		if n := counts[k.noun]; n > 0 {
			words = append(words, count(n, k.noun))
		}
	}
	if n := counts["packet"]; n > 0 {
		words = append(words, count(n, "packet"))
	}
	return list(words, len(words))
}

// pick chooses between the words for one and for several.
func pick(n int, one, several string) string {
	if n == 1 {
		return one
	}
	return several
}

// outOf is "1 of 6 connections was" or "3 of 6 connections were", of those that
// could be judged: a connection may be among them of which one capture holds
// nothing.
func (r *Report) outOf(s selection) string {
	n, judged := s.connections(), r.Summary.Paired
	for _, group := range byConnection(s) {
		if r.Connections[group[0].Connection-1].Verdict == string(judge.OneSided) {
			judged++
		}
	}
	if judged == 1 {
		return "the connection was"
	}
	return fmt.Sprintf("%d of %d connections %s", n, judged, pick(n, "was", "were"))
}

func upper(sentence string) string { return strings.ToUpper(sentence[:1]) + sentence[1:] }
