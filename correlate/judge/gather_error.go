package judge

import "bothends/correlate/survey"

func (s *stream) errorFacts(p *suspect) (f ErrorFacts) {
	if p.quoted == nil {
		return f
	}
	f.Quoted, f.MoreSent = p.quoted, s.MoreQuotes[s.sender]
	here := s.Cases[s.index].tuple(s.sender)
	own, shift := here[s.sender], s.shiftOfQuoted(p.quoted)
	for i := range s.Quotes[s.sender] {
		left := &s.Quotes[s.sender][i]
		if left.From != own.IP {
			continue
		}
		f.SentOthers = true
		arrived := func(q *Quoted) bool { return q.Receiver != s.sender && sameError(left, q, shift) }
		if left.Dst == own && left.Src == here[s.sender.Other()] && !anyQuoted(s.Cases[s.index].Errors, arrived) {
			f.Other = left.Frame
		}
	}
	return f
}

func sameError(left *survey.Quote, q *Quoted, shift uint32) bool {
	return left.TooBig() == q.TooBig() && left.Unreachable() == q.Unreachable() && (left.Seq == q.Seq || left.Seq == q.Seq+shift)
}

func (s *stream) shiftOfQuoted(q *Quoted) uint32 {
	return s.shiftAt(s.sender, q.Receiver) - s.shiftAt(q.Receiver, q.Receiver)
}

func anyQuoted(list []*Quoted, is func(*Quoted) bool) bool {
	for _, q := range list {
		if is(q) {
			return true
		}
	}
	return false
}
