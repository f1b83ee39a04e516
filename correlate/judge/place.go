package judge

import (
	"context"
	"slices"

	"bothends/correlate/clock"
	"bothends/correlate/locate"
	"bothends/correlate/tap"
)

// A volley is the resets of one connection that answer one message, at whichever
// end they arrived: indexes into the findings of that connection.
type volley struct {
	caseIndex int
	trigger   *Trigger // nil: out of silence
	at        int64    // of its first reset, by the client's clock
	findings  []int
}

// locate gives every forged reset its place, connection by connection, in whose
// order the findings are.
func (all *pooled) locate(ctx context.Context, findings []Finding) error {
	trips := all.trips()
	for len(findings) > 0 {
		if err := ctx.Err(); err != nil {
			return err
		}
		n := slices.IndexFunc(findings, func(f Finding) bool { return f.Case != findings[0].Case })
		if n < 0 {
			n = len(findings)
		}
		settleTriggers(findings[:n])
		all.locateVolleys(findings[:n], trips)
		findings = findings[n:]
	}
	return nil
}

// locateVolleys places the resets of one connection. Resets of the same volley of
// which it is not certain that they are forged count as the rest of it does.
func (all *pooled) locateVolleys(findings []Finding, trips [2][]int64) {
	for _, v := range all.volleys(findings) {
		if !slices.ContainsFunc(v.findings, func(i int) bool { return findings[i].Verdict == Injected }) {
			continue
		}
		e := all.event(&v, findings)
		e.Trips = trips
		place := &Place{locate.Find(e), e.Sender}
		for _, i := range v.findings {
			findings[i].Place = place
		}
	}
}

// settleTriggers lets a reset that may answer either of two messages, as it has no
// acknowledgment number, answer the one that another reset of its connection does. One
// without any number of the connection does so only behind that.
func settleTriggers(findings []Finding) {
	for i := range findings {
		f := &findings[i]
		if f.Trigger == nil || len(f.Trigger.rivals) == 0 {
			continue
		}
		for j := range findings {
			g := &findings[j]
			if g.Trigger == nil || len(g.Trigger.rivals) > 0 || !g.Trigger.ByNumbers {
				continue
			}
			if behind := f.ReceivedAt == g.ReceivedAt && f.TimeNS >= g.TimeNS; !behind && f.Trigger.fits == fitsNot {
				continue
			}
			if f.Trigger.Message == g.Trigger.Message || slices.ContainsFunc(f.Trigger.rivals, func(c candidate) bool { return c.Message == g.Trigger.Message }) {
				f.Trigger = g.Trigger
				break
			}
		}
	}
}

// volleys sorts the resets of one connection that nobody is known to have sent.
func (all *pooled) volleys(findings []Finding) []volley {
	var list []volley
	for i := range findings {
		f := &findings[i]
		if f.reset == nil {
			continue
		}
		at := f.TimeNS
		if f.ReceivedAt == tap.Server && all.Clock.Known() {
			at = all.Clock.ClientTime(at)
		}
		same := slices.IndexFunc(list, func(v volley) bool {
			switch {
			case (v.trigger == nil) != (f.Trigger == nil):
				return false
			case f.Trigger == nil:
				return abs(v.at-at) <= soonNS
			}
			return v.trigger.Message == f.Trigger.Message
		})
		if same < 0 {
			list = append(list, volley{f.Case, f.Trigger, at, nil})
			same = len(list) - 1
		}
		list[same].findings = append(list[same].findings, i)
	}
	return list
}

// event puts a volley into the form that package locate reads.
func (all *pooled) event(v *volley, findings []Finding) *locate.Event {
	e := &locate.Event{TickNS: all.TickNS}
	if t := v.trigger; t != nil {
		e.Sender = t.SentBy
		// Of bytes that had left before in other segments, or of a mere guess,
		// nobody knows when they were answered.
		if t.First.Number != 0 && t.ByNumbers {
			e.Sent = locate.Moment{NS: t.First.TimeNS, Known: true}
		}
		e.Repeated = t.Copies > 1
		if t.Reached == DidReach {
			e.Reached = locate.Moment{NS: t.Arrived.TimeNS, Known: true}
		}
	}
	if all.Clock.Known() {
		e.OffsetNS = all.Clock.At(v.at).At(v.at)
	}
	var last [2]int64
	var sees [2]bool // by the end at which it arrived: whether the first of them does
	for _, i := range v.findings {
		f := &findings[i]
		burst := &e.Resets[f.ReceivedAt]
		burst.TTLs = append(burst.TTLs, f.TTL)
		if !burst.First.Known || f.TimeNS < burst.First.NS {
			burst.First = locate.Moment{NS: f.TimeNS, Known: true}
			sees[f.ReceivedAt] = f.sees
		}
		if m := reflected(f.reset); m != nil {
			burst.Turned = m.TTL
		}
		last[f.ReceivedAt] = max(last[f.ReceivedAt], f.TimeNS)
	}
	// Who guesses is right sooner or later, but not at first.
	e.Blind = !sees[tap.Client] && !sees[tap.Server]
	for end := range e.Resets {
		burst := &e.Resets[end]
		if n := int64(len(burst.TTLs)); n > 1 {
			burst.StepNS = (last[end] - burst.First.NS) / (n - 1)
		}
	}
	for end := range e.Routes {
		p := &all.Cases[v.caseIndex].Streams[end].Path
		e.Routes[end] = locate.Route{Known: p.HopsKept(), Hops: p.Hops, TTL: p.TTL}
	}
	return e
}

// trips are the passages of the sample less the clocks' offset at their time.
// Where the clocks cannot be compared there are none.
func (all *pooled) trips() (under [2][]int64) {
	if all.Trips == nil || !all.Clock.Known() {
		return under
	}
	for end, list := range all.Trips.By {
		for _, trip := range list {
			at := trip.SentNS
			if tap.End(end) == tap.Server {
				at = trip.GotNS
			}
			if all.Clock.UncertaintyAt(at) >= clock.Unbounded {
				continue
			}
			offset := all.Clock.At(at).At(at)
			if tap.End(end) == tap.Server {
				offset = -offset
			}
			under[end] = append(under[end], trip.GotNS-trip.SentNS-offset)
		}
	}
	return under
}
