package correlate

import (
	"context"

	"bothends/correlate/align"
	"bothends/correlate/clock"
	"bothends/correlate/ending"
	"bothends/correlate/judge"
	"bothends/correlate/pair"
	"bothends/correlate/replay"
	"bothends/correlate/segment"
	"bothends/correlate/survey"
	"bothends/correlate/tap"
	"bothends/correlate/witness"
)

// A meeting is where the segments of the two captures meet on the second pass.
type meeting struct {
	pairing
	alignAll bool // see Options

	// What becomes of the alignment.
	cases    []judge.Case
	caseOf   []int32
	services map[judge.Address]*judge.Service
	bounds   clock.Bounds
	trips    align.Trips

	hopsTo            map[judge.Address]int // see findHops
	errors            [2]errorsAbout        // by the End that they came to
	routes            [2][]replay.Route     // by End and connection
	offset, uncertain int64                 // the clocks, roughly
	coverage          [2]tap.Coverage
	left              []int64 // by case: segments still to come
	passages          *align.Passages
	pool              align.Pool
	sums              align.Summaries
	room              *align.Room // for what was given up waiting for
}

// meeting opens a case for each connection that there is something to say about,
// and routes its segments: to the case, or where both ends recorded the very same
// only to where their times are compared.
func (o *Options) meeting(p pairing, offset, uncertain int64) *meeting {
	m := &meeting{pairing: p, alignAll: o.alignAll, offset: offset, uncertain: uncertain, room: align.NewRoom()}
	for end, sv := range m.surveys {
		m.routes[end] = replay.NoRoutes(sv)
		m.coverage[end], _ = witness.Ran(sv)
	}
	m.services, m.hopsTo = m.findServices(), m.findHops()
	m.errors = m.findErrors()
	n := m.numberCases()
	m.cases = make([]judge.Case, 0, n)
	m.left = make([]int64, 0, n)
	interrupted := m.interrupted()
	var same []alike
	for i := range m.pairs {
		p, n := &m.pairs[i], m.caseOf[i]
		if n == replay.Nowhere {
			continue
		}
		c := judge.Case{Pair: p, Translated: m.translated(p), FIN: m.closed(p)}
		c.Unacknowledged, c.Unheeded = m.unacknowledged(p)
		if p.Method != pair.Payload {
			c.Errors = m.errorsOf(p)
		}
		m.cases = append(m.cases, c)
		m.left = append(m.left, 0)
		// Why something had to be sent again that had come may show in the packets.
		closely := interrupted[int32(i)] || m.cameTwice(p) || len(c.Errors) > 0
		if summary, ok := m.sameAtBoth(p); ok && !closely {
			m.cases[n].Sum, m.cases[n].Alike = m.sums.Share(summary), true
			same = append(same, m.letGo(int32(i)))
			continue
		}
		if summary, late, ok := m.sameButCut(p); ok && !closely {
			m.cases[n].Sum, m.cases[n].Alike = m.sums.Share(summary), true
			same = append(same, m.letGo(int32(i)))
			m.routes[tap.Client][p.Client].Late = bySide(late[tap.Client], p.ClientSide)
			m.routes[tap.Server][p.Server].Late = bySide(late[tap.Server], p.ServerSide)
			continue
		}
		m.route(p, n, false)
		if p.Client != pair.NoView {
			m.left[n] += total(m.surveys[tap.Client].Connections[p.Client])
		}
		if p.Server != pair.NoView {
			m.left[n] += total(m.surveys[tap.Server].Connections[p.Server])
		}
	}
	m.joinRemapped()
	m.joinInside()
	for _, sv := range m.surveys {
		sv.ForgetEdges()
	}
	m.passages = align.NewPassages(m.time(same), &m.bounds, &m.trips)
	for _, sv := range m.surveys {
		sv.ForgetNumbers()
	}
	return m
}

