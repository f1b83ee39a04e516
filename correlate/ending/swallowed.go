package ending

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"

	"bothends/correlate/align"
	"bothends/correlate/judge"
	"bothends/correlate/segment"
	"bothends/correlate/tap"
)

// Swallowed is the step that says what never arrived, and what did meanwhile.
const Swallowed judge.Name = "swallowed"

// losses are what all connections together lost in each direction.
type losses struct {
	ranges     int      // ranges of which a copy was lost
	outageNS   [2]int64 // by the End that sends: the longest time in which other segments were lost and none passed
	mostPassed [2]int   // the longest payload that passed whole
	// lostNS are when copies left that never arrived, as far as times were kept, but for those
	// of segments of which so many were lost, and none arrived, that they may have been
	// swallowed; more is how many further ones there are. By the End that sends and its clock.
	lostNS [2][]int64
	more   [2]int64
}

// gatherLosses looks at the losses of all connections. Where losses come in outages,
// copies within one of them are no two losses.
func gatherLosses(ctx context.Context, in *Input) (l losses, err error) {
	for i := range in.Cases {
		if err := ctx.Err(); err != nil {
			return l, err
		}
		c := &in.Cases[i]
		if c.Connection == nil {
			continue
		}
		for end := range c.Streams {
			s := &c.Streams[end]
			l.ranges += len(s.Vanished) + int(s.MoreVanished)
			for _, lost := range s.Astray {
				if !ofSwallowed(s, lost.SentNS) {
					l.lostNS[end] = append(l.lostNS[end], lost.SentNS)
				}
			}
			l.more[end] += s.MoreAstray
			l.mostPassed[end] = max(l.mostPassed[end], s.MostPassed)
			for k := range s.Vanished {
				if v := &s.Vanished[k]; v.Reached {
					for _, at := range v.SentNS {
						l.outageNS[end] = max(l.outageNS[end], in.gapAround(tap.End(end), at))
					}
				}
			}
		}
	}
	return l, nil
}

// ofSwallowed reports whether what left at a time may have been swallowed, as all its
// copies were lost.
func ofSwallowed(s *align.Stream, at int64) bool {
	return slices.ContainsFunc(s.Vanished, func(v align.Vanished) bool {
		return !v.Reached && v.Copies >= leastCopies && slices.Contains(v.SentNS, at)
	})
}

// gapAround is the time between the last packet that passed before a time and the
// first that passed after it, in one direction, of the sample that was kept.
func (in *Input) gapAround(sender tap.End, at int64) int64 {
	before, after := int64(math.MinInt64), int64(math.MaxInt64)
	for _, t := range in.Trips.By[sender] {
		if t.SentNS <= at {
			before = max(before, t.SentNS)
		} else {
			after = min(after, t.SentNS)
		}
	}
	if before == math.MinInt64 || after == math.MaxInt64 {
		return 0
	}
	return after - before
}

// controls are how many packets of a direction passed between two times.
func (in *Input) controls(sender tap.End, from, to int64) (n int) {
	for _, t := range in.Trips.By[sender] {
		if t.SentNS > from && t.SentNS < to {
			n++
		}
	}
	return n
}

// others are how often a direction lost other packets than these copies between the first
// and the last of them, what was lost within one outage counting once.
func (l *losses) others(sender tap.End, copies []int64) int {
	from, to := slices.Min(copies), slices.Max(copies)
	var lost []int64
	for _, at := range l.lostNS[sender] {
		if at > from && at < to && !slices.Contains(copies, at) {
			lost = append(lost, at)
		}
	}
	return apart(lost, l.outageNS[sender]) + int(l.more[sender])
}

// Thresholds of the chance that a segment was lost so often by accident (Holm over all
// segments that lost a copy).
const (
	surelySwallowed = 0.01
	maybeSwallowed  = 0.05
)

// leastCopies is how many copies must have been lost before anything is said.
const leastCopies = 3

