package ending

import (
	"fmt"
	"math"
	"time"

	"bothends/correlate/judge"
	"bothends/correlate/pair"
	"bothends/correlate/survey"
	"bothends/correlate/tap"
)

// oneSided is the ending of a connection that one capture only holds.
func (e *ender) oneSided(p *pair.Pair, c *judge.Case, index int) Ending {
	if p.Client == pair.NoView {
		return e.atServerOnly(p)
	}
	seen := e.Surveys[tap.Client].Connections[p.Client]
	near, far := &seen.Flows[p.ClientSide], &seen.Flows[p.ClientSide.Other()]
	end := Ending{Finding: NoFinding}
	switch {
	case p.Outdone, p.Ambiguous, e.Service(p) == nil && !e.Alone:
		return ofView(seen, "the client's")
	case far.Segments > 0 && seen.SYNNS != 0 && e.nearer(seen, p):
		return e.intercepted(seen, p, c, index)
	case !e.serverRan(seen.FirstNS):
		end.Kind, end.Confidence = NotCovered, judge.Strong
		end.Text = "nothing shows that the server's recording ran then"
		return end
	case seen.SYNNS == 0:
		end.Kind, end.Confidence = NotCovered, judge.Supported
		end.Text = "the client's capture begins in mid-connection, and the server's does not hold it"
		return end
	case far.Segments == 0 && far.Resets == 0:
		end.Kind, end.Confidence, end.ToServer = SYNNotArrived, judge.Supported, true
		end.Text = fmt.Sprintf("the client sent %s, none arrived at the server, whose recording ran", count(int(near.Segments), "SYN"))
		end.Evidence = []judge.Step{step(Swallowed, judge.Supports, "%s", end.Text)}
		end.Advice = "Try the same port from another network, and another port from this one: a box may swallow what goes there. Check that this address leads to the recorded host."
		beside, steps := e.besideTap(tap.Server, false)
		if beside != nil && !beside.unknown {
			end.Confidence = judge.Unsure
			end.Text += ", or they " + beside.text
			end.Advice = beside.advice
		}
		end.Evidence = append(end.Evidence, steps...)
		e.toldInTime(&end, p, tap.Client)
		return end
	case far.Segments == 0:
		return e.refused(c, index)
	}
	return e.intercepted(seen, p, c, index)
}

// refused is the ending of a connection of which the server holds nothing and that was
// reset at once.
func (e *ender) refused(c *judge.Case, index int) Ending {
	end := Ending{Kind: RefusedOnTheWay, Confidence: judge.Unsure, Finding: NoFinding,
		Text: "it was refused, and nothing of it came to the server, whose recording ran: by something on the way, or by another machine that has this address or port"}
	for _, i := range e.findings[index] {
		if f := &e.Judgement.Findings[i]; f.Kind == "rst" && f.SeenAt == tap.Client {
			end.Finding = i
			switch f.Verdict {
			case judge.Injected:
				end.Confidence = f.Confidence
				end.Text = "refused on the way, in the server's name"
			case judge.ByReceiver:
				end.Kind, end.Confidence = ResetByReceiver, f.Confidence
				end.Text = "refused by the client's own machine, most likely its firewall"
				end.Advice = "Look at the rules of the client's own firewall that reject with a reset."
			}
			for _, s := range f.Evidence {
				if s.Decides {
					end.Evidence = append(end.Evidence, s)
				}
			}
			break
		}
	}
	end.Advice = "Try the same port from another network, and another port from this one; check that this port is not forwarded to another machine."
	return end
}

// atServerOnly is the ending of a connection that the server's capture alone holds, as
// those of other people are.
func (e *ender) atServerOnly(p *pair.Pair) Ending {
	there := e.Surveys[tap.Server].Connections[p.Server]
	if e.clientAway(there) && e.clientsAddress(there.Ends[survey.Initiator].IP) {
		return Ending{Kind: NotCovered, Confidence: judge.Supported, Finding: NoFinding,
			Text: "it came from the client's address, and the client's recording did not run then"}
	}
	end := ofView(there, "the server's")
	if e.inClientsName(p, there) {
		end.Unheld, end.Confidence = true, judge.Unsure
		end.Text += "; it came from the client's own address, and the client's capture, which ran, does not hold it: another interface of the client's, or another host in its name"
	}
	return end
}

