package ending

import (
	"fmt"
	"net/netip"

	"bothends/correlate/align"
	"bothends/correlate/judge"
	"bothends/correlate/pair"
	"bothends/correlate/segment"
	"bothends/correlate/survey"
	"bothends/correlate/tap"
)

// intercepted is the ending of a connection that was answered and of which nothing came
// to the server. Three facts make it one that another host conducted on the way:
//
//   - The answer cannot be the server's: it came sooner than anything can that has been
//     there, and from nearer than its site.
//   - The server's recording ran, admits that port, and holds nothing of it.
//   - No other machine of the server's owner stands there: the answer was made on the
//     client's own link; or at least the neighbours before and after came to the server,
//     which an address of several places may still do; or the user states it.
//
// A content delivery network, an address of several places and a second host at the
// server's site answer honestly, and miss one of them.
func (e *ender) intercepted(seen *survey.Connection, p *pair.Pair, c *judge.Case, index int) Ending {
	far := &seen.Flows[p.ClientSide.Other()]
	end := Ending{Kind: Intercepted, Confidence: judge.Unsure, Finding: NoFinding,
		Text: "conducted by another host in the server's name, if no second one answers for its address: it was answered, and nothing of it came to the server"}
	end.Evidence = []judge.Step{step(Swallowed, judge.Supports, "the client's capture holds %s in the server's name, from the answer to the SYN on; the server's holds nothing of this connection",
		count(int(far.Segments), "segment"))}
	end.Advice = "Look for a captive portal or a transparent proxy on the client's side (does the network ask for a login?). If a balancer or several hosts serve this address, record at all of them; if none does: --attest server:one-host."
	ran, admitted, near := e.serverRan(seen.FirstNS), e.admitted(seen, p), e.nearer(seen, p)
	end.Evidence = append(end.Evidence, recordedThere(ran, admitted, near, seen.Ends[p.ClientSide.Other()].Port)...)
	if near {
		end.Evidence = append(end.Evidence, e.nearerStep(seen, p))
	}
	var needs []judge.Statement
	answer := answerOf(c)
	switch onLink := judge.Hops(far.TTL) == 0 && answer != nil && !answer.Loopback; {
	case e.cameOtherwise(seen, p):
		end.Text = "conducted by another host in the server's name, which may be a proxy of the client's own (a virtual machine's network, a VPN, a virus scanner): connections with other numbers came to the server meanwhile"
		end.Evidence = append(end.Evidence, step(judge.Proxy, judge.Open, "the server's capture holds a connection to that port which the client's does not, and which began meanwhile: a proxy may have opened it"))
	case near && onLink && ran && admitted:
		end.Confidence = judge.Strong
		end.Evidence = append(end.Evidence, step(judge.OtherHost, judge.Refuted,
			"the answer passed no router: it was made on the client's own link, and the server is %s away", count(int(e.Service(p).Ways[tap.Server].Hops), "router")))
	case near && e.OneHost:
		end.Confidence = judge.Strong
		end.Evidence = append(end.Evidence, attested())
	case near && e.amongNeighbours(seen, p):
		end.Confidence = judge.Supported
	case near:
		needs = []judge.Statement{{End: tap.Server, Fact: judge.OneHost}}
		end.Evidence = append(end.Evidence, step(judge.OtherHost, judge.Open,
			"another machine of the server's owner may answer for this address nearer to the client"))
	}
	if end.Confidence != judge.Unsure {
		end.Text = "conducted by another host in the server's name: it answered the SYN, and nothing came to the server"
	}
	if answer != nil && (end.Confidence != judge.Unsure || len(needs) > 0) {
		e.addAnswer(answer, index, &end, needs)
	}
	return end
}