// swallowed is the ending of a connection of which something never arrived, in any
// copy, while the sender sent it again and again.
func (e *ender) swallowed(c *judge.Case) (end Ending, found bool) {
	for sender := range c.Streams {
		s := &c.Streams[sender]
		first := (*align.Vanished)(nil)
		ranges, smallest := 0, math.MaxInt
		for k := range s.Vanished {
			v := &s.Vanished[k]
			if v.Reached {
				continue
			}
			ranges++
			if v.PayloadLen > 0 {
				smallest = min(smallest, v.PayloadLen)
			}
			if first == nil || v.Copies > first.Copies || v.Copies == first.Copies && v.Start < first.Start {
				first = v
			}
		}
		if first == nil || first.Copies < leastCopies {
			continue
		}
		if one := e.swallowedIn(c, tap.End(sender), first, ranges, smallest); !found || one.Confidence != judge.Unsure {
			end, found = one, true
		}
	}
	return end, found
}

// swallowedIn is swallowed for one direction, of which v was lost most often.
func (e *ender) swallowedIn(c *judge.Case, sender tap.End, v *align.Vanished, ranges, smallest int) Ending {
	from, to := slices.Min(v.SentNS), slices.Max(v.SentNS)
	k := apart(v.SentNS, e.losses.outageNS[sender])
	m := e.controls(sender, from, to)
	others := e.losses.others(sender, v.SentNS)
	p := chance(k, others, m) * float64(max(1, e.losses.ranges))
	receiver := sender.Other()
	what := e.what(sender, v)
	s := &c.Streams[sender]
	end := Ending{Finding: NoFinding, ToServer: sender == tap.Client, Confidence: judge.Unsure}
	sent := fmt.Sprintf("%s from the %s (frame %d there) was sent %d times in %s and never arrived at the %s", what, sender, v.Number, v.Copies, readable(to-from), receiver)
	if known(what) {
		end.What = what
	}
	values := map[string]any{"copies": v.Copies, "apart": k, "controls": m, "also_lost": others, "p": p, "span_ns": to - from, "length": v.PayloadLen, "frame": v.Number}
	alone := s.LastPassedNS < from // nothing of this direction passed from then on, on this connection
	switch {
	case m > 0 && p <= surelySwallowed:
		end.Confidence = judge.Strong
	case m > 0 && p <= maybeSwallowed:
		end.Confidence = judge.Supported
	case to-from > e.losses.outageNS[sender] && k >= leastCopies:
		end.Confidence = judge.Supported // longer than any outage seen, and no more
	}
	lost := ""
	if others > 0 {
		lost = fmt.Sprintf(" and %d were lost", others)
	}
	meanwhile := fmt.Sprintf("meanwhile %s from the %s arrived%s: such a difference comes by chance in %.2g of cases", count(m, "other packet"), sender, lost, min(1, p))
	if m == 0 {
		meanwhile = fmt.Sprintf("nothing else from the %s is known to have passed meanwhile, so that an outage of the whole direction is not excluded", sender)
	}
	bigger := smallest != math.MaxInt && smallest > e.losses.mostPassed[sender] && e.losses.mostPassed[sender] > 0
	switch {
	case v.Flags&segment.SYN != 0:
		end.Kind = SwallowedAll
		end.Text = sent
	case bigger && smallest >= largeSegment:
		end.Kind = SwallowedSize
		end.Text = fmt.Sprintf("large packets were swallowed on the way: of the %s's no segment of %d bytes and more arrived, the largest that did has %d", sender, smallest, e.losses.mostPassed[sender])
		end.Advice = "Look for a hop with a smaller MTU whose ICMP messages (fragmentation needed) are filtered: ping -M do -s SIZE, tracepath; clamp the MSS there."
		values["largest_passed"] = e.losses.mostPassed[sender]
	case ranges == 1 && !alone, m > 0:
		end.Kind = SwallowedContent
		end.Text = fmt.Sprintf("%s was swallowed on the way to the %s: sent %d times, never arrived", what, receiver, v.Copies)
		end.Advice = "Send the same thing on another port, and something else on this one, to see whether the box looks at the content."
	case ranges == 1 && known(what):
		end.Kind = SwallowedContent
		end.Text = fmt.Sprintf("%s was swallowed on the way to the %s: sent %d times, never arrived", what, receiver, v.Copies)
		end.Advice = "Send the same thing on another port, and something else on this one, to see whether the box looks at the content."
	default:
		end.Kind = SwallowedAll
		end.Text = fmt.Sprintf("from then on nothing of the %s's arrived at the %s", sender, receiver)
		end.Advice = "Look at whatever stands between the two ends at that time: a link that failed, or a box that drops this connection."
	}
	elsewhere := strings.Join(e.Unrecorded[receiver], ", ")
	mayBeElsewhere := elsewhere != "" && !e.OneWay[receiver]
	switch {
	case mayBeElsewhere:
		end.Confidence = judge.Unsure
		end.Text += fmt.Sprintf(", or came to another interface of the %s's (%s), which was not recorded", receiver, elsewhere)
		end.Advice = fmt.Sprintf("Record every interface at the %s: bothcap does. If no packet comes by another: --attest %s:%s.", receiver, receiver, judge.OneWayOut)
	case end.Confidence == judge.Unsure:
		end.Text += "; it may be chance"
	}
	st := step(Swallowed, judge.Supports, "%s; %s", sent, meanwhile)
	st.Values = values
	end.Evidence = []judge.Step{st}
	if elsewhere != "" {
		end.Evidence = append(end.Evidence, otherWayIn(receiver, elsewhere, e.OneWay[receiver]))
	}
	return end
}