// numberCases gives each pair that there is something to say about its case, and returns
// how many there are.
func (m *meeting) numberCases() (n int32) {
	m.caseOf = make([]int32, len(m.pairs))
	copies := m.copies()
	for i := range m.pairs {
		p := &m.pairs[i]
		if !p.Paired() && (p.Inside || copies.has(p) || !m.telling(p)) {
			m.caseOf[i] = replay.Nowhere
			continue
		}
		m.caseOf[i] = n
		n++
	}
	return n
}

// alike is a connection that is alike at both taps: the index of its pair, and how many
// segments the client's capture has of it.
type alike struct {
	pair     int32
	segments int64
}

// letGo forgets what each side of a connection sent. Nothing asks for it any more, and
// most connections are let go.
func (m *meeting) letGo(i int32) alike {
	p := &m.pairs[i]
	here, there := m.surveys[tap.Client].Connections[p.Client], m.surveys[tap.Server].Connections[p.Server]
	segments := here.Flows[0].Segments + here.Flows[1].Segments
	here.Flows, there.Flows = nil, nil
	return alike{i, segments}
}

// close finishes all cases and returns what the meeting came to. If ctx ends, it is
// nothing.
func (m *meeting) close(ctx context.Context) (*alignment, error) {
	for i := range m.cases {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		c := &m.cases[i]
		if c.Close(&m.pool, &m.sums); c.Connection != nil {
			c.Tuples = m.tuples(c.Pair)
		}
	}
	m.separateUnlike()
	a := &alignment{pairing: m.pairing, cases: m.cases, caseOf: m.caseOf, services: m.services, trips: m.trips, clock: m.bounds.Fit()}
	for _, sv := range m.surveys {
		a.clock.NoteSetBack(sv.SetBack())
	}
	a.fillServices()
	return a, nil
}

// time routes the segments of alike connections to where their times are compared, and
// returns of how many: of all, or where there are very many of some.
func (m *meeting) time(same []alike) (routed int) {
	times := newTimings(m.coverage[tap.Client])
	if len(same) >= manyAlike {
		for _, one := range same {
			p := &m.pairs[one.pair]
			m.timeHandshake(p)
			if seen := m.surveys[tap.Client].Connections[p.Client]; handshakeTimed(seen) {
				at := times.span(seen.SYNNS)
				times.add(at, at, 1)
				at = times.span(seen.AnswerNS)
				times.add(at, at, 1)
			}
		}
	}
	for _, one := range same {
		p := &m.pairs[one.pair]
		seen := m.surveys[tap.Client].Connections[p.Client]
		if len(same) < manyAlike || times.wants(seen.FirstNS, seen.LastNS, one.segments) {
			m.route(p, int32(routed), true)
			routed++
		}
	}
	return routed
}

func (m *meeting) route(p *pair.Pair, number int32, alike bool) {
	if p.Client != pair.NoView {
		r := &m.routes[tap.Client][p.Client]
		r.Number, r.ClientSide, r.Alike = number, p.ClientSide, alike
	}
	if p.Server != pair.NoView {
		r := &m.routes[tap.Server][p.Server]
		r.Number, r.ClientSide, r.Alike = number, p.ServerSide, alike
	}
}

// bySide turns what is counted by sender to the sides of a view.
func bySide(bySender [2]uint8, clientSide survey.Side) (n [2]uint8) {
	n[clientSide], n[clientSide.Other()] = bySender[tap.Client], bySender[tap.Server]
	return n
}

// sameAtBoth reports whether both captures recorded the very same segments of a pair,
// and sums it up.
func (m *meeting) sameAtBoth(p *pair.Pair) (sum align.Summary, ok bool) {
	if !m.ordinary(p) {
		return sum, false
	}
	client, server := m.surveys[tap.Client].Connections[p.Client], m.surveys[tap.Server].Connections[p.Server]
	if !align.Alike(client, server, p.ClientSide, p.ServerSide, p.Shift) {
		return sum, false
	}
	return align.AlikeSummary(client, server, p.ClientSide, p.ServerSide), true
}

