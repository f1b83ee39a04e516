package report

import (
	"fmt"
	"strings"
	"time"

	"bothends/correlate/survey"
)

// Recording is what the recorder says of itself.
type Recording struct {
	From    string         `json:"from,omitempty"` // RFC 3339 with nanoseconds, by this end's clock: when it began to record
	Until   string         `json:"until,omitempty"`
	Session string         `json:"session,omitempty"` // as the user named it
	End     string         `json:"end,omitempty"`     // "client" or "server", as the user said
	Clock   *RecorderClock `json:"clock,omitempty"`
}

// RecorderClock is the worst that the host's clock was, as its system says.
type RecorderClock struct {
	Synchronised   bool  `json:"synchronised"`
	MaximumErrorNS int64 `json:"maximum_error_ns"`
}

// RecordingOf is nil if the recorder says nothing.
func RecordingOf(sv *survey.Survey) *Recording {
	said := sv.Recording()
	r := Recording{Session: strings.Join(said.Sessions, ", "), End: strings.Join(said.Ends, ", ")}
	if said.FromNS != 0 {
		r.From, r.Until = Stamp(said.FromNS), Stamp(said.UntilNS)
	}
	if c := said.Clock; c != nil {
		r.Clock = &RecorderClock{c.Synchronised, c.MaximumErrorNS}
	}
	if r == (Recording{}) {
		return nil
	}
	return &r
}

// beyond reports whether it was recorded for longer than the packets span.
func (r *Recording) beyond(first, last string) bool {
	return r.From != "" && (first == "" || r.From < first || r.Until > last) // Stamps are of one length
}

// notes are what the user and the system said, as clauses.
func (r *Recording) notes() (notes []string) {
	if r.Session != "" {
		notes = append(notes, fmt.Sprintf("session %q", r.Session))
	}
	if r.End != "" {
		notes = append(notes, "said to be the "+r.End+"'s")
	}
	switch c := r.Clock; {
	case c == nil:
	case c.Synchronised:
		notes = append(notes, fmt.Sprintf("its clock was synchronised, and wrong by at most %s", readable(time.Duration(c.MaximumErrorNS))))
	default:
		notes = append(notes, "its clock was not synchronised")
	}
	return notes
}
