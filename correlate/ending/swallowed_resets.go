package ending

import (
	"fmt"
	"math"
	"slices"

	"bothends/correlate/align"
	"bothends/correlate/judge"
	"bothends/correlate/tap"
)

// theReset is what a series of resets is called, of which none arrived.
const theReset = "the reset"

// flightNS is how long the resets that answer one flight of segments may take to leave, and to
// be lost together: a flight is sent again after 200 ms at the soonest (Linux TCP_RTO_MIN; RFC
// 6298 section 2.4 asks for a second).
const flightNS = 200e6

// lostResets is the suspicion that the resets of one direction of a connection were
// swallowed; nil if too few were lost, or one arrived. A host whose socket is gone answers
// each packet of the other end's with one more reset, so that they are a series like the
// copies of a segment. One that arrived, of either end, explains the silence behind it: what
// keeps a table of connections may forget this one then, and let no further one pass.
func (e *ender) lostResets(c *judge.Case, index int, sender tap.End) *suspicion {
	stream := &c.Streams[sender]
	v := &align.Vanished{}
	for _, i := range e.findings[index] {
		f := &e.Judgement.Findings[i]
		switch {
		case f.Kind != "rst":
		case f.SeenAt == f.ReceivedAt:
			return nil
		case f.SeenAt != sender || f.Verdict != judge.Lost || e.closedBefore(c, f):
		default:
			if v.Copies++; v.Copies == 1 || f.TimeNS < v.TimeNS {
				v.Frame, v.Header = f.Frame, f.Header
			}
			v.SentNS = append(v.SentNS, f.TimeNS)
		}
	}
	if v.Copies < leastCopies {
		return nil
	}
	s := &suspicion{stream: stream, sender: sender, v: v, what: theReset, kind: SwallowedContent, smallest: math.MaxInt, ranges: 1, flightNS: flightNS}
	from := slices.Min(v.SentNS)
	if s.meanwhile.passed = stream.LastPassedNS > from; !s.meanwhile.passed {
		s.open = nothingElse(sender)
	}
	return s
}

// loseResets adds the resets that were lost to what each direction lost, but for those that may
// have been swallowed: those of one direction of a connection are one question.
func (e *ender) loseResets() {
	for i := range e.Cases {
		c := &e.Cases[i]
		if c.Connection == nil {
			continue
		}
		for end := range c.Streams {
			sender, lost := tap.End(end), e.resetsLost(i, tap.End(end))
			if len(lost) > 0 {
				e.losses.ranges++
			}
			if e.lostResets(c, i, sender) == nil {
				for _, f := range lost {
					e.losses.lost[sender] = append(e.losses.lost[sender], loss{f.TimeNS, &c.Streams[sender]})
				}
			}
		}
	}
}

// resetsLost are the resets of one end of a connection that were sent and did not arrive.
func (e *ender) resetsLost(index int, sender tap.End) (list []*judge.Finding) {
	for _, i := range e.findings[index] {
		if f := &e.Judgement.Findings[i]; f.Kind == "rst" && f.Verdict == judge.Lost && f.SeenAt == sender {
			list = append(list, f)
		}
	}
	return list
}

// resetsSwallowed is the ending of a connection that one end reset again and again, and of
// whose resets none arrived: that end had done with it, and the path kept it from the other.
// Where chance explains that as well, they were lost, and nothing more is said.
func (e *ender) resetsSwallowed(c *judge.Case, reset int) (end Ending, found bool) {
	f := &e.Judgement.Findings[reset]
	if f.Verdict != judge.Lost || c.Connection == nil {
		return end, false
	}
	s := e.eaten[&c.Streams[f.SeenAt]]
	if s == nil || e.howSwallowed(s, slices.Max(s.v.SentNS)-slices.Min(s.v.SentNS)) == judge.Unsure {
		return end, false
	}
	end = e.swallowedIn(s, c.Pair)
	if f.Absence != judge.Strong {
		if end.Path = ""; end.Confidence == judge.Strong {
			end.Confidence = judge.Supported
		}
		end.Evidence = append(end.Evidence, step(judge.Filtered, judge.Open, "the %s's capture holds no reset at all, and nothing tells that its filter lets resets through", f.ReceivedAt))
		end.Advice = fmt.Sprintf("Record again at the %s with a filter that is known to take resets, and check there whether any comes: bothcap notes its filter.", f.ReceivedAt)
		return end, true
	}
	if end.Path != "" || sure(end.Confidence) {
		end.Advice = fmt.Sprintf("Look for a box that drops resets: a filter for TCP flags, or for packets that it takes for invalid. Let the %s reset a connection on another port, and see whether that arrives.", f.SeenAt)
	}
	return end, true
}
