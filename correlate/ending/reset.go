package ending

import (
	"fmt"
	"slices"

	"bothends/correlate/align"
	"bothends/correlate/judge"
	"bothends/correlate/pair"
	"bothends/correlate/tap"
)

// Effect is what one reset did that arrived.
type Effect struct {
	Ended bool   // the connection
	Why   string // it did not; empty if nothing shows it
}

// byReset is the ending by a reset: the first that had an effect.
func (e *ender) byReset(c *judge.Case, index int) (end Ending, found bool) {
	best, at := NoFinding, int64(0)
	for _, i := range e.findings[index] {
		f := &e.Judgement.Findings[i]
		if f.Kind != "rst" || f.Verdict == judge.Duplicated {
			continue
		}
		why, ignored := e.ignored(c, f)
		if f.SeenAt == f.ReceivedAt {
			e.effects[i] = Effect{Why: why}
		}
		if ignored {
			continue
		}
		if t := e.clientTime(f.SeenAt, f.TimeNS); best == NoFinding || t < at && !e.crossed(i, best, at-t) || e.crossed(best, i, t-at) {
			best, at = i, t
		}
	}
	if best == NoFinding {
		return end, false
	}
	ended := e.exact(index, best)
	if effect, arrived := e.effects[ended]; arrived {
		effect.Ended = true
		e.effects[ended] = effect
	}
	if e.Judgement.Findings[ended].Verdict == judge.Injected {
		best = ended // else whoever guessed before guessed this, too
	}
	if end, found := e.refusedByError(c, &e.Judgement.Findings[best]); found {
		return end, true
	}
	return e.resetBy(c, best), true
}

// crossed reports whether a reset did not come, and another one of the other end's did, so
// soon after that they crossed: that one ended the connection for both.
func (e *ender) crossed(lost, came int, afterNS int64) bool {
	l, c := &e.Judgement.Findings[lost], &e.Judgement.Findings[came]
	return l.SeenAt != l.ReceivedAt && c.SeenAt == c.ReceivedAt && c.ReceivedAt == l.SeenAt && afterNS < crossingNS
}

// crossingNS is longer than two resets take that cross.
const crossingNS = 1e9

// exact is the reset that ended a connection, where the first that may have has a number
// ahead of the one that its receiver expected: a host questions such a reset and obeys the one
// with just that number (RFC 5961 section 3.2). It is the first itself if no such one came to
// the same end before that reset something, as what knows a connection no more does.
func (e *ender) exact(index, first int) int {
	f := &e.Judgement.Findings[first]
	if f.Ahead == 0 || f.SeenAt != f.ReceivedAt {
		return first
	}
	guesses := []int{first}
	for _, i := range e.findings[index] {
		g := &e.Judgement.Findings[i]
		effect, arrived := e.effects[i]
		switch {
		case g.Kind != "rst" || g.ReceivedAt != f.ReceivedAt || g.SeenAt != f.SeenAt || !arrived || effect.Why != "" || g.TimeNS <= f.TimeNS:
			continue
		case g.TimeNS-f.TimeNS > guessesNS || g.Verdict == judge.Genuine || e.hadReset(index, f.ReceivedAt, f.TimeNS, g.TimeNS):
			return first
		case g.Ahead > 0 || g.Behind > 0:
			guesses = append(guesses, i)
			continue
		}
		for _, k := range guesses {
			e.effects[k] = Effect{Why: fmt.Sprintf("its number lies %d ahead of the one that the %s expected, and another with just that came after it", e.Judgement.Findings[k].Ahead, f.ReceivedAt)}
		}
		return i
	}
	return first
}

// guessesNS is how far apart the resets of one who guesses numbers are at most.
const guessesNS = 2e9

// hadReset reports whether a host sent a reset between two times by its own clock.
func (e *ender) hadReset(index int, host tap.End, from, to int64) bool {
	return slices.ContainsFunc(e.findings[index], func(i int) bool {
		g := &e.Judgement.Findings[i]
		sent := g.Twin.TimeNS
		if g.SeenAt == host {
			sent = g.TimeNS
		}
		return g.Kind == "rst" && g.ReceivedAt != host && sent > from && sent < to
	})
}

