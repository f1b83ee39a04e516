// Package stretch joins the comparisons of several taps on one path: it says between
// which two of them a packet was made, changed or lost.
//
// Every packet that the report tells of stands in the capture of one end, its anchor.
// Each other tap was compared with that end by itself, and either holds the packet or
// does not. What arrived and was never sent was made behind the last tap that holds
// it; what was sent and never arrived was lost behind the last one. A tap that lacks a
// packet which taps on both sides of it hold has missed it, whatever its comparison
// says by itself.
package stretch

import (
	"fmt"
	"slices"

	"bothends/correlate/judge"
	"bothends/correlate/report"
	"bothends/correlate/witness"
)

// A Path is the taps of one path, in order from the client's to the server's.
type Path struct {
	Names []string
	// Near are the comparisons of the client's capture with that of each tap between the
	// ends, and Far those of each tap between them with the server's.
	Near, Far []*Beside
}

// Place gives every finding and every ending of the comparison of the two ends its
// stretch.
func (p *Path) Place(r *report.Report) {
	for i := range r.Findings {
		f := &r.Findings[i]
		f.Stretch = p.packet(f, &r.Connections[f.Connection-1])
	}
	for i := range r.Connections {
		c := &r.Connections[i]
		switch e := c.Ending; {
		case e == nil:
		case e.Finding != 0:
			if e.ByThePath {
				c.Ending = placed(e, r.Findings[e.Finding-1].Stretch)
			}
		case e.ByThePath || e.Kind == splitByProxy:
			c.Ending = placed(e, p.ending(c))
		}
	}
}

// placed is an ending with its stretch; the ending itself may be that of others, too.
func placed(e *report.Ending, s *report.Stretch) *report.Ending {
	with := *e
	with.Stretch = s
	return &with
}

const splitByProxy = "split-by-proxy"

// missesLittle reports whether the capture of a tap between the ends is good enough for its
// silence to say that a packet did not pass: of what is known to have passed in both
// directions it lacks none, and that is enough to bound what it lacks, or lacks little.
// A comparison with one end alone shows one direction, by which one that misses much may
// look whole.
func (p *Path) missesLittle(i int) bool {
	near, far := p.Near[i-1].health, p.Far[i-1].health
	passed, missed := near.Passed+far.Passed, near.Missed+far.Missed
	bound := witness.MissBound(passed, missed)
	return bound <= witness.MissStrong || missed == 0 && bound <= missLittle
}

// missLittle is the bound by 19 packets of which none is missing: of taps that miss one in
// five, one in 70 looks as good by chance.
const missLittle = 0.15

// server is the index of the server's tap; the client's is 0.
func (p *Path) server() int { return len(p.Names) - 1 }

// outward are the taps in order from the one at an end on, and what is known of each.
func (p *Path) outward(f *report.Finding, c *report.Connection) (taps []int, sights []sight) {
	beside := p.Near
	for i := range p.Names {
		taps = append(taps, i)
	}
	if f.SeenAt() == "server" {
		slices.Reverse(taps)
		beside = p.Far
	}
	for _, i := range taps {
		switch i {
		case taps[0]:
			sights = append(sights, sight{there: true})
		case taps[len(taps)-1]:
			sights = append(sights, sightOf(f))
		default:
			s := beside[i-1].sight(f, c)
			if !p.missesLittle(i) {
				s.confidence = ""
			}
			sights = append(sights, s)
		}
	}
	return taps, sights
}

// packet is the stretch of one packet; nil if there is nothing to say.
func (p *Path) packet(f *report.Finding, c *report.Connection) *report.Stretch {
	what, happened := deeds[judge.Verdict(f.Verdict)]
	taps, sights := p.outward(f, c)
	last := 0 // the furthest tap that holds it
	for i, s := range sights {
		if s.there {
			last = i
		}
	}
	s := &report.Stretch{}
	for i := range last + 1 {
		switch {
		case sights[i].there:
			s.SeenAt = append(s.SeenAt, p.Names[taps[i]])
		case sights[i].lacks:
			s.MissedBy = append(s.MissedBy, p.Names[taps[i]])
		}
	}
	if f.SeenAt() == "server" {
		slices.Reverse(s.SeenAt)
		slices.Reverse(s.MissedBy)
	}
	if !happened || last == len(taps)-1 && f.Verdict != string(judge.Indeterminate) {
		if len(s.MissedBy) == 0 {
			return nil
		}
		s.Text = fmt.Sprintf("passed %s; missed by %s", p.list(s.SeenAt), p.list(s.MissedBy))
		return s
	}
	if last == len(taps)-1 {
		return nil // both ends hold what may be it
	}
	next := last + 1
	for next < len(taps)-1 && !sights[next].absent() {
		next++
	}
	s.Confidence = f.Confidence
	if next < len(taps)-1 {
		s.Confidence = weaker(f.Confidence, sights[next].confidence)
	}
	s.From, s.To = p.between(taps[last], taps[next])
	s.Text = fmt.Sprintf("%s between the taps at %s and %s", what, quoted(s.From), quoted(s.To))
	if between := next - last - 1; between > 0 {
		s.Text += "; whether it passed those in between nothing shows"
	}
	if len(s.MissedBy) > 0 {
		s.Text += "; missed by " + p.list(s.MissedBy)
	}
	return s
}

// deeds are what may have happened to a packet between two taps.
var deeds = map[judge.Verdict]string{
	judge.Injected:       "made",
	judge.ByAddressOwner: "made",
	judge.Conditional:    "made, if it was made on the way,",
	judge.Indeterminate:  "made, if it was made on the way,",
	judge.Interposed:     "made by a proxy",
	judge.Modified:       "changed",
	judge.Lost:           "lost",
}

// ending is the stretch of an ending that rests on no finding: behind the last tap
// whose comparison with the client's capture does not end so.
func (p *Path) ending(c *report.Connection) *report.Stretch {
	last, next := 0, p.server()
	confidence := c.Ending.Confidence
	for i := 1; i < p.server(); i++ {
		there := p.Near[i-1].connections[viewOf(c.ClientView, c.First)]
		if there == nil {
			continue
		}
		if there.kind == c.Ending.Kind {
			next = i
			confidence = weaker(confidence, there.confidence)
			break
		}
		if there.paired {
			last = i
		}
	}
	s := &report.Stretch{Confidence: confidence}
	s.From, s.To = p.between(last, next)
	s.Text = fmt.Sprintf("happened between the taps at %s and %s", quoted(s.From), quoted(s.To))
	return s
}

func (p *Path) between(one, other int) (from, to string) {
	return p.Names[min(one, other)], p.Names[max(one, other)]
}

// list names taps: `the taps at "a" and "b"`.
func (p *Path) list(names []string) string {
	text := "the tap at "
	if len(names) > 1 {
		text = "the taps at "
	}
	for i, name := range names {
		switch {
		case i > 0 && i == len(names)-1:
			text += " and "
		case i > 0:
			text += ", "
		}
		text += quoted(name)
	}
	return text
}

func quoted(name string) string { return fmt.Sprintf("%q", name) }

// weaker is the lower of two confidences.
func weaker(a, b string) string {
	if rank(a) > rank(b) {
		return a
	}
	return b
}

func rank(confidence string) int {
	return slices.IndexFunc(judge.Confidences, func(w judge.Word) bool { return w.Name == confidence })
}
