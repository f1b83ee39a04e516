package ending

import (
	"fmt"

	"bothends/correlate/judge"
	"bothends/correlate/pair"
	"bothends/correlate/tap"
)

// A cause is what troubles a connection without ending it, or keeps it from beginning. Test
// says how that shows, in a clause; empty if it does not. What the word means and what to do
// stands with the other patterns.
type cause struct {
	judge.Pattern
	test func(e *ender, p *pair.Pair, c *judge.Case, end *Ending) (why string)
}

// causes are all of them; the first that shows is told.
var causes = []cause{
	{judge.TimestampsRunBack, stampedBack},
	{judge.AcceptQueueFull, overrun},
	{judge.DeferredAccept, deferred},
	{judge.SACKUntranslated, untranslatedSACK},
}

// explain adds to an ending what troubled the connection.
func (e *ender) explain(end *Ending, p *pair.Pair, c *judge.Case) {
	for i := range causes {
		if why := causes[i].test(e, p, c, end); why != "" {
			end.Pattern, end.Advice = causes[i].Pattern, causes[i].Advice()
			end.Text += "; " + why
			return
		}
	}
}

// deferred: the server's tap saw its SYN and ACK leave again although the ACK had come.
func deferred(e *ender, p *pair.Pair, _ *judge.Case, _ *Ending) string {
	if p.Server == pair.NoView {
		return ""
	}
	again := e.Surveys[tap.Server].Connections[p.Server].AgainMS
	if again == 0 {
		return ""
	}
	return fmt.Sprintf("the server sent its SYN and ACK again %s after the ACK had come, as if that had not: it did not take the connection before data came", readable(int64(again)*1e6))
}

// overrun: it left again after the client had answered that, too, or had sent data, which a
// server that waits for data takes.
func overrun(e *ender, p *pair.Pair, _ *judge.Case, _ *Ending) string {
	if p.Server == pair.NoView || !e.Surveys[tap.Server].Connections[p.Server].Overrun {
		return ""
	}
	return "the server sent its SYN and ACK again and again although ACKs had come, and did not take the connection: as one does whose program accepts too slowly"
}

// untranslatedSACK: the numbers of one stream are rewritten between the taps, and in the
// answers to it the SACK blocks keep what the other end wrote.
func untranslatedSACK(_ *ender, p *pair.Pair, c *judge.Case, _ *Ending) string {
	if c == nil || p.Shift == [2]uint32{} {
		return ""
	}
	for end := range c.Summary().Rewrites {
		r, sender := &c.Summary().Rewrites[end], tap.End(end)
		if r.SACKsLeft > 0 && r.SACKsLeft > r.SACKsMoved {
			return fmt.Sprintf("the sequence numbers of the %s are rewritten on the way, and in %s from the %s the SACK blocks are not: the %s cannot tell what arrived, and sends it again",
				sender.Other(), count(int(r.SACKsLeft), "acknowledgment"), sender, sender.Other())
		}
	}
	return ""
}

// stampedBack: of the SYNs of one address just those were not answered whose timestamp was
// older than that of the connection before.
func stampedBack(e *ender, p *pair.Pair, _ *judge.Case, end *Ending) string {
	if end.Kind != SYNUnanswered && end.Kind != RefusedByServer || p.Server == pair.NoView {
		return ""
	}
	stamps := e.Stamps[p.Server]
	if stamps == nil {
		return ""
	}
	return fmt.Sprintf("its timestamp was older than that of the connection before from the same address: of %s none was answered, and of the %d others all were", count(stamps.Back, "such SYN"), stamps.On)
}