// otherWayIn says whether what did not pass the tap may have come to the host all the same,
// which then dropped it itself: a router may give one flow another way in.
func otherWayIn(receiver tap.End, elsewhere string, stated bool) judge.Step {
	s := step(judge.OtherInterface, judge.Open, "the %s had other interfaces up that were not recorded: %s", receiver, elsewhere)
	if stated {
		s = step(judge.OtherInterface, judge.Refuted, "that the %s has no other way is stated", receiver)
	}
	s.Attested, s.Decides = stated, !stated
	return s
}

// largeSegment is from which payload on a size may be what a path cannot carry: below
// the least MTU that links of IPv6 have (1280, RFC 8200 section 5) less headers none is.
const largeSegment = 1200

// apart counts copies that are further from each other than the longest outage.
func apart(times []int64, outageNS int64) (n int) {
	sorted := slices.Sorted(slices.Values(times))
	last := int64(math.MinInt64 / 2)
	for _, t := range sorted {
		if t-last > outageNS {
			n++
			last = t
		}
	}
	return n
}

// chance is that of k certain packets being among the k + others that were lost, of k +
// others + m of which each could have been lost alike: C(k + others, k) / C(k + others + m,
// k), which is 1 / C(k + m, k) if no other was.
func chance(k, others, m int) float64 {
	if k <= 0 || m <= 0 {
		return 1
	}
	p := 1.0
	for i := 1; i <= k; i++ {
		p *= float64(others+i) / float64(others+m+i)
	}
	return p
}

// what names a segment as users know it.
func (e *ender) what(sender tap.End, v *align.Vanished) string {
	if e.Name != nil {
		if name := e.Name(sender, v); name != "" {
			return name
		}
	}
	switch {
	case v.Flags&segment.SYN != 0:
		return "the SYN"
	case v.PayloadLen == 0 && v.Flags&segment.FIN != 0:
		return "the FIN"
	}
	return unnamed + fmt.Sprintf(" (%d bytes)", v.PayloadLen)
}

const unnamed = "one segment"

func known(what string) bool { return len(what) < len(unnamed) || what[:len(unnamed)] != unnamed }
