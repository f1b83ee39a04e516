package correlate

import (
	"bothends/correlate/pair"
	"bothends/correlate/survey"
	"bothends/correlate/tap"
	"context"
)

// alone is the capture that holds connections, where the other one holds none at all.
func (r *recordings) alone() (index int, ok bool) {
	for i, sv := range r.surveys {
		if len(sv.Connections) == 0 {
			return 1 - i, true
		}
	}
	return 0, false
}

// pairAlone finds out which end a capture was made at by itself, and leaves all its
// connections without a partner: an empty recording that ran is evidence, too.
func (o *Options) pairAlone(ctx context.Context, read recordings, index int) (pairing, error) {
	initiator, responder := 0, 0
	best := survey.NoClue
	for _, seen := range read.surveys[index].Connections {
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
	swap := !o.FixedEnds && best != survey.NoClue && atClient != (index == 0)
	if swap {
		read = read.turned()
	}
	pairs, _, err := pair.Match(ctx, read.surveys[tap.Client], read.surveys[tap.Server], true)
	return pairing{read, pair.Placement{Swapped: swap, Clue: best, Votes: max(initiator, responder), Against: min(initiator, responder)}, pairs}, err
}
