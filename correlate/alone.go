package correlate

import (
	"slices"

	"bothends/correlate/pair"
	"bothends/correlate/survey"
	"bothends/correlate/tap"
)

// alone is the capture that holds connections, where the other one holds none at all.
func (c *comparison) alone() (index int, ok bool) {
	for i, sv := range c.surveys {
		if len(sv.Connections) == 0 {
			return 1 - i, true
		}
	}
	return 0, false
}

// pairAlone finds out which end a capture was made at by itself, and leaves all its
// connections without a partner: an empty recording that ran is evidence, too.
func (c *comparison) pairAlone(index int) {
	initiator, responder := 0, 0
	best := survey.NoClue
	for _, seen := range c.surveys[index].Connections {
		side, clue := seen.Local()
		if clue == survey.NoClue {
			continue
		}
		if best == survey.NoClue || clue < best {
			best = clue
		}
		if side == survey.Initiator {
			initiator++
		} else {
			responder++
		}
	}
	atClient := initiator >= responder
	swap := !c.options.FixedEnds && best != survey.NoClue && atClient != (index == 0)
	if swap {
		slices.Reverse(c.sets[:])
		slices.Reverse(c.files[:])
		slices.Reverse(c.seams[:])
		slices.Reverse(c.surveys[:])
	}
	c.pairs, c.placement = pair.Match(c.surveys[tap.Client], c.surveys[tap.Server], true)
	c.placement = pair.Placement{Swapped: swap, Clue: best, Votes: max(initiator, responder), Against: min(initiator, responder)}
	if c.options.FixedEnds {
		c.placement.Swapped = false
	}
}

// ran is when an end's capture is known to have been running, by its own clock: from
// its packets, or from what its recorder noted; false if nothing shows it.
func ran(sv *survey.Survey) (cover tap.Coverage, known bool) {
	cover = tap.Coverage{FirstNS: sv.FirstNS, LastNS: sv.LastNS}
	known = sv.FirstNS != 0
	note := func(ns int64) {
		if !known {
			cover, known = tap.Coverage{FirstNS: ns, LastNS: ns}, true
		}
		cover.FirstNS, cover.LastNS = min(cover.FirstNS, ns), max(cover.LastNS, ns)
	}
	for _, l := range sv.Testimony {
		if !l.Begun.IsZero() {
			note(l.Begun.UnixNano())
		}
		for _, r := range l.Resets {
			note(r.Time.UnixNano())
		}
	}
	for i := range sv.Interfaces {
		if at := sv.Interfaces[i].Counters.StartNS; at != 0 {
			note(at)
		}
		if at := sv.Interfaces[i].Counters.EndNS; at != 0 {
			note(at)
		}
	}
	return cover, known
}
