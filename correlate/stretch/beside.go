package stretch

import (
	"bothends/correlate/judge"
	"bothends/correlate/report"
)

// A Beside is one tap, compared with an end: what of that end's packets and
// connections it holds. Packets and connections are named as the end's capture has them.
type Beside struct {
	packets     map[frame]sight
	connections map[view]*connection
	paired      map[report.View]bool // at whatever time
	missed      map[report.View]bool // the tap lacks packets of it that others hold
	health      report.Completeness  // of the tap's capture, as this comparison shows it
}

// A frame names a packet of the end's capture.
type frame struct {
	file   string
	number int64
}

// A view names a connection of the end's capture.
type view struct {
	report.View
	first report.Moment
}

func viewOf(v report.View, first report.Moment) view { return view{v, first} }

// A connection is one as the tap beside shows it.
type connection struct {
	kind, confidence string // of its ending
	paired           bool
}

// A sight is what one tap shows of a packet: that it is there; that its capture lacks it;
// or nothing. Of what it lacks it is known or not whether it passed all the same.
type sight struct {
	there, lacks bool
	confidence   string // that it did not pass; empty if it may have
}

// absent reports whether it is known that the packet did not pass.
func (s sight) absent() bool { return s.confidence != "" }

// sightOf is what the capture at the far side of a comparison shows of a packet. A tap
// that others' packets pass may miss one whatever shows who made it, so that only what
// that capture itself is worth counts.
func sightOf(f *report.Finding) sight {
	switch {
	case f.Verdict == string(judge.Modified):
		return sight{lacks: true, confidence: f.Confidence}
	case f.TwinFrame != 0:
		return sight{there: true}
	}
	return sight{lacks: true, confidence: f.Absence()}
}

// With reads a comparison of an end with a tap between the ends, of which the end was the
// client if asClient.
func With(r *report.Report, asClient bool) *Beside {
	b := &Beside{map[frame]sight{}, map[view]*connection{}, map[report.View]bool{}, map[report.View]bool{}, r.Captures.Client.Health.Completeness}
	end := "server"
	if asClient {
		end, b.health = "client", r.Captures.Server.Health.Completeness
	}
	for i := range r.Findings {
		if f := &r.Findings[i]; f.SeenAt() == end {
			b.packets[frame{f.File, f.Frame}] = sightOf(f)
		}
	}
	for i := range r.Connections {
		c := &r.Connections[i]
		here, first := c.ServerView, report.Moment(0)
		if asClient {
			here, first = c.ClientView, c.First
		}
		if here.Client == "" {
			continue
		}
		is := &connection{paired: c.Verdict != "one-sided"}
		if c.Ending != nil {
			is.kind, is.confidence = c.Ending.Kind, c.Ending.Confidence
		}
		b.connections[viewOf(here, first)] = is
		b.paired[here] = b.paired[here] || is.paired
		b.missed[here] = b.missed[here] || missed(c, asClient)
	}
	return b
}

// missed reports whether the tap, which was compared as the server or as the client, lacks
// packets of a connection that the end holds.
func missed(c *report.Connection, asServer bool) bool {
	switch {
	case c.Health == nil:
		return false
	case asServer:
		return c.Health.Server.Missed > 0
	}
	return c.Health.Client.Missed > 0
}

// sight is what the tap shows of a packet of the report of both ends. Of a connection
// that the tap holds everything passed that its comparison does not tell of; resets
// it tells of one by one, but for those of a flood. What arrived it does not tell of, either,
// where the tap missed others: what it lacks there is taken for missed.
func (b *Beside) sight(f *report.Finding, c *report.Connection) sight {
	if s, told := b.packets[frame{f.File, f.Frame}]; told {
		return s
	}
	here := c.ServerView
	if f.SeenAt() == "client" {
		here = c.ClientView
	}
	if f.Kind == "rst" || !b.paired[here] || f.SeenAt() == f.ReceivedAt && b.missed[here] {
		return sight{}
	}
	return sight{there: true}
}