// ignored reports whether a reset ended nothing, and how that is known: a host that
// accepted one sends nothing more but resets (RFC 9293 section 3.10.7.4), and one that
// sent it has closed.
func (e *ender) ignored(c *judge.Case, f *judge.Finding) (why string, ignored bool) {
	sender := f.ReceivedAt.Other()
	if e.closedBefore(c, f) {
		return "both ends had closed the connection before", true
	}
	if f.SeenAt == sender { // sent, and not known to have arrived
		return "", false
	}
	if f.Verdict == judge.Genuine && f.Pattern == judge.RemappedPackets && c.Connection != nil && c.Streams[sender].FIN {
		return fmt.Sprintf("the %s had closed the connection before; what this cleared was left of it at the %s", sender, f.ReceivedAt), true
	}
	if f.Verdict == judge.Genuine && f.Pattern != judge.HostFirewall && !f.Misled {
		return "", false
	}
	last := &c.Streams[f.ReceivedAt].LastSent
	goesOn := last.TimeNS > f.TimeNS+settleNS
	switch {
	case f.Behind > 0 && goesOn:
		return fmt.Sprintf("its number lies %d behind the one that the %s expected, which went on to send %s later (frame %d there)", f.Behind, f.ReceivedAt, readable(last.TimeNS-f.TimeNS), last.Number), true
	case f.Behind > 0:
		return fmt.Sprintf("its number lies %d behind the one that the %s expected, and no host accepts that", f.Behind, f.ReceivedAt), true
	case goesOn:
		return fmt.Sprintf("the %s went on to send %s later (frame %d there)", f.ReceivedAt, readable(last.TimeNS-f.TimeNS), last.Number), true
	}
	return "", false
}

// settleNS is how long after a reset came its receiver may still be seen to send: what
// its kernel had handed to the card.
const settleNS = 1e6

// closedBefore reports whether both ends had closed in order before a reset.
func (e *ender) closedBefore(c *judge.Case, f *judge.Finding) bool {
	if e.misled(f) {
		return false
	}
	for end := range c.Streams {
		s := &c.Streams[end]
		if !s.FIN && (!s.GotFIN || e.forgedFIN(c, f.Case, tap.End(end))) {
			return false
		}
	}
	here := &c.Streams[f.SeenAt]
	there := &c.Streams[f.SeenAt.Other()]
	return here.LastSent.TimeNS < f.TimeNS && there.LastGot.TimeNS < f.TimeNS
}

// misled reports whether the sender of a reset had got a FIN that the other end did not send,
// at least if a fact holds that no capture can show: it closed, but not in order.
func (e *ender) misled(f *judge.Finding) bool {
	return slices.ContainsFunc(e.findings[f.Case], func(i int) bool {
		g := &e.Judgement.Findings[i]
		return g.Kind == "fin" && g.ReceivedAt != f.ReceivedAt && (g.Verdict == judge.Injected || g.Verdict == judge.Conditional)
	})
}

// forgedFIN reports whether a FIN in the name of an end came that was made on the way, at
// least if a fact holds that no capture can show, and its own is not in its capture.
func (e *ender) forgedFIN(c *judge.Case, index int, end tap.End) bool {
	if c.Connection == nil || c.Streams[end].FIN {
		return false
	}
	return slices.ContainsFunc(e.findings[index], func(i int) bool {
		f := &e.Judgement.Findings[i]
		return f.Kind == "fin" && f.ReceivedAt == end.Other() && (f.Verdict == judge.Injected || f.Verdict == judge.Conditional)
	})
}

// clientTime brings a time of one end's clock to the client's, as well as it is known.
func (e *ender) clientTime(end tap.End, ns int64) int64 {
	if end == tap.Server && e.Clock.Known() {
		return e.Clock.ClientTime(ns)
	}
	return ns
}

