package report

import (
	"bothends/correlate/ending"
	"bothends/correlate/judge"
	"bothends/correlate/segment"
	"bothends/correlate/tap"
)

func (in *Input) finding(f *judge.Finding) Finding {
	out := Finding{
		Kind: f.Kind, Verdict: string(f.Verdict), Confidence: string(f.Confidence),
		ReceivedAt: f.ReceivedAt.String(), ClaimedSender: f.ReceivedAt.Other().String(), seenAt: f.SeenAt.String(), undecided: f.Undecided(), absence: string(f.Absence),
		Src: f.Src.String(), Dst: f.Dst.String(), Seq: f.Seq, Flags: f.Flags.String(),
		TTL: f.TTL, IPID: f.IPID, Window: f.Window, Payload: f.PayloadLen,
		Time: Stamp(f.TimeNS), File: in.path(f.SeenAt, f.File), Frame: f.Number,
		Evidence: []Evidence{}, Pattern: string(f.Pattern), PatternWhy: f.PatternWhy, Advice: f.Advice,
	}
	if f.Flags&segment.ACK != 0 {
		out.Ack = f.Ack
	}
	if f.Twin.Number != 0 {
		out.TwinFile, out.TwinFrame = in.path(f.SeenAt.Other(), f.Twin.File), f.Twin.Number
	}
	out.Trigger, out.Location = in.trigger(f.Trigger), location(f.Place)
	for _, needed := range f.Needs {
		out.Needs = append(out.Needs, needed.String())
	}
	for _, s := range f.Evidence {
		out.Evidence = append(out.Evidence, evidence(&s))
	}
	return out
}

func evidence(s *judge.Step) Evidence {
	return Evidence{Rule: string(s.Rule), Outcome: string(s.Outcome), Text: s.Text, Values: s.Values,
		Refutes: names(s.Refutes), RefutedBy: names(s.By), Decides: s.Decides, Attested: s.Attested}
}

func names(list []judge.Name) (names []string) {
	for _, n := range list {
		names = append(names, string(n))
	}
	return names
}

// effect is what a reset did, in the word of the report, and how that is known.
func effect(effects map[int]ending.Effect, i int) (what, why string) {
	e, known := effects[i]
	switch {
	case !known:
		return "", ""
	case e.Ended:
		return effectEnded, ""
	case e.Why != "":
		return effectNone, e.Why
	}
	return "", ""
}

// What a reset did.
const (
	effectEnded = "ended"
	effectNone  = "none"
)

func (in *Input) path(end tap.End, index int32) string { return in.Files[end][index].Path }
