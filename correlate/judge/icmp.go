package judge

import (
	"fmt"

	"bothends/correlate/align"
	"bothends/correlate/segment"
	"bothends/correlate/survey"
	"bothends/correlate/tap"
	"bothends/correlate/witness"
)

// ErrorFacts are about an ICMP error in the sender's name; zero for any other packet.
type ErrorFacts struct {
	*Quoted
	Other      tap.Frame // one about this connection that the sender sent, and that is not this one as it arrived
	SentOthers bool      // its capture holds errors that it sent, about whatever connection
	MoreSent   int64     // there are more errors in its capture than are kept
}

// came reports whether what it quotes came to the sender, and no copy of that went astray.
func (e *ErrorFacts) came() bool {
	return e.Quoted != nil && e.Sent.Number != 0 && e.Came.Number != 0 && e.Copies[tap.Client] == e.Copies[tap.Server]
}

// names is what it does with what it answers.
func (f *Facts) names() string {
	if f.Kind == "icmp" {
		return "quotes"
	}
	return "acknowledges"
}

// errors judges the ICMP errors in the sender's name about what the other end had sent it.
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

// errorHeader is what reports say of an error: its own addresses, with the ports and the number
// of what it quotes.
func errorHeader(q *Quoted) align.Header {
	return align.Header{
		Src: segment.Endpoint{IP: q.From, Port: q.Dst.Port}, Dst: segment.Endpoint{IP: q.To, Port: q.Src.Port},
		Seq: q.Seq, TTL: q.TTL, IPID: q.IPID, IPv6: q.IPv6, Loopback: q.Loopback, Direction: q.Direction,
	}
}

// errorSent is the error as it left the sender, or nil; each stands for one that arrived. A
// NAT puts other addresses into what is quoted, and a firewall that renumbers may leave the
// number in it as it was.
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

func sameError(left *survey.Quote, q *Quoted, shift uint32) bool {
	return left.TooBig() == q.TooBig() && left.Unreachable() == q.Unreachable() && (left.Seq == q.Seq || left.Seq == q.Seq+shift)
}

// shiftOfQuoted is what the sender's tap sees added to the numbers of the other end's stream.
func (s *stream) shiftOfQuoted(q *Quoted) uint32 {
	return s.shiftAt(s.sender, q.Receiver) - s.shiftAt(q.Receiver, q.Receiver)
}

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

func anyQuoted(list []*Quoted, is func(*Quoted) bool) bool {
	for _, q := range list {
		if is(q) {
			return true
		}
	}
	return false
}

// quotedFacts are the facts about what an error answers: it says so itself. Of a segment
// whose capture does not show it leave nothing is known.
func (s *stream) quotedFacts(p *suspect) AnswerFacts {
	q := p.quoted
	a := AnswerFacts{Stateless: true, Reject: true, AnyFromPeer: true}
	if e := (ErrorFacts{Quoted: q}); !e.came() {
		s.strayed(p, &a)
	}
	if q.Sent.Number == 0 {
		return a
	}
	a.Acknowledges, a.LeftNS = true, q.Sent
	if q.Came.Number != 0 {
		a.Reached, a.ReachedAt = align.Seen, q.Came
	}
	a.Trips, a.FastestNS = fastest(s.Trips, s.sender.Other(), p.TimeNS)
	return a
}

// errorsFiltered: most filters for TCP leave ICMP out, and then its absence says nothing.
func errorsFiltered(f *Facts) Result {
	r, six := &f.Sending, f.Packet.IPv6
	switch {
	case f.Error.MoreSent > 0:
		return open("the %s's capture holds %s more than are kept apart", f.Sender, count(f.Error.MoreSent, "ICMP error"))
	case f.Error.SentOthers:
		return refuted("the %s's capture holds ICMP errors that the %s sent", f.Sender, f.Sender)
	}
	switch witness.AdmitsErrors(r.Filter, six) {
	case witness.Admitted:
		return refuted("the %s's capture was recorded with the filter %q, which admits ICMP errors", f.Sender, r.Filter)
	case witness.LeftOut:
		return fits("the %s's capture was recorded with the filter %q, which leaves ICMP out", f.Sender, r.Filter)
	}
	if f.Stated.has(Filter) {
		switch witness.AdmitsErrors(f.Stated[Filter], six) {
		case witness.Admitted:
			return attested("the %s's capture was recorded with the filter %q, as is stated, which admits ICMP errors", f.Sender, f.Stated[Filter])
		case witness.LeftOut:
			return fits("the %s's capture was recorded with the filter %q, as is stated, which leaves ICMP out", f.Sender, f.Stated[Filter])
		}
	}
	return open("the %s's capture holds no ICMP error that the %s sent, and does not say that its filter admits them", f.Sender, f.Sender)
}

// ownFirewallsError: iptables and nftables reject with "port unreachable" unless told
// otherwise, and that passes the tap.
func ownFirewallsError(f *Facts) Result {
	switch {
	case f.everyWayOut() && f.Sending.sound(f.Stated) && errorsFiltered(f).Outcome == Refuted:
		r := refuted("the %s's capture holds every way out, ICMP errors too, and lacks nothing: what its firewall sends passes there", f.Sender)
		r.Attested = !f.Sending.AllInterfaces || !f.Sending.sound(stated{})
		return r
	case !f.everyWayOut():
		return open("the %s's own firewall may have sent it, by an interface that was not recorded", f.Sender)
	}
	return open("the %s's own firewall may have sent it, and nothing shows that its capture would hold that", f.Sender)
}

// ownersError: whatever owns the address on the way says for itself that nothing gets through,
// or that the link behind it is too small.
func ownersError(f *Facts) Result {
	if f.Stated.has(OneHost) {
		return attested("that no other machine answers for the address of the %s is stated", f.Sender)
	}
	return open("the %s's address is translated: the host that owns it on the way, a NAT or a balancer, may have said so for itself", f.Sender)
}

// taken: a host that refuses a packet does not take it.
func taken(f *Facts) Result {
	q := f.Error.Quoted
	if f.Kind != "icmp" || !f.Error.came() || q.Copies[f.Sender] != 1 || q.Taken.Number == 0 {
		return Result{}
	}
	return supports([]Name{OtherInterface, OwnFirewall, BelowTap}, "the %s's TCP took what it quotes, of which one copy came (frame %d there), and acknowledged it (frame %d): a host that refuses a packet does not take it",
		f.Sender, q.Came.Number, q.Taken.Number).with(map[string]any{"came_frame": q.Came.Number, "taken_frame": q.Taken.Number})
}
