package contrast

import (
	"slices"
	"time"

	"bothends/correlate/contrast/association"
)

// Aftermath is what became of connections that began soon after one between the
// same two addresses had been cut. A box may block them whatever they hold.
type Aftermath struct {
	Seconds   float64 `json:"seconds"`
	Cut       int     `json:"cut"`
	Completed int     `json:"completed"`
	Share     float64 `json:"share_cut"`
	Low       float64 `json:"low"`
	High      float64 `json:"high"`
	// Without counts those of them that lack what was found to go with being cut.
	Without          string `json:"without,omitempty"`
	WithoutCut       int    `json:"without_cut"`
	WithoutCompleted int    `json:"without_completed"`
}

// within marks the sessions that began at most so long after another one between
// the same two hosts was cut.
func within(sessions []*session, residual time.Duration) []bool {
	apart := make([]bool, len(sessions))
	cuts := map[string][]time.Time{}
	for _, s := range sessions {
		if s.outcome.hit() && !s.cut.IsZero() {
			cuts[s.between] = append(cuts[s.between], s.cut)
		}
	}
	for _, times := range cuts {
		slices.SortFunc(times, time.Time.Compare)
	}
	for i, s := range sessions {
		if residual <= 0 || s.begun.IsZero() {
			continue
		}
		// The last cut before it is the one that counts.
		times := cuts[s.between]
		next, _ := slices.BinarySearchFunc(times, s.begun, time.Time.Compare)
		apart[i] = next > 0 && s.begun.Sub(times[next-1]) <= residual
	}
	return apart
}

func aftermath(sessions []*session, questions []*question, residual time.Duration) Aftermath {
	a := Aftermath{Seconds: residual.Seconds()}
	lacks := lackOf(questions)
	for _, s := range sessions {
		hit := s.outcome.hit()
		if hit {
			a.Cut++
		} else {
			a.Completed++
		}
		if lacks != nil && lacks(s) {
			if hit {
				a.WithoutCut++
			} else {
				a.WithoutCompleted++
			}
		}
	}
	if lacks != nil {
		a.Without = questions[0].name
	}
	if n := a.Cut + a.Completed; n > 0 {
		a.Share = float64(a.Cut) / float64(n)
		a.Low, a.High = association.Interval(a.Cut, n)
	}
	return a
}

// lackOf tells which sessions are known to lack what was found to go with being
// cut, or is nil if nothing was.
func lackOf(questions []*question) func(*session) bool {
	if len(questions) == 0 || !questions[0].named() {
		return nil
	}
	q := questions[0]
	return func(s *session) bool {
		v := q.value(s)
		return v != "" && (v == q.levels[q.telling].value) == q.spares()
	}
}
