package report

import (
	"slices"
	"strings"

	"bothends/correlate/judge"
	"bothends/correlate/outcome"
)

// next says what to do with the outcome.
func (t *text) next() {
	t.heading("WHAT TO DO NEXT")
	t.advice()
}

// advice is what stands under that heading.
func (t *text) advice() {
	switch t.outcome.Status() {
	case outcome.Interference:
		t.afterInterference()
	case outcome.Unproved:
		if open := t.selected(unattributed); len(open) > 0 {
			t.recordBetter(open)
			t.toCheck(open)
		} else if t.outcome.Partial() {
			t.para(plain, "  ", "Record again at both ends, from before the session until ten seconds after it, so that both hold all of it.")
		}
	default:
		t.afterNothing()
	}
	t.adviceOnEndings()
}

func (t *text) afterInterference() {
	if len(t.selected(interfering)) == len(t.selected(t.intercepting)) {
		t.para(plain, "  ", "Give this report and both captures to whoever runs the network between the two ends.")
		return
	}
	t.para(plain, "  ", "Give this report and both captures to whoever runs the network between the two ends, and ask what there makes such packets: a firewall, a filter, an intrusion prevention system. The frames named above can be checked with Wireshark.")
	t.toCheck(t.selected(interfering))
	if forged := t.selected(injected); len(forged.selected(thin)) > 0 {
		t.blank()
		t.para(plain, "  ", "To make the weaker findings stronger, record again with more traffic in it, also sessions that succeed: the more packets are known to have been recorded, the less can have been missed.")
	}
}

// toCheck gives what to look at for each pattern that findings resemble. Who
// forged a packet is open, so that its alleged sender does not matter.
func (t *text) toCheck(s selection) {
	var kinds []string
	alike := map[string]selection{}
	for _, f := range s {
		if f.Advice == "" {
			continue
		}
		kind := f.Verdict + f.Pattern
		if !grave(f) {
			kind += f.ClaimedSender
		}
		if alike[kind] == nil {
			kinds = append(kinds, kind)
		}
		alike[kind] = append(alike[kind], f)
	}
	if len(kinds) > 0 && !t.tight {
		t.blank()
	}
	for _, kind := range kinds {
		like := alike[kind]
		f, from := like[0], ""
		if !grave(f) {
			from = " from the " + f.ClaimedSender
		}
		t.item("  ", "- ", "%s%s, resembling %q: %s", like.what(), from, f.Pattern, f.Advice)
	}
}

const moreSessions = "Have more sessions in them, also such as succeed: the more packets are known to have been recorded, the less can have been missed."

// recordBetter says what would settle what is undecided: what the deciding rows of
// the table advise.
func (t *text) recordBetter(s selection) {
	t.para(plain, "  ", "Record again at both ends, so that the captures can decide:")
	var given []string
	for _, f := range s {
		for i := range f.Evidence {
			e := &f.Evidence[i]
			hypothesis := judge.HypothesisNamed(judge.Name(e.Rule))
			if !e.Decides || hypothesis == nil || slices.Contains(given, hypothesis.Advice) {
				continue
			}
			given = append(given, hypothesis.Advice)
			t.item("  ", "- ", "%s", strings.ReplaceAll(hypothesis.Advice, "END:", f.ClaimedSender+":"))
		}
	}
	if len(given) == 0 {
		t.item("  ", "- ", "%s", moreSessions)
	}
}

func (t *text) afterNothing() {
	resets := t.selected(func(f *Finding) bool { return f.Kind == "rst" && genuine(f) })
	switch client, server := resets.at("server"), resets.at("client"); {
	case len(client) > 0 && len(server) > 0:
		t.para(plain, "  ", "Both ends reset connections themselves: look at the logs of both at the times given, of the programs and of the firewall on the host.")
	case len(server) > 0:
		t.para(plain, "  ", "The resets passed the tap at the server on their way out: look at the server's logs at the times given, of its programs and of its firewall.")
	case len(client) > 0:
		t.para(plain, "  ", "The resets passed the tap at the client on their way out: look at the client's logs at the times given, of its programs and of its firewall.")
	case len(t.selected(lost)) > 0:
		t.para(plain, "  ", "Packets were lost on the way. If sessions fail, look for losses (and for what drops such packets) rather than for forgery.")
	case t.Summary.Connections > t.Summary.Paired:
		t.para(plain, "  ", "If the session that failed is among those in one capture only, its packets did not get as far as the other tap, or that capture lacks them: see the reasons given above.")
	case t.segmentsLost() > 0:
		t.para(plain, "  ", "Packets were lost on the way, and sent again. If sessions are slow, look for losses.")
	case t.cutShort() > 0:
		t.para(plain, "  ", "If sessions failed while this was recorded, record again with whole packets (bothcap without --headers-only, tcpdump without -s): what was said was not compared.")
	case len(t.unheeded()) > 0:
		t.para(plain, "  ", "On %s what one end sent came to the other again and again without being acknowledged. %s", count(len(t.unheeded()), "connection"), t.unheeded()[0].Ending.Advice)
	case len(t.unasked()) > 0:
		t.para(plain, "  ", "If sessions failed while this was recorded, look at the proxy: %s", t.unasked()[0].Ending.Advice)
	case t.troubled() > 0:
		t.para(plain, "  ", "The path made and changed nothing, but what troubled %s shows in what passed:", count(t.troubled(), "connection"))
	default:
		t.para(plain, "  ", "If sessions failed while this was recorded, the cause is not in what passed between the two taps; if none failed, record again until one does.")
	}
	t.toCheck(t.selected(func(f *Finding) bool { return !grave(f) }))
}
