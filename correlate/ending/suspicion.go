package ending

import (
	"context"
	"fmt"
	"math"
	"slices"

	"bothends/correlate/align"
	"bothends/correlate/judge"
	"bothends/correlate/segment"
	"bothends/correlate/tap"
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
	flightNS int64        // copies that left within it may answer one flight, and be lost in one moment
	meanwhile
	tally
	adjusted float64 // the chance of it, for all that was asked
}

// meanwhile is what became of everything else that the same end sent on the same
// connection since the first copy left.
type meanwhile struct{ passed, lost bool }

// suspect lists what may have been swallowed, and how likely that is chance: of each stream a
// segment that was sent again and again, and a series of resets.
func (e *ender) suspect(ctx context.Context) error {
	var list []*suspicion
	for i := range e.Cases {
		if err := ctx.Err(); err != nil {
			return err
		}
		c := &e.Cases[i]
		if c.Connection == nil {
			continue
		}
		for sender := range c.Streams {
			if s := e.lostResets(c, i, tap.End(sender)); s != nil {
				list = append(list, s)
			}
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
	e.suspicions, e.eaten = map[*align.Stream]*suspicion{}, map[*align.Stream]*suspicion{}
	for i, p := range holm(chances, e.losses.ranges-(len(list)-len(pools))) {
		for _, s := range pools[i] {
			s.adjusted = p
			if s.what == theReset {
				e.eaten[s.stream] = s
			} else {
				e.suspicions[s.stream] = s
			}
		}
	}
	return nil
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

// passing are the messages of which a copy was lost, and another arrived after all, and the
// resets of which one arrived on whatever connection: they are not what a box swallows.
func (e *ender) passing() map[message]bool {
	list := map[message]bool{}
	for i := range e.Cases {
		c := &e.Cases[i]
		for _, i := range e.findings[i] {
			if f := &e.Judgement.Findings[i]; f.Kind == "rst" && f.Verdict == judge.Genuine {
				list[e.message(f.ReceivedAt.Other(), &align.Vanished{Header: f.Header})] = true
			}
		}
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

// swallowedKind is what was swallowed, and what leaves that open. What else the same end
// sent on the same connection tells it: packets of other connections passed a box that
// drops this one, whatever it carries.
func (e *ender) swallowedKind(s *suspicion, named bool) (kind Kind, open string) {
	most := e.losses.mostPassed[s.sender]
	large := s.smallest != math.MaxInt && s.smallest > most && most > 0 && s.smallest >= largeSegment
	nothing := nothingElse(s.sender)
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
	case named && s.v.PayloadLen > 0: // a FIN has no content
		return SwallowedContent, nothing
	}
	return SwallowedAll, ""
}

// nothingElse is what leaves the kind open where an end sent nothing else meanwhile.
func nothingElse(sender tap.End) string {
	return fmt.Sprintf("the %s sent nothing else on this connection meanwhile, so that a box which drops all of it would look the same", sender)
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

// largeSegment is from which payload on a size may be what a path cannot carry: below
// the least MTU that links of IPv6 have (1280, RFC 8200 section 5) less headers none is.
const largeSegment = 1200

// what names a segment as users know it.
func (e *ender) what(sender tap.End, v *align.Vanished) string {
	if v.Flags&segment.RST != 0 {
		return theReset
	}
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
