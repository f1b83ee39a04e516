package report

import (
	"bothends/correlate/judge"
	"bothends/correlate/locate"
	"bothends/correlate/tap"
)

// Location is where on the path a reset was made: estimates of time and of
// routers, made independently. Each is null where nothing is said of it.
type Location struct {
	Method   string `json:"method"`    // how the time was estimated, in words
	Assumes  string `json:"assumes"`   // what that rests on beyond the captures, in words
	Nearer   string `json:"nearer"`    // "client" or "server"; empty if undecided
	NearerBy string `json:"nearer_by"` // "time" or "hops"; empty if undecided
	// Half the round trip between an end's tap and the box.
	FromClientMS   *Span  `json:"from_client_ms"`
	FromServerMS   *Span  `json:"from_server_ms"`
	FromClientHops *Hops  `json:"from_client_hops"`
	FromServerHops *Hops  `json:"from_server_hops"`
	Void           string `json:"void"`      // why the estimate of time says nothing
	HopsVoid       string `json:"hops_void"` // why that of routers says nothing
	Why            string `json:"why"`       // why there is only an upper bound of the time
	// Certain tells that the upper bound from the end which sent the trigger
	// rests on no more than that this was the trigger.
	Certain bool `json:"certain"`
}

// Span is an interval of time in milliseconds, one way.
type Span struct {
	Lo   float64  `json:"lo"`
	Best *float64 `json:"best"` // the likeliest; null if there is only an upper bound
	Hi   float64  `json:"hi"`
}

// Hops is a range of routers, both ends included.
type Hops struct {
	Lo int `json:"lo"`
	Hi int `json:"hi"`
}

func location(p *judge.Place) *Location {
	if p == nil {
		return nil
	}
	l := &Location{Void: p.Timing.Void, HopsVoid: p.Hops.Void}
	if p.By != locate.Undecided {
		l.Nearer, l.NearerBy = p.Nearer.String(), "time"
		if p.By == locate.ByHops {
			l.NearerBy = "hops"
		}
	}
	if l.Void == "" {
		l.Method, l.Assumes, l.Why = p.Timing.Method.String(), p.Timing.Method.Assumes(), p.Timing.Why
		l.Certain = p.Timing.From[p.Sender].Certain
		known := [2]bool{p.Timing.FarKnown, p.Timing.FarKnown}
		known[p.Sender] = true
		l.FromClientMS = span(&p.Timing, tap.Client, known)
		l.FromServerMS = span(&p.Timing, tap.Server, known)
	}
	if l.HopsVoid == "" {
		l.FromClientHops, l.FromServerHops = hops(&p.Hops, tap.Client), hops(&p.Hops, tap.Server)
	}
	return l
}

func span(t *locate.Timing, end tap.End, known [2]bool) *Span {
	if !known[end] {
		return nil
	}
	lo, best, hi := t.From[end].MS()
	s := &Span{Lo: lo, Hi: hi}
	if t.Method != locate.ByWait {
		s.Best = &best
	}
	return s
}

// hops is nil for an end of which nothing is known: no reset arrived there, and
// the length of the path is not known.
func hops(h *locate.Hops, end tap.End) *Hops {
	if !h.FarKnown && h.From[end] == (locate.Range{}) {
		return nil
	}
	return &Hops{h.From[end].Lo, h.From[end].Hi}
}
