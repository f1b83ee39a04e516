package judge

import (
	"fmt"

	"bothends/correlate/align"
	"bothends/correlate/tap"
)

// resetVerdicts are what became of the resets of one stream.
type resetVerdicts struct {
	findings []Finding
	forged   []arrival // those found injected
	// toldElsewhere are those sent that arrived on another connection, and are told there.
	toldElsewhere int64
}

// enter counts every reset of the stream in the ledger, as it was judged.
func (s *stream) enter(j resetVerdicts) {
	s.ledger(func(l *align.Ledger) {
		for i := range j.findings {
			j.findings[i].bucket.enter(l)
		}
		// Those that were too many to keep were at one tap for certain.
		l.SentNotCaptured += s.flow.MoreReset
		l.Matched += j.toldElsewhere
	})
}

// judgeResets judges the resets of both directions of a connection. What is found forged
// may speak of others, in either direction: all are judged anew until nothing more is
// found. If nothing is, that was it: of a flood it is most of the work.
func judgeResets(streams [2]*stream) (found [2]resetVerdicts) {
	var known forged
	for {
		for end, s := range streams {
			found[end] = s.judgeResets(known)
		}
		now := forged{found[tap.Client].forged, found[tap.Server].forged}
		if len(now[0]) <= len(known[0]) && len(now[1]) <= len(known[1]) {
			return found
		}
		known = now
	}
}

// judgeResets judges those that arrived, in their order, then those that were
// sent and did not arrive. known are those of the connection that are found forged.
func (s *stream) judgeResets(known forged) (j resetVerdicts) {
	receiver := s.sender.Other()
	sent, m := s.flow.Resets[s.sender], &s.matched
	for i, r := range s.got {
		j.findings = append(j.findings, s.arrived(i, r, known))
		if j.findings[i].Verdict == Injected {
			j.forged = append(j.forged, r)
		}
	}
	for i, left := range sent {
		if m.arrived[i] {
			continue
		}
		if r := s.remappedArrival(left); r != nil {
			j.findings = append(j.findings, s.arrivedRemapped(r, left))
			continue
		}
		if r := s.arrivedElsewhere(left); r != nil {
			if s.told[receiver][r.Frame] {
				j.toldElsewhere++ // it is told with the connection that it arrived on
			} else {
				j.findings = append(j.findings, s.cameElsewhere(left, r))
			}
			continue
		}
		j.findings = append(j.findings, s.missing(left, s.overtaken(left)))
	}
	return j
}

// arrived judges the i-th reset that arrived, by what it was sent as.
func (s *stream) arrived(i int, r arrival, known forged) Finding {
	sent, m := s.flow.Resets[s.sender], &s.matched
	switch of := m.twinOf[i]; {
	case s.remapped[r.Reset] != nil:
		return s.leftRemapped(r.Reset, s.remapped[r.Reset])
	case s.elsewhere[r.Reset] != nil:
		return s.leftElsewhere(r.Reset, s.elsewhere[r.Reset])
	case of >= 0 && m.doubtful[i]:
		return s.strange(r.Reset, sent[of])
	case of >= 0:
		return s.genuine(r.Reset, sent[of])
	case m.copyOf[i] >= 0:
		return s.duplicate(r.Reset, sent[m.twinOf[m.copyOf[i]]])
	}
	return s.unsent(r, known)
}

// unsent judges a reset that arrived and was not sent, as far as the sender's
// capture shows.
func (s *stream) unsent(r arrival, known forged) Finding {
	p := resetSuspect(r)
	f := s.decide(&p, known)
	s.explain(&f, r.Reset)
	f.reset, f.Trigger = r.Reset, s.trigger(r)
	if s.pair.Paired() {
		f.Behind, f.Ahead = max(0, r.Next-r.Position), max(0, r.Position-r.Next)
	}
	f.sees = f.Behind == 0 && f.Ahead == 0 || f.Trigger != nil && f.Trigger.fits > fitsNot
	return f
}

// decide lays a packet to the table.
func (s *stream) decide(p *suspect, known forged) Finding {
	facts := s.gather(p, known)
	o := weigh(facts)
	f := s.finding(p.kind, o.verdict, o.confidence, p.Frame, p.Header, o.steps...)
	f.weighty, f.Absence = o.supported, o.absence
	for _, fact := range o.needs {
		f.Needs = append(f.Needs, toState(s.sender, fact))
	}
	if f.bucket = sentNotCaptured; !o.missing {
		f.bucket = receivedNotSent
	}
	return f
}

func (s *stream) genuine(r, left *align.Reset) Finding {
	f := s.finding("rst", Genuine, Proven, r.Frame, r.Header, Step{
		Rule: Twin, Outcome: Supports,
		Text: fmt.Sprintf("the %s's capture shows it leave: frame %d, same sequence and acknowledgment numbers%s",
			s.sender, left.Number, s.delay(left, r)),
		Values: map[string]any{"sent_frame": left.Number},
	})
	f.Twin, f.bucket = left.Frame, matchedBoth
	if s.madeByNobody(left) {
		f.Verdict, f.Confidence = Indeterminate, Unsure
		unseen := ""
		if !s.alleged.Host.NoRejects() {
			unseen = "a rule may have come after its recorder looked, or "
		}
		f.Evidence = append(f.Evidence, Step{Rule: KernelSaid, Outcome: Contradicts, Decides: true, Text: fmt.Sprintf(
			"neither the TCP nor a packet filter of the %s's host made it, as its kernel sent no reset then and no rule was found in its filters that answers with one: %sa program may have that sends packets of its own making, or another machine beside it, under its hardware address",
			s.sender, unseen)})
		return f
	}
	s.explainGenuine(&f, left)
	return f
}

