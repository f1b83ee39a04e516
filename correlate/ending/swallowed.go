package ending

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"

	"bothends/correlate/align"
	"bothends/correlate/judge"
	"bothends/correlate/pair"
	"bothends/correlate/segment"
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

// leastCopies is how many copies must have been lost before anything is said.
const leastCopies = 3

// A suspicion is that one direction of a connection was swallowed, from a segment on or
// but for some.
type suspicion struct {
	stream   *align.Stream
	sender   tap.End
	v        *align.Vanished // that was lost most often
	what     string          // it is, as users know it
	kind     Kind
	open     string       // what leaves the kind open
	alike    []*suspicion // those that are one question with this one, itself among them
	ranges   int          // that never arrived, of the stream
	smallest int          // payload of them; math.MaxInt if they had none
	meanwhile
	tally
	adjusted float64 // the chance of it, for all that was asked
}

// meanwhile is what became of everything else that the same end sent on the same
// connection since the first copy left.
type meanwhile struct{ passed, lost bool }

// suspect lists what may have been swallowed, by stream, and how likely that is chance.
func (e *ender) suspect(ctx context.Context) (map[*align.Stream]*suspicion, error) {
	var list []*suspicion
	for i := range e.Cases {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		c := &e.Cases[i]
		if c.Connection == nil {
			continue
		}
		for sender := range c.Streams {
			if s := e.suspicion(&c.Streams[sender], tap.End(sender)); s != nil {
				list = append(list, s)
			}
		}
	}
	pools := e.pool(list)
	chances := make([]float64, len(pools))
	for i, alike := range pools {
		t := e.losses.tally(e.Trips, alike)
		for _, s := range alike {
			s.tally, s.alike = t, alike
		}
		chances[i] = t.chance()
	}
	suspicions := map[*align.Stream]*suspicion{}
	for i, p := range holm(chances, e.losses.ranges-(len(list)-len(pools))) {
		for _, s := range pools[i] {
			s.adjusted = p
			suspicions[s.stream] = s
		}
	}
	return suspicions, nil
}

// A message is one that a decoder names, to or from one port of servers.
type message struct {
	sender tap.End
	what   string
	port   uint16
}

// message is that of a segment; its name is empty if no decoder knows it.
func (e *ender) message(sender tap.End, v *align.Vanished) message {
	m := message{sender: sender, port: v.Dst.Port}
	if sender == tap.Server {
		m.port = v.Src.Port
	}
	if what := e.what(sender, v); known(what) {
		m.what = what
	}
	return m
}

// passing are the messages of which a copy was lost, and another arrived after all: they
// are not what a box swallows.
func (e *ender) passing() map[message]bool {
	list := map[message]bool{}
	for i := range e.Cases {
		c := &e.Cases[i]
		if c.Connection == nil {
			continue
		}
		for sender := range c.Streams {
			for k := range c.Streams[sender].Vanished {
				if v := &c.Streams[sender].Vanished[k]; v.Reached {
					list[e.message(tap.End(sender), v)] = true
				}
			}
		}
	}
	return list
}

// pool puts suspicions together that are one question, to which all their copies answer:
// whether a message is swallowed that is not known to have passed, or what is large.
func (e *ender) pool(list []*suspicion) (pools [][]*suspicion) {
	passing := e.passing()
	at := map[message]int{}
	for _, s := range list {
		m := e.message(s.sender, s.v)
		if s.kind == SwallowedSize {
			m = message{sender: s.sender}
		}
		alone := passing[m] || m.what == "" && s.kind != SwallowedSize
		if i, seen := at[m]; seen && !alone {
			pools[i] = append(pools[i], s)
			continue
		}
		if !alone {
			at[m] = len(pools)
		}
		pools = append(pools, []*suspicion{s})
	}
	return pools
}

// suspicion is that of one stream; nil if nothing of it was lost often enough.
func (e *ender) suspicion(stream *align.Stream, sender tap.End) *suspicion {
	s := &suspicion{stream: stream, sender: sender, smallest: math.MaxInt}
	for k := range stream.Vanished {
		v := &stream.Vanished[k]
		if v.Reached {
			continue
		}
		s.ranges++
		if v.PayloadLen > 0 {
			s.smallest = min(s.smallest, v.PayloadLen)
		}
		if s.v == nil || v.Copies > s.v.Copies || v.Copies == s.v.Copies && v.Start < s.v.Start {
			s.v = v
		}
	}
	if s.v == nil || s.v.Copies < leastCopies {
		return nil
	}
	from := slices.Min(s.v.SentNS)
	s.meanwhile.passed = stream.LastPassedNS > from
	s.lost = slices.ContainsFunc(stream.Astray, func(a align.Astray) bool { return a.SentNS > from && !slices.Contains(s.v.SentNS, a.SentNS) })
	s.what = e.what(sender, s.v)
	s.kind, s.open = e.swallowedKind(s, known(s.what))
	return s
}

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

// A bypass is how packets may come to a host of which its capture shows nothing: that host
// itself then dropped them, and not the way.
type bypass struct {
	text, advice string
	unknown      bool // nothing shows that there is such a way, or that there is none
}

