package web

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"bothends/correlate/judge"
	"bothends/correlate/report"
)

// findingsOf counts what was found in a connection.
func (b *builder) findingsOf(c *report.Connection) string {
	var words []string
	counts := map[string]int{}
	for i := range b.report.Findings {
		f := &b.report.Findings[i]
		if f.Connection != c.ID {
			continue
		}
		word := f.Verdict + " " + kindOf(f)
		if counts[word]++; counts[word] == 1 {
			words = append(words, word)
		}
	}
	for i, word := range words {
		if n := counts[word]; n > 1 {
			words[i] = fmt.Sprintf("%d %ss", n, word)
		} else {
			words[i] = "1 " + word
		}
	}
	return strings.Join(words, ", ")
}

func kindOf(f *report.Finding) string {
	switch f.Kind {
	case "rst":
		return "reset"
	case "icmp":
		return "ICMP error"
	case "data":
		return "segment with data"
	}
	return strings.ToUpper(f.Kind)
}

// headersOf is what the packet says of itself.
func headersOf(f *report.Finding) string {
	if f.Kind == "icmp" {
		return fmt.Sprintf("%s to %s, about what was sent there with seq %d, TTL %d", f.Src, f.Dst, f.Seq, f.TTL)
	}
	return fmt.Sprintf("%s to %s, flags %s, seq %d, ack %d, TTL %d", f.Src, f.Dst, f.Flags, f.Seq, f.Ack, f.TTL)
}

func titleOf(f *report.Finding) string {
	switch judge.Verdict(f.Verdict) {
	case judge.Injected, judge.Conditional:
		return fmt.Sprintf("Finding %d: %s in the name of the %s, received by the %s: %s, %s", f.ID, kindOf(f), f.ClaimedSender, f.ReceivedAt, f.Verdict, f.Confidence)
	}
	return fmt.Sprintf("Finding %d: %s of the %s: %s, %s", f.ID, kindOf(f), f.ClaimedSender, f.Verdict, f.Confidence)
}

type finding struct {
	ID              int
	Title, Where    string
	Trigger, Place  string
	Pattern         string
	Open            bool
	Filters         []filter
	Signs, Refusals []evidence
}

// filter shows a packet in Wireshark.
type filter struct{ File, Packet, Note string }

func (b *builder) findings(id int) (list []finding) {
	for i := range b.report.Findings {
		f := &b.report.Findings[i]
		if f.Connection != id {
			continue
		}
		at := f.Time
		if t, err := time.Parse(time.RFC3339Nano, f.Time); err == nil {
			at = t.In(b.options.Zone).Format(timeLayout)
		}
		one := finding{ID: f.ID, Title: titleOf(f), Filters: filtersOf(f),
			Where: fmt.Sprintf("%s, by the clock of that recording. %s.", at, headersOf(f)),
			Open:  len(list) < mostOpen && f.Verdict != string(judge.Genuine) && f.Verdict != string(judge.Lost)}
		one.Signs, one.Refusals = evidenceOf(f.Evidence, b.options.Zone)
		if t := f.Trigger; t != nil && t.Frame != 0 {
			reached := map[string]string{"yes": " That reached the other end all the same.", "no": " That did not reach the other end."}[t.Reached]
			says := "It answers"
			if !t.Sure() {
				says = "What it answers is not certain; the last before it was"
			}
			one.Trigger = fmt.Sprintf("%s %s from the %s (frame %d in %s).%s", says, report.Escape(t.Text), t.SentAt, t.Frame, name(t.File), reached)
		}
		if l := f.Location; l != nil && l.FromClientMS != nil && l.FromServerMS != nil {
			one.Place = fmt.Sprintf("By time it was made %.1f to %.1f ms from the client and %.1f to %.1f ms from the server, one way. This assumes: %s.",
				l.FromClientMS.Lo, l.FromClientMS.Hi, l.FromServerMS.Lo, l.FromServerMS.Hi, strings.TrimSuffix(l.Assumes, "."))
		}
		if f.Pattern != "" {
			one.Pattern = fmt.Sprintf("It resembles “%s”: %s. %s", f.Pattern, report.Escape(strings.TrimSuffix(f.PatternWhy, ".")), f.Advice)
		}
		list = append(list, one)
	}
	slices.SortStableFunc(list, func(x, y finding) int {
		if x.Open == y.Open {
			return 0
		}
		if x.Open {
			return -1
		}
		return 1
	})
	return list
}

func filtersOf(f *report.Finding) (list []filter) {
	for _, end := range []struct {
		name string
		*report.Filter
	}{{"client", f.Filters.Client}, {"server", f.Filters.Server}} {
		switch {
		case end.Filter == nil:
		case end.Held:
			list = append(list, filter{name(end.File), end.Packet, "shows it"})
		default:
			where := "the " + end.name + "'s recording"
			if end.File != "" {
				where = name(end.File)
			}
			list = append(list, filter{where, end.Packet, "shows that it is not there"})
		}
	}
	return list
}

// evidence is one row, with its question or claim in words.
type evidence struct {
	Rule, Outcome, Text string
	Attested            bool
}

// evidenceOf parts the signs from the innocent explanations. An explanation that its
// own test leaves open, and a sign excludes, is shown as excluded by that sign.
func evidenceOf(all []report.Evidence, zone *time.Location) (signs, explanations []evidence) {
	for _, e := range all {
		row := evidence{claim(e.Rule), e.Outcome, report.Sentence(e.Said(zone)), e.Attested}
		if e.Outcome == string(judge.Open) && len(e.RefutedBy) > 0 {
			var by []string
			for _, sign := range e.RefutedBy {
				by = append(by, claim(sign))
			}
			row.Outcome = string(judge.Refuted)
			row.Text = fmt.Sprintf("Excluded by what speaks for it: %s. By itself: %s", strings.Join(by, "; "), e.Said(zone)+".")
		}
		switch e.Outcome {
		case string(judge.Supports), string(judge.Contradicts):
			signs = append(signs, row)
		default:
			explanations = append(explanations, row)
		}
	}
	return signs, explanations
}

// claim is what a rule asks, in the words of the judgement's tables.
func claim(rule string) string {
	for i := range judge.Hypotheses {
		if h := &judge.Hypotheses[i]; string(h.Name) == rule {
			return "Perhaps " + h.Claim + "?"
		}
	}
	for i := range judge.Signs {
		if s := &judge.Signs[i]; string(s.Name) == rule {
			return strings.ToUpper(s.Claim[:1]) + s.Claim[1:]
		}
	}
	return rule
}
