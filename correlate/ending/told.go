package ending

import (
	"fmt"
	"net/netip"

	"bothends/correlate/judge"
	"bothends/correlate/pair"
	"bothends/correlate/segment"
	"bothends/correlate/survey"
	"bothends/correlate/tap"
)

// Told is the step that says of what an ICMP error told a host about its packets.
const Told judge.Name = "told"

// way is a direction of a connection, by the addresses that stand in its packets.
type way struct{ src, dst segment.Endpoint }

// quotesAt are the ICMP errors that came to the host at an end, by what they are about.
func (e *ender) quotesAt(end tap.End) map[way][]*survey.Quote {
	if e.quotes[end] == nil {
		e.quotes[end] = map[way][]*survey.Quote{}
		list := e.Surveys[end].Quotes
		for i := range list {
			key := way{list[i].Src, list[i].Dst}
			e.quotes[end][key] = append(e.quotes[end][key], &list[i])
		}
	}
	return e.quotes[end]
}

// toldNS is how long after the last packet of a connection an error about it may come.
const toldNS = 3e9

// told is the first ICMP error of a kind that came to the sender of a direction of a
// connection about it; nil if none did.
func (e *ender) told(p *pair.Pair, sender tap.End, of func(*segment.Quote) bool) *survey.Quote {
	n, side := p.Client, p.ClientSide
	if sender == tap.Server {
		n, side = p.Server, p.ServerSide.Other()
	}
	if n == pair.NoView || len(e.Surveys[sender].Quotes) == 0 {
		return nil
	}
	seen := e.Surveys[sender].Connections[n]
	for _, q := range e.quotesAt(sender)[way{seen.Ends[side], seen.Ends[side.Other()]}] {
		if q.TimeNS >= seen.FirstNS && q.TimeNS <= seen.LastNS+toldNS && of(&q.Quote) {
			return q
		}
	}
	return nil
}

// toldStep says what an ICMP error told the host at an end.
func toldStep(q *survey.Quote, sender tap.End) judge.Step {
	what := fmt.Sprintf("that nothing gets there (%s)", icmpName(&q.Quote))
	if q.TooBig() {
		what = "that it does not fit the next link (" + icmpName(&q.Quote) + ")"
		if q.MTU > 0 {
			what = fmt.Sprintf("that no more than %d bytes fit the next link (%s)", q.MTU, icmpName(&q.Quote))
		}
	}
	s := step(Told, judge.Supports, "%s told the %s about one of its packets %s, in frame %d there", netip.AddrFrom16(q.From).Unmap(), sender, what, q.Number)
	s.Values = map[string]any{"from": netip.AddrFrom16(q.From).Unmap().String(), "frame": q.Number, "type": q.Type, "code": q.Code}
	return s
}

// icmpName is an error as tcpdump and ping name it.
func icmpName(q *segment.Quote) string {
	switch {
	case q.TooBig() && q.IPv6:
		return "ICMPv6: packet too big"
	case q.TooBig():
		return "ICMP: fragmentation needed"
	case q.IPv6:
		return fmt.Sprintf("ICMPv6: unreachable, code %d", q.Code)
	}
	return fmt.Sprintf("ICMP: unreachable, code %d", q.Code)
}

// toldInTime is what an ICMP error changes of what is said to have been swallowed: a router
// that says why it lets a packet go does not swallow it.
func (e *ender) toldInTime(end *Ending, p *pair.Pair, sender tap.End) {
	if q := e.told(p, sender, (*segment.Quote).TooBig); q != nil && end.Kind == SwallowedSize {
		if sure(end.Confidence) {
			end.Confidence = judge.Supported
		}
		end.Path = ""
		end.Text = fmt.Sprintf("large packets of the %s's did not get through, and it was told so by a router, and sent them again all the same", sender)
		end.Advice = fmt.Sprintf("Look at the %s: its own firewall drops what routers tell it, or its TCP does not heed it (ICMP: fragmentation needed; ICMPv6: packet too big).", sender)
		end.Evidence = append(end.Evidence, toldStep(q, sender))
		return
	}
	if q := e.told(p, sender, (*segment.Quote).Unreachable); q != nil {
		end.Text += "; " + netip.AddrFrom16(q.From).Unmap().String() + " answered that nothing gets there"
		end.Advice = fmt.Sprintf("Ask whoever runs %s what rule answers with %s.", netip.AddrFrom16(q.From).Unmap(), icmpName(&q.Quote))
		end.Evidence = append(end.Evidence, toldStep(q, sender))
	}
}

// refusedByError is the ending of a connection that its client gave up for an ICMP error,
// though the server answered the SYN: the answer met no socket any more, and was reset.
func (e *ender) refusedByError(c *judge.Case, f *judge.Finding) (end Ending, found bool) {
	if f.ReceivedAt != tap.Server || f.Verdict != judge.Genuine || c.Connection == nil || c.Streams[tap.Client].Sent.Next > 1 {
		return end, false
	}
	q := e.told(c.Pair, tap.Client, (*segment.Quote).Unreachable)
	if q == nil {
		return end, false
	}
	end = Ending{Kind: RefusedOnTheWay, Confidence: judge.Supported, Finding: NoFinding, Evidence: []judge.Step{toldStep(q, tap.Client)}}
	end.Text = fmt.Sprintf("the client was told that nothing gets there (%s), and gave up, though the server answered: its own reset met that answer", icmpName(&q.Quote))
	end.Advice = fmt.Sprintf("Ask whoever runs %s what answers so; the server's capture shows that it took the connection.", netip.AddrFrom16(q.From).Unmap())
	return end, true
}
