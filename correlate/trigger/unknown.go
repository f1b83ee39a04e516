package trigger

import (
	"crypto/sha256"
	"fmt"
)

// shown is how many bytes of an unknown segment are shown to those who ask for
// them: formats that can be told by their first bytes can be told by these.
const shown = 16

// Of what is not recognised nothing is shown but its length and the beginning of a
// hash, by which the two ends can tell whether they speak of the same bytes: any
// port may carry a password or somebody's message. The hash is too short to prove a
// guess right, and left out where the bytes are so few that they could be guessed.
const (
	hashBytes = 4
	hashFrom  = 32
)

func unknown(s *Segment) Message {
	m := Message{Name: "unknown", Cut: s.cut()}
	switch sum := sha256.Sum256(s.Head); {
	case len(s.Head) == 0:
		m.say("bytes", "none kept by the capture")
	case s.ShowPayload:
		m.say("bytes", `"`+printable(s.Head[:min(len(s.Head), shown)], shown)+`"`)
		if s.Length > shown {
			m.Details[0].Value += "..."
		}
	case len(s.Head) < hashFrom:
		m.say("bytes", fmt.Sprintf("%d, not shown", s.Length))
	case len(s.Head) < s.Length:
		m.say("bytes", fmt.Sprintf("%d, not shown; the SHA-256 of the first %d begins with %x", s.Length, len(s.Head), sum[:hashBytes]))
	default:
		m.say("bytes", fmt.Sprintf("%d, not shown; their SHA-256 begins with %x", s.Length, sum[:hashBytes]))
	}
	return m
}