// inClientsName reports whether a connection that only the server's capture holds was opened
// from the client's own address, which the path leaves alone, to a port that the client is
// seen to use, while the client's capture ran.
func (e *ender) inClientsName(p *pair.Pair, there *survey.Connection) bool {
	if p.Remapped || p.Inside || p.Outdone || p.Ambiguous || p.SharedISN || !e.Clock.Known() || !e.Ran[tap.Client] || !there.Handshake || there.SYNNS == 0 || there.AnswerNS == 0 {
		return false
	}
	e.clientsAddress(there.Ends[survey.Initiator].IP) // gathers them
	began, covered := e.Clock.ClientTime(there.SYNNS), e.Coverage[tap.Client]
	return e.clients[there.Ends[survey.Initiator].IP] && e.ports[there.Ends[survey.Responder].Port] &&
		began-withinNS > covered.FirstNS && began+withinNS < covered.LastNS
}

// withinNS is how far from the beginning and the end of a capture a SYN must lie, so that the
// capture would hold it: more than the clocks are apart and a way takes.
const withinNS = 100e6

// clientAway reports whether the client's capture is known not to have run while a connection
// of the server's capture went on.
func (e *ender) clientAway(there *survey.Connection) bool {
	if !e.Clock.Known() || e.Clock.SetBack() > 0 {
		return false
	}
	covered := e.Coverage[tap.Client]
	return e.Clock.ClientTime(there.LastNS)+uncoveredNS < covered.FirstNS || e.Clock.ClientTime(there.FirstNS)-uncoveredNS > covered.LastNS
}

// clientsAddress reports whether the server knows the client by an address, as a connection
// shows that both captures hold.
func (e *ender) clientsAddress(ip judge.Address) bool {
	if e.clients == nil {
		e.clients, e.ports = map[judge.Address]bool{}, map[uint16]bool{}
		for i := range e.Pairs {
			if p := &e.Pairs[i]; p.Paired() {
				ends := &e.Surveys[tap.Server].Connections[p.Server].Ends
				here, own := ends[p.ServerSide].IP, e.Surveys[tap.Client].Connections[p.Client].Ends[p.ClientSide].IP
				same, known := e.clients[here]
				e.clients[here] = here == own && (same || !known)
				e.ports[ends[p.ServerSide.Other()].Port] = true
			}
		}
	}
	_, known := e.clients[ip]
	return known
}

// ofView is what one capture alone shows of a connection's end.
func ofView(v *survey.Connection, whose string) Ending {
	end := Ending{Kind: OpenAtEnd, Confidence: judge.Supported, Finding: NoFinding, Text: "it is in " + whose + " capture only, open when that ends"}
	one, other := &v.Flows[survey.Initiator], &v.Flows[survey.Responder]
	switch {
	case one.FIN && other.FIN:
		end.Kind, end.Text = Closed, "it is in "+whose+" capture only, and was closed in order"
	case one.Resets+other.Resets > 0:
		end.Kind, end.Confidence, end.Text = NotCovered, judge.Unsure, "it is in "+whose+" capture only, and was reset; by whom one capture cannot tell"
	}
	return end
}

// arriveNS is for how long a capture must have run after a packet left the other end, so
// that it shows that the packet did not come: radio links that wake up keep one for a
// quarter of a second, and full queues for longer.
const arriveNS = 1e9

// serverRan reports whether the server's capture is known to have been running when what left
// the client at a time by its clock would have come: it began before that, and went on for
// longer than any link delays a packet, or holds what left the client later.
func (e *ender) serverRan(clientNS int64) bool {
	if !e.Ran[tap.Server] {
		return false
	}
	covered := e.Coverage[tap.Server]
	if e.Clock.Known() {
		at := e.Clock.ServerTime(clientNS)
		return at >= covered.FirstNS && (at+arriveNS <= covered.LastNS || e.Trips.Between(tap.Client, clientNS, math.MaxInt64) > 0)
	}
	// Nothing compares the clocks: both are taken to be set.
	return clientNS >= covered.FirstNS && clientNS+arriveNS <= covered.LastNS
}

// readable is a duration within a text.
func readable(ns int64) string {
	d := time.Duration(ns)
	if d >= time.Second {
		return d.Round(100 * time.Millisecond).String()
	}
	return d.Round(10 * time.Microsecond).String()
}

// count is a number and its noun, which takes an s but for one.
func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
