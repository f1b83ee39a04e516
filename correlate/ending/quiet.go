package ending

import (
	"fmt"

	"bothends/correlate/judge"
	"bothends/correlate/pair"
	"bothends/correlate/tap"
)

// quiet is the ending of a connection that nobody reset and of which nothing was
// swallowed.
func (e *ender) quiet(p *pair.Pair, c *judge.Case, index int) Ending {
	fins := c.FIN
	for end := range fins {
		fins[end] = fins[end] && !e.forgedFIN(c, index, tap.End(end)) || c.Connection != nil && c.Streams[end].FIN
	}
	end := Ending{Finding: NoFinding}
	switch {
	case fins[tap.Client] && fins[tap.Server]:
		end.Kind, end.Confidence, end.Text = Closed, judge.Proven, "both ends closed it in order"
		return end
	case !c.Alike && e.unanswered(p):
		end.Kind, end.Confidence = SYNUnanswered, judge.Strong
		end.Text = "the SYN came to the server and was not answered"
		end.Advice = "Look at the server: the backlog of the listening socket (ss -lt; nstat TcpExtListenOverflows), and its firewall."
		return end
	}
	if why := e.uncovered(p); why != "" {
		end.Kind, end.Confidence, end.Text = NotCovered, judge.Strong, why
		return end
	}
	if gaveUp, found := e.gaveUp(p, c); found {
		return gaveUp
	}
	end.Kind, end.Confidence, end.Text = OpenAtEnd, judge.Strong, "it was open when the recordings end"
	switch {
	case fins[tap.Client]:
		end.Text = "the client had closed its side when the recordings end"
	case fins[tap.Server]:
		end.Text = "the server had closed its side when the recordings end"
	}
	if host, bytes, found := unheeded(c); found {
		end.Text += fmt.Sprintf("; %s from the %s came to the %s again and again without being acknowledged", sequenceSpace(bytes), host, host.Other())
		end.Advice = lookBehindTap(host.Other())
	}
	return end
}

// unanswered reports whether the SYN came to the server and nothing left it.
func (e *ender) unanswered(p *pair.Pair) bool {
	there := e.Surveys[tap.Server].Connections[p.Server]
	if there.SYNNS == 0 {
		return false
	}
	server := &there.Flows[p.ServerSide.Other()]
	return server.Segments == 0 && server.Resets == 0
}

// uncovered is why the end of a connection cannot be seen in both captures; empty if
// it can. Times of one capture are brought to the other's clock.
func (e *ender) uncovered(p *pair.Pair) string {
	if !e.Clock.Known() || e.Clock.SetBack() > 0 {
		return ""
	}
	here, there := e.Surveys[tap.Client].Connections[p.Client], e.Surveys[tap.Server].Connections[p.Server]
	switch {
	case e.Clock.ServerTime(here.LastNS) > e.Coverage[tap.Server].LastNS && here.LastNS-here.FirstNS > 0 && here.LastNS > e.Clock.ClientTime(there.LastNS)+uncoveredNS:
		return "it goes on in the client's capture after the server's had ended"
	case e.Clock.ClientTime(there.LastNS) > e.Coverage[tap.Client].LastNS && there.LastNS > e.Clock.ServerTime(here.LastNS)+uncoveredNS:
		return "it goes on in the server's capture after the client's had ended"
	}
	return ""
}

// uncoveredNS is by how much one capture must go on before the other one counts as
// ended too early.
const uncoveredNS = 1e9