// ordinary reports whether a connection may be summed up unseen.
func (m *meeting) ordinary(p *pair.Pair) bool {
	if !p.Paired() || p.Method == pair.Payload || p.SYNProxy || m.alignAll {
		return false
	}
	client, server := m.surveys[tap.Client].Connections[p.Client], m.surveys[tap.Server].Connections[p.Server]
	// What stopped early is looked at closely.
	return ending.StageOf(client, p.ClientSide) == ending.Later && ending.StageOf(server, p.ServerSide) == ending.Later
}

// sameButCut is sameAtBoth for a pair of which some segments were under way as the
// recordings began or ended.
func (m *meeting) sameButCut(p *pair.Pair) (sum align.Summary, late [2][2]uint8, ok bool) {
	if !m.ordinary(p) {
		return sum, late, false
	}
	v := align.Views{
		Surveys: m.surveys, Connection: [2]int32{p.Client, p.Server}, ClientSide: [2]survey.Side{p.ClientSide, p.ServerSide},
		Shift: p.Shift, Coverage: m.coverage, Lead: m.offset,
	}
	return v.Cut()
}

func (m *meeting) Passed(end, sender tap.End, number int32, timeNS int64) {
	m.passages.Note(number, end, sender, timeNS)
}

func (m *meeting) Observe(end, sender tap.End, number int32, s *segment.Segment) {
	this := &m.cases[number]
	if this.Connection == nil {
		this.Connection = m.pool.NewConnection(this.Pair.Shift, m.offset, m.uncertain, m.coverage, m.boundsFor(this.Pair))
		this.Connection.KeepWithin(m.room)
		if this.Pair.SYNProxy {
			this.Connection.AnsweredOnTheWay()
		}
		if this.Pair.Method != pair.Payload {
			this.Connection.Sample(&m.trips)
		}
		if !this.Pair.Paired() {
			this.Connection.KeepOpening()
		}
	}
	this.Observe(end, sender, s)
	for _, q := range this.Errors {
		q.Note(end, sender, s, shiftOf(this.Pair, q))
	}
	if m.left[number]--; m.left[number] == 0 {
		this.Close(&m.pool, &m.sums)
	}
}

// boundsFor is where a pair's packets tell of the clocks. A proxy answers for
// the far end before it has asked it, so that the legs of one tell nothing.
func (m *meeting) boundsFor(p *pair.Pair) *clock.Bounds {
	if p.Method == pair.Payload {
		return new(clock.Bounds)
	}
	return &m.bounds
}

func total(c *survey.Connection) (segments int64) {
	for _, f := range c.Flows {
		segments += f.Segments + f.Resets
	}
	return segments
}

// translated tells, by End, which hosts the two captures know under different names.
func (both *pairing) translated(p *pair.Pair) (by [2]bool) {
	if !p.Paired() {
		return by
	}
	here, there := both.surveys[tap.Client].Connections[p.Client], both.surveys[tap.Server].Connections[p.Server]
	by[tap.Client] = here.Ends[p.ClientSide] != there.Ends[p.ServerSide]
	by[tap.Server] = here.Ends[p.ClientSide.Other()] != there.Ends[p.ServerSide.Other()]
	return by
}

// closed says, by End, whether the host there closed its side, as either capture shows.
func (both *pairing) closed(p *pair.Pair) (fin [2]bool) {
	look := func(end tap.End, n int32, clientSide survey.Side) {
		if n == pair.NoView {
			return
		}
		flows := both.surveys[end].Connections[n].Flows
		fin[tap.Client] = fin[tap.Client] || flows[clientSide].FIN
		fin[tap.Server] = fin[tap.Server] || flows[clientSide.Other()].FIN
	}
	look(tap.Client, p.Client, p.ClientSide)
	look(tap.Server, p.Server, p.ServerSide)
	return fin
}