// proxied is the ending of a connection of which the server's end holds another, with
// numbers of its own, that carries the same. A client that asked for the proxy knows it by
// an address of its own; where both ends know the server by one address, the proxy speaks
// in its name. That it passed on what was said is not held against it.
func (e *ender) proxied(p *pair.Pair) Ending {
	end := Ending{Kind: SplitByProxy, Confidence: judge.Strong, Finding: NoFinding,
		Text:     "a proxy stands between: each end talks to it, and the two connections end each by itself",
		Evidence: []judge.Step{e.leg(tap.Client, p.Client, p.ClientSide), e.leg(tap.Server, p.Server, p.ServerSide)}}
	asked := e.Surveys[tap.Client].Connections[p.Client].Ends[p.ClientSide.Other()].IP
	answered := e.Surveys[tap.Server].Connections[p.Server].Ends[p.ServerSide.Other()].IP
	if asked != answered {
		return end
	}
	end.Text = "a proxy stands between, which the client did not ask for: it speaks in the server's name, on the way or as the client's own (a virtual machine's network, a VPN, a virus scanner)"
	end.Evidence = append(end.Evidence, step(judge.Proxy, judge.Supports,
		"what the two captures carry is the same, their sequence numbers and handshakes are not, and both ends know the server by the address %s: the client did not ask for the proxy", netip.AddrFrom16(asked).Unmap()))
	end.Advice = "Find out whose proxy it is: record between it and the client, too. If the client's own system has none, something on the way speaks for the server."
	return end
}

// leg says between whom the connection of a proxy's is that one end's capture holds, and how
// that one ended there. opener is its side that opened it.
func (e *ender) leg(end tap.End, n int32, opener survey.Side) judge.Step {
	seen := e.Surveys[end].Connections[n]
	one, other := &seen.Flows[opener], &seen.Flows[opener.Other()]
	how := "open when the recording ends"
	switch {
	case one.FIN && other.FIN:
		how = "closed in order"
	case one.Resets > 0 && other.Resets > 0:
		how = "reset by both of its ends"
	case one.Resets > 0:
		how = fmt.Sprintf("reset by who opened it (%s)", count(int(one.Resets), "reset"))
	case other.Resets > 0:
		how = fmt.Sprintf("reset by who answered (%s)", count(int(other.Resets), "reset"))
	case one.FIN:
		how = "closed by who opened it alone"
	case other.FIN:
		how = "closed by who answered alone"
	}
	return judge.Step{Rule: judge.Proxy, Outcome: judge.Supports, Decides: true,
		Text: fmt.Sprintf("the leg at the %s is from %s to %s: %s", end, named(seen.Ends[opener]), named(seen.Ends[opener.Other()]), how)}
}

// named is an endpoint as users write it.
func named(e segment.Endpoint) netip.AddrPort {
	return netip.AddrPortFrom(netip.AddrFrom16(e.IP).Unmap(), e.Port)
}

// recordedThere says whether the server's recording would hold the connection, had it
// come there. What was answered from nearer was not answered there, whether or not.
func recordedThere(ran, admitted, near bool, port uint16) []judge.Step {
	steps := []judge.Step{
		{Rule: judge.NotRunning, Outcome: judge.Refuted, Text: "the server's recording ran at that time"},
		{Rule: judge.Filtered, Outcome: judge.Refuted, Text: fmt.Sprintf("the server's recording admits port %d", port)},
	}
	if !ran {
		steps[0].Outcome, steps[0].Text = judge.Open, "nothing shows that the server's recording ran at that time"
	}
	if !admitted {
		steps[1].Outcome, steps[1].Text = judge.Open, fmt.Sprintf("nothing shows that the server's recording admits port %d", port)
	}
	for i := range steps {
		if steps[i].Outcome == judge.Open && near {
			steps[i].By = []judge.Name{judge.Nearer}
		}
		steps[i].Decides = steps[i].Outcome == judge.Open && !near
	}
	return steps
}

func attested() judge.Step {
	s := step(judge.OtherHost, judge.Refuted, "by the user's statement no other machine answers for this address")
	s.Attested = true
	return s
}

// cameOtherwise reports whether a connection to the same port, which the client's capture
// does not hold, came to the server while the client's was open: a proxy may have opened
// it for the client, and what it carries need not tell (a recording of headers alone).
func (e *ender) cameOtherwise(seen *survey.Connection, p *pair.Pair) bool {
	port := seen.Ends[p.ClientSide.Other()].Port
	for i := range e.Pairs {
		other := &e.Pairs[i]
		if other.Client != pair.NoView {
			continue
		}
		there := e.Surveys[tap.Server].Connections[other.Server]
		at := e.clientTime(tap.Server, there.FirstNS)
		if there.Ends[survey.Responder].Port == port && at >= seen.FirstNS-proxySlackNS && at <= seen.LastNS+proxySlackNS {
			return true
		}
	}
	return false
}

// proxySlackNS is how far apart a proxy's two connections may begin.
const proxySlackNS = 2e9

