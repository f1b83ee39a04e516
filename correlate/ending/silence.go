package ending

import (
	"fmt"

	"bothends/correlate/judge"
	"bothends/correlate/pair"
	"bothends/correlate/tap"
)

// givenUpNS is how long a host that has data unacknowledged must have been silent before
// it counts as having given up: longer than it waits between two copies. RFC 6298 section
// 2.4 lets it wait 60 s at least, Linux's TCP_RTO_MAX is 120 s.
const givenUpNS = 150e9

// gaveUp is the ending of a connection that one end gave up: what it sent came to the
// other, was never acknowledged, and then it fell silent while both captures went on.
func (e *ender) gaveUp(p *pair.Pair, c *judge.Case) (end Ending, found bool) {
	silentNS := e.silence(p)
	if silentNS < givenUpNS {
		return end, false
	}
	for sender, n := range c.Unacknowledged {
		if n == 0 {
			continue
		}
		host, other := tap.End(sender), tap.End(sender).Other()
		text := fmt.Sprintf("the %s gave it up: %s came to the %s and was never acknowledged, and %s of silence followed", host, sequenceSpace(n), other, readable(silentNS))
		return Ending{Kind: GivenUp, Confidence: judge.Supported, Finding: NoFinding, Text: text,
			Evidence: []judge.Step{step(Swallowed, judge.Contradicts, "what the %s sent last passed the tap at the %s, and no acknowledgement of it left there", host, other)},
			Advice:   lookBehindTap(other)}, true
	}
	return end, false
}

// lookBehindTap is what to check at a host that does not acknowledge what comes to it.
func lookBehindTap(host tap.End) string {
	return fmt.Sprintf("Look at the %s: its own firewall, which drops behind the tap; whether its kernel found the checksums wrong (nstat TcpInCsumErrors); whether its program or the whole machine hung or slept; whether its address moved to another machine.", host)
}

// unheeded is who sent what came to the other end again and again and was acknowledged at
// neither, and how much of sequence space that is. A recording that ends in mid-flight
// shows no repetition.
func unheeded(c *judge.Case) (host tap.End, bytes int64, found bool) {
	for sender, again := range c.Unheeded {
		if again {
			return tap.End(sender), c.Unacknowledged[sender], true
		}
	}
	return host, 0, false
}

// silence is how long both captures go on after the last packet of a connection.
func (e *ender) silence(p *pair.Pair) int64 {
	here, there := e.Surveys[tap.Client].Connections[p.Client], e.Surveys[tap.Server].Connections[p.Server]
	return min(e.Coverage[tap.Client].LastNS-here.LastNS, e.Coverage[tap.Server].LastNS-there.LastNS)
}

// sequenceSpace is so much of a stream, in words.
func sequenceSpace(n int64) string {
	if n == 1 {
		return "the last byte, or the end of the stream,"
	}
	return fmt.Sprintf("%d bytes", n)
}