// delay puts the time under way into words, if the clocks are known.
func (s *stream) delay(left, r *align.Reset) string {
	if !s.clocks.at(r.TimeNS).Comparable {
		return ""
	}
	under := r.TimeNS - s.clocks.atReceiver(left.TimeNS)
	if under <= 0 {
		return ""
	}
	return fmt.Sprintf(", about %s under way", readable(under))
}

// strange is a reset with the numbers of one that was sent, which is not that
// packet all the same.
func (s *stream) strange(r, left *align.Reset) Finding {
	if !s.unlike(left, r) {
		return s.oneOfSeveral(r, left)
	}
	f := s.finding("rst", Indeterminate, Unsure, r.Frame, r.Header, Step{
		Rule: Altered, Outcome: Fits, Decides: true,
		Text: fmt.Sprintf("the %s sent a reset with the same numbers (frame %d), but IP-ID (%d, sent as %d) or TTL (%d, sent as %d) is not what the path makes of other packets: this may be that reset made anew on the way, or another that met with it",
			s.sender, left.Number, r.IPID, left.IPID, r.TTL, left.TTL),
		Values: map[string]any{"sent_frame": left.Number, "ip_id": r.IPID, "sent_ip_id": left.IPID, "ttl": r.TTL, "sent_ttl": left.TTL},
	})
	f.Twin, f.bucket = left.Frame, matchedBoth
	return f
}

// oneOfSeveral is a reset that was sent, if another with its numbers and another TTL was
// not: more arrived than left, and no other packet shows with which TTL they arrive.
func (s *stream) oneOfSeveral(r, left *align.Reset) Finding {
	f := s.finding("rst", Indeterminate, Unsure, r.Frame, r.Header, Step{
		Rule: Altered, Outcome: Open, Decides: true,
		Text: fmt.Sprintf("the %s sent a reset with these numbers (frame %d there), but more arrived with them than left, with several TTLs, and nothing shows which of them it is",
			s.sender, left.Number),
		Values: map[string]any{"sent_frame": left.Number, "ttl": r.TTL, "sent_ttl": left.TTL},
	})
	f.Twin, f.bucket = left.Frame, matchedBoth
	return f
}

func (s *stream) duplicate(r, left *align.Reset) Finding {
	f := s.finding("rst", Duplicated, Strong, r.Frame, r.Header, Step{
		Rule: Twin, Outcome: Supports,
		Text: fmt.Sprintf("the %s sent it once (frame %d) and it arrived again, equal in every header field, IP-ID and TTL: the network doubled it",
			s.sender, left.Number),
		Values: map[string]any{"sent_frame": left.Number, "ip_id": r.IPID},
	})
	f.Twin, f.bucket = left.Frame, duplicated
	return f
}

// overtaken reports whether something that the sender sent after left arrived.
func (s *stream) overtaken(left *align.Reset) bool {
	if s.flow.LastPassedNS > left.TimeNS {
		return true
	}
	for j, later := range s.flow.Resets[s.sender] {
		if s.matched.arrived[j] && later.TimeNS > left.TimeNS {
			return true
		}
	}
	return false
}

// missing is a reset that was sent and that the receiver's capture does not have.
func (s *stream) missing(left *align.Reset, overtaken bool) Finding {
	f := s.finding("rst", Lost, Strong, left.Frame, left.Header)
	f.SeenAt, f.bucket = s.sender, lost
	receiver := s.sender.Other()
	watched := s.receiverWatched(left.TimeNS, overtaken)
	f.Evidence = append(f.Evidence, watched)
	doubt := func(rule Name, format string, args ...any) {
		f.Verdict, f.Confidence, f.bucket = Indeterminate, Unsure, sentNotCaptured
		f.Evidence = append(f.Evidence, Step{Rule: rule, Outcome: Fits, Decides: true}.because(format, args...))
	}
	switch {
	case watched.Outcome != Refuted:
		f.Verdict, f.Confidence, f.bucket = Indeterminate, Unsure, sentNotCaptured
		f.Evidence[0].Decides = true
	case s.flow.MoreReset > 0:
		doubt(Missed, tooManyResets)
	case s.receiverLacks().Outcome != "":
		doubt(Missed, "%s", s.receiverLacks().Text)
	case s.receiving.FiltersFlags() && s.receiving.Resets == 0:
		doubt(Filtered, "the %s's capture was filtered by TCP flags (%q) and holds no reset of any kind", receiver, s.receiving.Filter)
	default:
		f.Evidence = append(f.Evidence, Step{Rule: Twin, Outcome: Supports, Decides: true}.because(
			"the %s sent it (frame %d) and no packet with its numbers reached the tap at the %s", s.sender, left.Number, receiver))
	}
	if f.Verdict == Lost && (s.receiving.Resets > 0 || s.receiving.AdmitsResets()) {
		f.Absence = Strong
	}
	return f
}