// resetBy is the ending that a finding made.
func (e *ender) resetBy(c *judge.Case, i int) Ending {
	f := &e.Judgement.Findings[i]
	sender := f.ReceivedAt.Other()
	end := Ending{Finding: i, Confidence: f.Confidence, Advice: f.Advice}
	refusal := refuses(c, sender) || e.beforeAnswer(c, f)
	switch f.Verdict {
	case judge.Injected:
		end.Kind = ResetOnTheWay
		end.Text = "cut by a reset made on the way, in the name of the " + sender.String()
		if refusal {
			end.Kind, end.Text = RefusedOnTheWay, "refused on the way, in the name of the "+sender.String()
		}
	case judge.ByAddressOwner:
		end.Kind = ResetByNAT
		end.Text = "cut by the host that owns the address of the " + sender.String() + " on the way, as one that no longer knew the connection"
	case judge.ByReceiver:
		end.Kind = ResetByReceiver
		end.Text = "cut by the " + f.ReceivedAt.String() + "'s own machine, which received a reset that it had made itself"
	case judge.Conditional:
		end.Kind, end.Confidence = ResetOnTheWay, judge.Unsure
		end.Text = "cut by a reset in the name of the " + sender.String() + ", made on the way if a fact holds that no capture can show"
		if slices.ContainsFunc(f.Evidence, func(s judge.Step) bool { return s.Rule == judge.AddressOwner && s.Decides }) {
			end.Text += "; the host that owns that address on the way may have made it"
		}
	case judge.Genuine, judge.Lost:
		end.Kind = resetKind(sender)
		end.Text = "the " + sender.String() + " reset it"
		switch {
		case refusal && sender == tap.Server:
			end.Kind, end.Text = RefusedByServer, "the server refused it"
		case f.PatternWhy != "":
			end.Text += ": " + f.PatternWhy
		}
		switch {
		case f.Pattern == judge.ResetUnseen:
			end.Confidence = judge.Unsure
		case f.Pattern == judge.HalfOpen && sure(end.Confidence):
			// It answered; what ended the connection for it is another question.
			end.Confidence = judge.Supported
			if e.Surveys[sender].Fragments.Unread > 0 {
				end.Confidence = judge.Unsure
				end.Text += "; its capture holds fragments that make no whole packet, and a reset may be in one"
			}
		}
		if e.misled(f) {
			end.Text += ", told by a FIN that the " + sender.Other().String() + " had not sent that nothing more would come"
		}
		if f.Verdict == judge.Lost {
			end.Text += "; that reset did not arrive"
		}
	case judge.Indeterminate:
		end.Kind, end.Confidence = resetKind(sender), judge.Unsure
		end.Text = "cut by a reset in the name of the " + sender.String() + "; who made it these captures cannot tell"
		if slices.ContainsFunc(f.Evidence, func(s judge.Step) bool { return s.Rule == judge.AddressOwner && s.Outcome == judge.Fits }) {
			end.Kind = ResetByNAT
			end.Text += ", but it fits the host that owns that address on the way"
		}
	default:
		end.Kind, end.Confidence = resetKind(sender), judge.Unsure
		end.Text = "cut by a reset in the name of the " + sender.String() + "; who made it these captures cannot tell"
	}
	if f.Pattern == judge.RemappedPackets && end.Confidence != judge.Unsure {
		// It answered what a NAT gave other addresses: which of the two connections ended
		// by it nothing shows for certain.
		end.Confidence = judge.Supported
	}
	for _, s := range f.Evidence {
		if s.Decides {
			end.Evidence = append(end.Evidence, s)
		}
	}
	return end
}

func resetKind(sender tap.End) Kind {
	if sender == tap.Client {
		return ResetByClient
	}
	return ResetByServer
}

// refuses reports whether the sender of a reset had sent nothing else: it answers a
// SYN.
func refuses(c *judge.Case, sender tap.End) bool {
	s := &c.Streams[sender]
	return s.LastSent.Number == 0 && s.LastGot.Number == 0 && opened(&c.Streams[sender.Other()])
}

// beforeAnswer reports whether a reset came to the client before the answer to its SYN did,
// which still came, but met a socket that was gone.
func (e *ender) beforeAnswer(c *judge.Case, f *judge.Finding) bool {
	if f.SeenAt != tap.Client || f.ReceivedAt != tap.Client || c.Pair.Client == pair.NoView {
		return false
	}
	seen := e.Surveys[tap.Client].Connections[c.Pair.Client]
	return seen.SYNNS != 0 && seen.SYNNS < f.TimeNS && f.TimeNS < seen.AnswerNS
}

// opened reports whether a SYN opens the stream.
func opened(s *align.Stream) bool { return s.Opened || s.SentFromSYN }
