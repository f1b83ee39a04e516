package ending

import (
	"fmt"
	"slices"

	"bothends/correlate/judge"
	"bothends/correlate/pair"
	"bothends/correlate/tap"
)

// Swallowed is the step that says what never arrived, and what did meanwhile.
const Swallowed judge.Name = "swallowed"

// Thresholds of the chance that a segment was lost so often by accident, adjusted for all
// segments that lost a copy.
const (
	surelySwallowed = 0.01
	maybeSwallowed  = 0.05
)

// swallowed is the ending of a connection of which something never arrived, in any
// copy, while the sender sent it again and again.
func (e *ender) swallowed(c *judge.Case) (end Ending, found bool) {
	for sender := range c.Streams {
		s := e.suspicions[&c.Streams[sender]]
		if s == nil {
			continue
		}
		if one := e.swallowedIn(s, c.Pair); !found || one.Confidence != judge.Unsure {
			end, found = one, true
		}
	}
	return end, found
}

// swallowedIn is swallowed for one direction.
func (e *ender) swallowedIn(s *suspicion, p *pair.Pair) Ending {
	from, to := slices.Min(s.v.SentNS), slices.Max(s.v.SentNS)
	receiver := s.sender.Other()
	what := s.what
	end := Ending{Finding: NoFinding, ToServer: s.sender == tap.Client, Confidence: e.howSwallowed(s, to-from)}
	sent := fmt.Sprintf("%s from the %s (frame %d there) was sent %d times in %s and never arrived at the %s", what, s.sender, s.v.Number, s.v.Copies, readable(to-from), receiver)
	if known(what) {
		end.What = what
	}
	values := map[string]any{"copies": s.v.Copies, "apart": s.copies, "controls": s.tally.passed, "also_lost": s.others, "p": s.adjusted,
		"span_ns": to - from, "length": s.v.PayloadLen, "frame": s.v.Number}
	switch end.Kind = s.kind; end.Kind {
	case SwallowedSize:
		end.Text = fmt.Sprintf("large packets were swallowed on the way: of the %s's no segment of %d bytes and more arrived, the largest that did has %d", s.sender, s.smallest, e.losses.mostPassed[s.sender])
		end.Advice = "Look for a hop with a smaller MTU whose ICMP messages (fragmentation needed) are filtered: ping -M do -s SIZE, tracepath; clamp the MSS there."
		values["largest_passed"] = e.losses.mostPassed[s.sender]
	case SwallowedContent:
		end.Text = fmt.Sprintf("%s was swallowed on the way to the %s: sent %d times, never arrived", what, receiver, s.v.Copies)
		end.Advice = "Send the same thing on another port, and something else on this one, to see whether the box looks at the content."
	default:
		end.Text = fmt.Sprintf("from %s on nothing of the %s's arrived at the %s", what, s.sender, receiver)
		end.Advice = "Look at whatever stands between the two ends at that time: a link that failed, or a box that drops this connection."
	}
	if s.open != "" {
		end.Path = end.Confidence
		if end.Confidence == judge.Strong {
			end.Confidence = judge.Supported
		}
	}
	beside, steps := e.besideTap(receiver, s.meanwhile.passed)
	if held := e.heldBack(s, p); held != nil {
		beside = held
		steps = append(steps, step(judge.OwnFirewall, judge.Open, "the %s's capture was made on a host that forwards for it: it shows these packets coming in (frame %d there), and not leaving", s.sender, s.v.Number))
	}
	switch {
	case beside != nil && beside.unknown:
		if end.Path = ""; end.Confidence == judge.Strong {
			end.Confidence = judge.Supported
		}
		end.Advice = beside.advice
	case beside != nil:
		end.Confidence, end.Path = judge.Unsure, ""
		end.Text += ", or " + beside.text
		end.Advice = beside.advice
	case end.Confidence == judge.Unsure:
		end.Text += "; it may be chance"
	}
	st := step(Swallowed, judge.Supports, "%s; %s", sent, s.said())
	st.Values = values
	end.Evidence = []judge.Step{st}
	if s.open != "" {
		end.Evidence = append(end.Evidence, step(Swallowed, judge.Open, "%s", s.open))
	}
	end.Evidence = append(end.Evidence, steps...)
	e.toldInTime(&end, p, s.sender)
	return end
}

// howSwallowed is how sure it is that the path swallowed what never arrived in a time.
func (e *ender) howSwallowed(s *suspicion, spanNS int64) judge.Confidence {
	outageNS := max(e.losses.outageNS[s.sender], s.flightNS)
	switch {
	case s.tally.passed > 0 && s.adjusted <= surelySwallowed:
		return judge.Strong
	case s.tally.passed > 0 && s.adjusted <= maybeSwallowed:
		return judge.Supported
	case s.flightNS > 0 && s.others > 0:
		return judge.Unsure // what loses others loses such packets, too
	case spanNS > outageNS && apart(s.v.SentNS, outageNS) >= leastCopies:
		return judge.Supported // longer than any outage seen, and no more
	}
	return judge.Unsure
}

// said is what became of other packets meanwhile.
func (s *suspicion) said() string {
	if s.tally.passed == 0 {
		return fmt.Sprintf("nothing else from the %s is known to have passed meanwhile, so that an outage of the whole direction is not excluded", s.sender)
	}
	lost := ""
	if s.others > 0 {
		lost = fmt.Sprintf(" and %d were lost", s.others)
	}
	also := ""
	if n := len(s.alike); n > 1 {
		also = fmt.Sprintf("nor did any of the %d copies on %s; ", len(copiesOf(s.alike))-len(s.v.SentNS), count(n-1, "other connection"))
	}
	return also + fmt.Sprintf("meanwhile %s from the %s arrived%s: such a difference comes by chance in %.2g of cases", count(s.tally.passed, "other packet"), s.sender, lost, s.adjusted)
}