// answerOf is the answer to the SYN of a connection that the server's capture does not
// hold; nil if it was not kept.
func answerOf(c *judge.Case) *align.Opening {
	if c == nil || c.Connection == nil {
		return nil
	}
	return c.Streams[tap.Server].GotOpening
}

// addAnswer tells the answer to the SYN as a finding: the whole interception is one.
func (e *ender) addAnswer(answer *align.Opening, index int, end *Ending, needs []judge.Statement) {
	f := judge.Finding{Case: index, Kind: "syn-ack", Verdict: judge.Injected, Confidence: end.Confidence, ReceivedAt: tap.Client, SeenAt: tap.Client,
		Frame: answer.Frame, Header: answer.Header, Evidence: end.Evidence}
	if len(needs) > 0 {
		f.Verdict, f.Needs = judge.Conditional, needs
	}
	end.Finding = len(e.Judgement.Findings) + len(e.added)
	e.added = append(e.added, f)
}

// admitted reports whether the server's recording admits the port that a connection went
// to.
func (e *ender) admitted(seen *survey.Connection, p *pair.Pair) bool {
	service := e.Service(p)
	return service != nil && (service.AdmitsAll || service.Admits[seen.Ends[p.ClientSide.Other()].Port])
}

// nearer reports whether the SYN was answered sooner than by any round trip to the
// server, and from fewer routers away than its site has.
func (e *ender) nearer(seen *survey.Connection, p *pair.Pair) bool {
	service := e.Service(p)
	if service == nil || seen.AnswerNS == 0 || !e.Clock.Known() {
		return false
	}
	way := &service.Ways[tap.Server]
	if way.Varies || way.Packets < enoughPackets {
		return false
	}
	hops := judge.Hops(seen.Flows[p.ClientSide.Other()].TTL)
	return int(way.Hops)-hops >= siteHops && seen.AnswerNS-seen.SYNNS < e.Clock.At(seen.SYNNS).MinRTT()
}

func (e *ender) nearerStep(seen *survey.Connection, p *pair.Pair) judge.Step {
	hops, way := judge.Hops(seen.Flows[p.ClientSide.Other()].TTL), &e.Service(p).Ways[tap.Server]
	took, rtt := seen.AnswerNS-seen.SYNNS, e.Clock.At(seen.SYNNS).MinRTT()
	s := step(judge.Nearer, judge.Supports, "the SYN was answered after %s from %s away; the fastest round trip to the server takes %s, over %s",
		readable(took), count(hops, "router"), readable(rtt), count(int(way.Hops), "router"))
	s.Values = map[string]any{"answered_after_ns": took, "min_rtt_ns": rtt, "hops": hops, "path_hops": int(way.Hops)}
	return s
}

// amongNeighbours reports whether enough connections to the same address came to the
// server, before and after, and under that address, so that it is not likely one of
// several places.
func (e *ender) amongNeighbours(seen *survey.Connection, p *pair.Pair) bool {
	service := e.Service(p)
	if service.Translated > 0 || service.Paired < enoughNeighbours {
		return false
	}
	if e.times == nil {
		e.times = e.pairedTimes()
	}
	t, known := e.times[seen.Ends[p.ClientSide.Other()].IP]
	return known && t.FirstNS < seen.FirstNS && t.LastNS > seen.FirstNS
}

// pairedTimes are when the first and the last connection to each address began that came
// to the server, by the client's clock.
func (e *ender) pairedTimes() map[judge.Address]tap.Coverage {
	times := map[judge.Address]tap.Coverage{}
	for i := range e.Pairs {
		p := &e.Pairs[i]
		if !p.Paired() || p.Method == pair.Payload {
			continue
		}
		seen := e.Surveys[tap.Client].Connections[p.Client]
		address := seen.Ends[p.ClientSide.Other()].IP
		t, known := times[address]
		if !known {
			t = tap.Coverage{FirstNS: seen.FirstNS, LastNS: seen.FirstNS}
		}
		times[address] = tap.Coverage{FirstNS: min(t.FirstNS, seen.FirstNS), LastNS: max(t.LastNS, seen.FirstNS)}
	}
	return times
}

const (
	// enoughPackets of the server's must have shown how far away it is.
	enoughPackets = 3
	// siteHops leaves a site's own router and one router's difference between two ways.
	siteHops = 2
	// enoughNeighbours is how many connections to the address must have come to the
	// server, so that it is not an address of several places.
	enoughNeighbours = 3
)
