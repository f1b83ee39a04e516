package judge

import (
	"fmt"

	"bothends/correlate/align"
	"bothends/correlate/segment"
	"bothends/correlate/survey"
)

func (s *stream) errors() (findings []Finding) {
	used := map[int]bool{}
	for _, q := range s.Cases[s.index].Errors {
		if q.Receiver == s.sender {
			continue
		}
		header := errorHeader(q)
		if left := s.errorSent(q, used); left != nil {
			f := s.finding("icmp", Genuine, Proven, q.Frame, header, Step{
				Rule: Twin, Outcome: Supports,
				Text:   fmt.Sprintf("the %s's capture shows this ICMP error leave: frame %d, about the same packet", s.sender, left.Number),
				Values: map[string]any{"sent_frame": left.Number},
			})
			f.Twin = left.Frame
			findings = append(findings, f)
			continue
		}
		f := s.decide(&suspect{kind: "icmp", Frame: q.Frame, Header: header, quoted: q, clocks: s.clocks.at(q.TimeNS)}, forged{})
		if f.Verdict == Injected && q.TooBig() {
			f.Advice = "Where a tunnel (VXLAN, GENEVE) begins on a bridge, Linux answers what does not fit it in the name of its destination: look for one between the two taps before you suspect anything else."
		}
		findings = append(findings, f)
	}
	return findings
}

func errorHeader(q *Quoted) align.Header {
	return align.Header{
		Src: segment.Endpoint{IP: q.From, Port: q.Dst.Port}, Dst: segment.Endpoint{IP: q.To, Port: q.Src.Port},
		Seq: q.Seq, TTL: q.TTL, IPID: q.IPID, IPv6: q.IPv6, Loopback: q.Loopback, Direction: q.Direction,
	}
}

func (s *stream) errorSent(q *Quoted, used map[int]bool) *survey.Quote {
	clocks := s.clocks.at(q.TimeNS)
	for i := range s.Quotes[s.sender] {
		left := &s.Quotes[s.sender][i]
		if !used[i] && sameError(left, q, s.shiftOfQuoted(q)) && clocks.soonAfter(left.TimeNS) {
			used[i] = true
			return left
		}
	}
	return nil
}
