package report

import (
	"fmt"
	"maps"
	"slices"
	"time"
)

// mostGaps is how many are listed.
const mostGaps = 5

// losses says what is known of what it missed.
func (t *infoText) losses() {
	d := &t.Drops
	switch {
	case d.Packets > 0:
		t.row("drops", "%s, by its own counters (interface %d, kernel %d, noted with packets %d)", count(d.Packets, "packet"), d.ByInterface, d.ByKernel, d.ByPacket)
	case d.Known:
		t.row("drops", "none, by its own counters")
	default:
		t.row("drops", "it does not say")
	}
	for n, g := range t.Gaps {
		if n == mostGaps {
			t.row("", "and %s more", count(len(t.Gaps)-n, "gap"))
			break
		}
		until := g.Until
		if until == "" {
			until = "its end"
		}
		t.row(pick(n+1, "gaps", ""), "%s recorded nothing from %s to %s", g.Interface, g.From, until)
	}
	switch s := &t.Seen; {
	case s.Acknowledged == 0:
		t.row("unseen", "nothing was acknowledged in it, so nothing can be told")
	case s.Unseen > 0:
		t.row("unseen", "%s of %d acknowledged (%s), in %s", count(s.Unseen, "byte"), s.Acknowledged, s.Share(), count(s.Connections, "connection"))
	default:
		t.row("unseen", "nothing: it holds all of the %s acknowledged in it", count(s.Acknowledged, "byte"))
	}
}

// contents counts connections, resets and what else there is.
func (t *infoText) contents() {
	c := &t.Connections
	t.row("connections", "%d: %s", c.Total, parts([]part{
		{c.Complete, "with the whole handshake"}, {c.Partial, "with a part of it"}, {c.NoHandshake, "without"}, {c.ResetsOnly, "of resets only"},
	}))
	if c.OneWay+c.Open > 0 {
		t.row("", "of these %s", parts([]part{{c.OneWay, "in one direction only"}, {c.Open, "open at the end"}}))
	}
	r := &t.Resets
	if r.FromHost+r.ToHost+r.Unknown == 0 {
		t.row("resets", "none")
	} else {
		t.row("resets", "%s", parts([]part{{int(r.FromHost), "from this host"}, {int(r.ToHost), "to it"}, {int(r.Unknown), "between hosts of which neither is known to be this one"}}))
	}
	if t.Filter.Inferred != "" {
		t.row("filter", "not said, but by the look of it: %s", t.Filter.Inferred)
	}
	t.row("TCP packets", "%d%s", t.Segments, t.leftOut())
	if len(t.Tunnels) > 0 {
		t.row("in tunnels", "%s", passedOver(t.Tunnels))
	}
	if t.Fragments != nil {
		t.row("fragments", "%s", t.Fragments.words())
	}
	if len(t.NotTCP) > 0 {
		t.row("other", "%s", passedOver(t.NotTCP))
	}
	if len(t.LinkTypes) > 1 {
		t.row("link types", "%s", list(slices.Sorted(maps.Keys(t.LinkTypes)), mostPorts))
	}
	if t.Clock.DisorderNS > 0 {
		t.row("clock", "some packets are up to %s earlier than others that stand before them", readable(time.Duration(t.Clock.DisorderNS)))
	}
}

// leftOut says what stands beside the segments.
func (t *infoText) leftOut() string {
	var words []string
	for _, p := range []part{{int(t.Cut), "cut short"}, {int(t.Repeated), "second recordings left out"}, {int(t.Untimed), "packets without a time left out"}} {
		if p.n > 0 {
			words = append(words, fmt.Sprintf("%d %s", p.n, p.what))
		}
	}
	if len(words) == 0 {
		return ", none of them cut short"
	}
	return ", " + list(words, len(words))
}

type part struct {
	n    int
	what string
}

// parts lists those that are not empty.
func parts(all []part) string {
	var words []string
	for _, p := range all {
		if p.n > 0 {
			words = append(words, fmt.Sprintf("%d %s", p.n, p.what))
		}
	}
	if len(words) == 0 {
		return "none"
	}
	return list(words, len(words))
}
