package inspect

import (
	"bothends/correlate/survey"
)

// settleNS is how long a connection must have been silent at the end of a
// recording before the recording is taken to hold all of it: the README asks to
// wait for so long.
const settleNS = 10e9

// ended reports whether anybody ended the connection, or cut it.
func ended(c *survey.Connection) bool {
	for _, f := range c.Flows {
		if f.FIN || f.Resets > 0 {
			return true
		}
	}
	return false
}

// begunBefore reports whether the connection had begun before the tap saw it. A
// lone reset does not show that.
func begunBefore(c *survey.Connection) bool {
	return c.SYNNS == 0 && c.AnswerNS == 0 && c.Flows[0].Segments+c.Flows[1].Segments > 0
}

// oneWay reports whether nothing of one side was seen, although the other
// acknowledged what that side sent while the tap was watching. A SYN that nobody
// answered is no such case.
func oneWay(c *survey.Connection) bool {
	for side := range c.Flows {
		f := &c.Flows[side]
		if f.Segments+f.Resets > 0 || !f.Begun {
			continue
		}
		answered := survey.Side(side) == survey.Responder && c.SYNNS != 0
		if f.Acked > 0 || answered {
			return true
		}
	}
	return false
}

// endNS is until when the recorder was watching: longer than to the last packet,
// if it says so.
func (i *inspection) endNS() int64 {
	end := i.survey.LastNS
	for n := range i.survey.Interfaces {
		end = max(end, i.survey.Interfaces[n].Counters.EndNS)
	}
	return end
}

func (i *inspection) countConnections() {
	count, end := &i.Connections, i.endNS()
	for n := range i.survey.Connections {
		c := i.survey.Connections[n]
		count.Total++
		switch {
		case c.Flows[0].Segments+c.Flows[1].Segments == 0:
			count.ResetsOnly++
		case begunBefore(c):
			count.NoHandshake++
		case c.SYNNS != 0 && c.AnswerNS != 0 && c.CompleteNS != 0:
			count.Complete++
		default:
			count.Partial++
		}
		if oneWay(c) {
			count.OneWay++
		}
		if !ended(c) && end-c.LastNS < settleNS {
			count.Open++
		}
	}
}

// countSeen adds up what was acknowledged, and what of it the capture lacks: lost
// to it for certain, as whoever acknowledged it had it.
func (i *inspection) countSeen() {
	for n := range i.survey.Connections {
		c := i.survey.Connections[n]
		var lacking int64
		for side := range c.Flows {
			acknowledged, unseen := seen(&c.Flows[side])
			i.Seen.Acknowledged += acknowledged
			lacking += unseen
		}
		if i.Seen.Unseen += lacking; lacking > 0 {
			i.Seen.Connections++
		}
	}
}

// seen counts from where the tap began to see the stream. Of a side that it
// never saw it knows the acknowledgments only.
func seen(f *survey.Flow) (acknowledged, unseen int64) {
	if f.Segments == 0 {
		return f.Acked, f.Acked
	}
	return max(0, f.Acked-f.Cover.Began()), f.Missing()
}

// fewestOpenings is how many connections must end with the answer to their SYN
// before that is taken for a filter's doing: one or two may have failed there.
const fewestOpenings = 3

// inferFilter looks for what is missing throughout.
func (i *inspection) inferFilter() {
	var segments, resets, payload int64
	openings := 0
	for n := range i.survey.Connections {
		c := i.survey.Connections[n]
		for _, f := range c.Flows {
			segments += f.Segments
			resets += f.Resets
			payload += f.Payload
		}
		if c.SYNNS != 0 && c.AnswerNS != 0 && c.CompleteNS == 0 && !ended(c) {
			openings++
		}
	}
	total := i.Connections.Total
	switch {
	case total == 0:
	case segments == 0 && resets > 0:
		i.Filter.Inferred = "resets only"
	case i.Connections.OneWay > 0 && !i.seesBothWays():
		i.Filter.Inferred = "one direction only"
	case payload == 0 && i.Seen.Unseen > 0:
		i.Filter.Inferred = "segments without data only"
	case openings == total && total >= fewestOpenings && payload == 0:
		i.Filter.Inferred = "SYNs and their answers only"
	}
}

func (i *inspection) seesBothWays() bool {
	for n := range i.survey.Connections {
		f := i.survey.Connections[n].Flows
		if f[0].Segments+f[0].Resets > 0 && f[1].Segments+f[1].Resets > 0 {
			return true
		}
	}
	return false
}
