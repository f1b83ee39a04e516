package inspect

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	"bothends/correlate/report"
	"bothends/correlate/segment"
	"bothends/correlate/survey"
)

// findTap lets the connections vote on the end at which the capture was
// recorded, and learns the addresses of the tap's own host from them.
func (i *inspection) findTap() {
	var votes [2]int // by the side that is the tap's own host
	var clues [2]map[survey.Clue]int
	i.hosts = map[[16]byte]int64{}
	for n := range i.survey.Connections {
		c := i.survey.Connections[n]
		side, clue := c.Local()
		if clue == survey.NoClue {
			i.Tap.Unknown++
			continue
		}
		if votes[side]++; clues[side] == nil {
			clues[side] = map[survey.Clue]int{}
		}
		clues[side][clue]++
		i.hosts[c.Ends[side].IP] += c.Flows[side].Segments
	}
	i.Tap.End, i.Tap.DecidedBy, i.Tap.Hosts = "unknown", survey.NoClue.String(), []string{}
	end, most := "client", survey.Initiator
	if votes[survey.Responder] > votes[survey.Initiator] {
		end, most = "server", survey.Responder
	}
	i.Tap.For, i.Tap.Against = votes[most], votes[most.Other()]
	if votes[most] > votes[most.Other()] {
		i.Tap.End, i.Tap.DecidedBy = end, commonest(clues[most]).String()
	} else if r := i.Recording; r != nil && (r.End == "client" || r.End == "server") {
		// A host that forwards the session shows it from both sides.
		i.Tap.End, i.Tap.DecidedBy = r.End, "what its recorder was told"
	}
	addresses := slices.SortedFunc(maps.Keys(i.hosts), func(a, b [16]byte) int {
		return cmp.Or(cmp.Compare(i.hosts[b], i.hosts[a]), slices.Compare(a[:], b[:]))
	})
	for _, ip := range addresses {
		i.Tap.Hosts = append(i.Tap.Hosts, segment.Endpoint{IP: ip}.AddrPort().Addr().String())
	}
}

// commonest prefers the more trustworthy of clues that are as frequent.
func commonest(clues map[survey.Clue]int) survey.Clue {
	best := survey.NoClue
	for clue := survey.RecordedDirection; clue <= survey.HandshakeWait; clue++ {
		if clues[clue] > clues[best] {
			best = clue
		}
	}
	return best
}

// local tells which side of a connection is the tap's own host: by the
// connection itself, or by an address that others show to be the host's.
func (i *inspection) local(c *survey.Connection) (side survey.Side, known bool) {
	if side, clue := c.Local(); clue != survey.NoClue {
		return side, true
	}
	_, initiator := i.hosts[c.Ends[survey.Initiator].IP]
	_, responder := i.hosts[c.Ends[survey.Responder].IP]
	if initiator == responder {
		return 0, false
	}
	if initiator {
		return survey.Initiator, true
	}
	return survey.Responder, true
}

// countByHost counts what the tap's own host sent, and the resets of both sides.
func (i *inspection) countByHost() {
	for n := range i.survey.Connections {
		c := i.survey.Connections[n]
		side, known := i.local(c)
		if !known {
			i.Resets.Unknown += c.Flows[0].Resets + c.Flows[1].Resets
			continue
		}
		i.Resets.FromHost += c.Flows[side].Resets
		i.Resets.ToHost += c.Flows[side.Other()].Resets
		i.Seen.FromHost += c.Flows[side].Segments
	}
}

// continuedBy reports whether other begins after this capture ended and goes on
// with one of its connections, as the next file of a ring buffer does.
func (i *inspection) continuedBy(other *inspection) bool {
	if !i.timed() || !other.timed() || other.survey.FirstNS < i.survey.LastNS {
		return false
	}
	open := map[[2]segment.Endpoint]bool{}
	for n := range i.survey.Connections {
		if c := i.survey.Connections[n]; !ended(c) {
			open[c.Ends] = true
			open[[2]segment.Endpoint{c.Ends[1], c.Ends[0]}] = true // without a SYN the roles are a guess
		}
	}
	return slices.ContainsFunc(other.survey.Connections, func(c *survey.Connection) bool {
		return begunBefore(c) && open[c.Ends]
	})
}

// continues puts the reason in front of what it explains.
func (i *inspection) continues(earlier *inspection) {
	i.Reasons = slices.Insert(i.Reasons, i.graver(report.Limits), report.Reason{
		Weight: report.Limits, What: "continues-another",
		Text:   fmt.Sprintf("it goes on with connections of %s, as if both were parts of one recording", earlier.files[0].Path),
		Advice: "if they are, inspect all parts as one capture, with --together",
	})
	i.setFitness()
}