// besideTap is how packets may have come to the host at an end unseen, and what is known of
// each possibility; nil if they cannot have, as far as is known. others tells that further
// packets of the connection came to the tap meanwhile: routers send one connection one way.
func (e *ender) besideTap(receiver tap.End, others bool) (open *bypass, steps []judge.Step) {
	switch list := e.Unrecorded[receiver]; {
	case len(list) > 0:
		names := strings.Join(list, ", ")
		s := step(judge.OtherInterface, judge.Open, "the %s had other interfaces up that were not recorded: %s", receiver, names)
		if e.OneWay[receiver] {
			s = step(judge.OtherInterface, judge.Refuted, "that the %s has no other way is stated", receiver)
			s.Attested = true
		} else {
			s.Decides = true
			open = &bypass{text: fmt.Sprintf("came to another interface of the %s's (%s), which was not recorded", receiver, names),
				advice: recordEvery(receiver)}
		}
		steps = append(steps, s)
	case !others && !e.Judgement.Witnesses[receiver].AllInterfaces:
		s := step(judge.OtherInterface, judge.Open, "nothing tells whether the %s has another interface, to which a router may have sent this connection and where that host dropped it", receiver)
		if e.OneWay[receiver] {
			s = step(judge.OtherInterface, judge.Refuted, "that the %s has no other way is stated", receiver)
			s.Attested = true
		} else {
			s.Decides = true
			open = &bypass{unknown: true, advice: recordEvery(receiver)}
		}
		steps = append(steps, s)
	}
	if list := e.Judgement.Witnesses[receiver].Host.XDP; len(list) > 0 {
		names := strings.Join(list, ", ")
		s := step(judge.BelowTap, judge.Open, "the %s has an XDP program on %s, which sees what comes before the tap does, and may drop it", receiver, names)
		if open == nil || open.unknown {
			s.Decides = true
			open = &bypass{text: fmt.Sprintf("fell to the %s's own XDP program on %s, below the tap", receiver, names),
				advice: fmt.Sprintf("Look at what the %s's XDP program drops (ip -d link; bpftool net; its own counters), or take it off and record again.", receiver)}
		}
		steps = append(steps, s)
	}
	return open, steps
}

// heldBack is that what vanished came to the host at its sender's end that recorded it, to be
// forwarded, and may never have left that host; nil if it was the sender itself, or is seen to
// have left.
func (e *ender) heldBack(s *suspicion, p *pair.Pair) *bypass {
	n, side := p.Client, p.ClientSide
	if s.sender == tap.Server {
		n, side = p.Server, p.ServerSide.Other()
	}
	if sv := e.Surveys[s.sender]; n == pair.NoView || sv.Held(sv.Connections[n], side) <= 0 {
		return nil
	}
	return &bypass{text: fmt.Sprintf("was held back by the host at the %s's end that recorded it, which forwards for the %s and shows it coming in and not leaving", s.sender, s.sender),
		advice: fmt.Sprintf("Look at the rules for forwarding on the host that recorded at the %s's end (iptables -L FORWARD; nft list ruleset), and record on its interface to the outside alone.", s.sender)}
}

// recordEvery is what settles whether packets came to another interface.
func recordEvery(receiver tap.End) string {
	return fmt.Sprintf("Record every interface at the %s: bothcap does. If no packet comes by another: --attest %s:%s.", receiver, receiver, judge.OneWayOut)
}

// howSwallowed is how sure it is that the path swallowed what never arrived in a time.
func (e *ender) howSwallowed(s *suspicion, spanNS int64) judge.Confidence {
	outageNS := e.losses.outageNS[s.sender]
	switch {
	case s.tally.passed > 0 && s.adjusted <= surelySwallowed:
		return judge.Strong
	case s.tally.passed > 0 && s.adjusted <= maybeSwallowed:
		return judge.Supported
	case spanNS > outageNS && apart(s.v.SentNS, outageNS) >= leastCopies:
		return judge.Supported // longer than any outage seen, and no more
	}
	return judge.Unsure
}

// swallowedKind is what was swallowed, and what leaves that open. What else the same end
// sent on the same connection tells it: packets of other connections passed a box that
// drops this one, whatever it carries.
func (e *ender) swallowedKind(s *suspicion, named bool) (kind Kind, open string) {
	most := e.losses.mostPassed[s.sender]
	large := s.smallest != math.MaxInt && s.smallest > most && most > 0 && s.smallest >= largeSegment
	nothing := fmt.Sprintf("the %s sent nothing else on this connection meanwhile, so that a box which drops all of it would look the same", s.sender)
	switch {
	case s.v.Flags&segment.SYN != 0, !s.v.Occupies():
		return SwallowedAll, ""
	case s.meanwhile.passed && large:
		return SwallowedSize, ""
	case s.meanwhile.passed:
		return SwallowedContent, ""
	case s.lost && !large, s.lost && e.smallLost(s):
		return SwallowedAll, ""
	case large:
		return SwallowedSize, nothing
	case named:
		return SwallowedContent, nothing
	}
	return SwallowedAll, ""
}

// smallLost reports whether something of the stream was lost, besides the segments that
// may be too large: an acknowledgement, or what else fits where those do not.
func (e *ender) smallLost(s *suspicion) bool {
	from := slices.Min(s.v.SentNS)
	return slices.ContainsFunc(s.stream.Astray, func(a align.Astray) bool {
		return a.SentNS > from && !slices.ContainsFunc(s.stream.Vanished, func(v align.Vanished) bool {
			return v.PayloadLen >= s.smallest && slices.Contains(v.SentNS, a.SentNS)
		})
	})
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

// largeSegment is from which payload on a size may be what a path cannot carry: below
// the least MTU that links of IPv6 have (1280, RFC 8200 section 5) less headers none is.
const largeSegment = 1200

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
	case !v.Occupies():
		return "an acknowledgment"
	case v.PayloadLen == 0 && v.Flags&segment.FIN != 0:
		return "the FIN"
	}
	return unnamed + fmt.Sprintf(" (%d bytes)", v.PayloadLen)
}

const unnamed = "one segment"

func known(what string) bool { return len(what) < len(unnamed) || what[:len(unnamed)] != unnamed }
