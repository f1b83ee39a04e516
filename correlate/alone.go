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
