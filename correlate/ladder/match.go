package ladder

import (
	"bothends/correlate/judge"
	"bothends/correlate/segment"
)

// match joins what left one tap with what came to the other.
func match(sent, got []*seen, fromServer bool) (steps []Step) {
	shift := shiftOf(sent, got)
	arrived, pieces := map[*seen]*seen{}, map[*seen][]int64{}
	for _, g := range got {
		if f := g.finding; f != nil && f.TwinFrame == 0 && f.Verdict != string(judge.Genuine) {
			continue // the report says that nobody there sent it
		}
		for i := len(sent) - 1; i >= 0; i-- {
			s := sent[i]
			if s.at > g.at+slackNS || s.finding != g.finding && (s.finding != nil && s.finding.TwinFrame == 0 || g.finding != nil) || !same(s, g, shift) {
				continue
			}
			if before := earlier(sent[:i], s, g, shift); before != nil {
				s = before
			}
			if s.SeqLen() == 0 {
				s.whole = true
			} else if s.used += g.SeqLen(); s.used >= s.SeqLen() {
				s.whole = true
			}
			g.whole = true
			if before := arrived[s]; before != nil {
				pieces[s] = append(pieces[s], before.Frame)
			}
			arrived[s] = g
			break
		}
	}
	for _, s := range sent { // several may have been put together before the other tap
		for _, g := range got {
			if arrived[s] == nil && g.whole && g.SeqLen() > s.SeqLen() && s.SeqLen() > 0 && same(s, g, shift) && s.at < g.at+slackNS {
				arrived[s] = g
			}
		}
	}
	for _, s := range sent {
		step := s.step(fromServer)
		step.SentNS, step.SentFrame = s.at, s.Frame
		if g := arrived[s]; g != nil {
			step.GotNS, step.GotFrame, step.Pieces = g.at, g.Frame, pieces[s]
			step.Triggers = append(step.Triggers, g.fired...)
			step.plain = step.plain && g.finding == nil
		} else {
			step.plain = false
		}
		steps = append(steps, step)
	}
	for _, g := range got {
		if !g.whole {
			step := g.step(fromServer)
			step.GotNS, step.GotFrame = g.at, g.Frame
			step.plain = false
			steps = append(steps, step)
		}
	}
	return steps
}

// earlier finds a copy that left before s and has not arrived yet: copies arrive
// in the order in which they left, unless one was lost.
func earlier(sent []*seen, s, g *seen, shift uint32) *seen {
	for _, e := range sent {
		if !e.whole && same(e, g, shift) && e.IPID == g.IPID && s.IPID != g.IPID {
			return e
		}
	}
	return nil
}

// same reports whether g can be what became of s.
func same(s, g *seen, shift uint32) bool {
	const kind = segment.SYN | segment.FIN | segment.RST
	if s.whole || s.Flags&segment.RST != g.Flags&segment.RST {
		return false
	}
	from := s.Seq + shift
	if s.SeqLen() == 0 || g.SeqLen() == 0 {
		return s.SeqLen() == g.SeqLen() && s.Flags&kind == g.Flags&kind && from == g.Seq && s.Window == g.Window
	}
	return int32(g.Seq-from) >= 0 && int32(from+s.SeqLen()-(g.Seq+g.SeqLen())) >= 0 ||
		int32(from-g.Seq) >= 0 && int32(g.Seq+g.SeqLen()-(from+s.SeqLen())) >= 0
}

// shiftOf is what the path adds to the numbers of a stream: what most of the
// segments with data of equal length say.
func shiftOf(sent, got []*seen) uint32 {
	votes := map[uint32]int{}
	var best uint32
	for _, s := range sent {
		for _, g := range got {
			if s.finding == nil && g.finding == nil && s.SeqLen() > 0 && s.SeqLen() == g.SeqLen() {
				shift := g.Seq - s.Seq
				if votes[shift]++; votes[shift] > votes[best] {
					best = shift
				}
			}
			if len(votes) > 1<<10 {
				return best
			}
		}
	}
	return best
}

func (s *seen) step(fromServer bool) Step {
	return Step{FromServer: fromServer, Label: s.label, Finding: s.finding, Triggers: s.fired,
		plain: s.finding == nil && len(s.fired) == 0 && s.Flags&(segment.SYN|segment.FIN|segment.RST) == 0}
}
