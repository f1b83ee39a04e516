package survey

import (
	"slices"

	"bothends/capture/testimony"
)

// A Recording is what the recorder says of the whole of its work.
type Recording struct {
	// FromNS and UntilNS are when it began to record and when it last noted anything,
	// by its own clock. They are zero if it does not say. What its packets cover is
	// less.
	FromNS, UntilNS int64
	Sessions        []string // names that the user gave
	Ends            []string // "client" or "server", as the user said; both if files disagree
	Clock           *testimony.Clock
}

// Recording puts together what is said of each interface and in each file.
func (sv *Survey) Recording() Recording {
	var r Recording
	for i := range sv.Interfaces {
		if c := &sv.Interfaces[i].Counters; c.StartNS != 0 && c.EndNS >= c.StartNS {
			if r.FromNS == 0 || c.StartNS < r.FromNS {
				r.FromNS = c.StartNS
			}
			r.UntilNS = max(r.UntilNS, c.EndNS)
		}
	}
	for _, l := range sv.Testimony {
		if l.Session != "" && !slices.Contains(r.Sessions, l.Session) {
			r.Sessions = append(r.Sessions, l.Session)
		}
		if l.End != "" && !slices.Contains(r.Ends, l.End) {
			r.Ends = append(r.Ends, l.End)
		}
		if l.Clock == nil {
			continue
		}
		if r.Clock == nil {
			r.Clock = &testimony.Clock{Synchronised: true}
		}
		r.Clock.Synchronised = r.Clock.Synchronised && l.Clock.Synchronised
		r.Clock.EstimatedErrorNS = max(r.Clock.EstimatedErrorNS, l.Clock.EstimatedErrorNS)
		r.Clock.MaximumErrorNS = max(r.Clock.MaximumErrorNS, l.Clock.MaximumErrorNS)
	}
	return r
}
