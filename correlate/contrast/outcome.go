package contrast

import (
	"slices"
	"strings"
)

// An outcome is what became of a connection, as far as a contrast goes.
type outcome int

const (
	other outcome = iota // neither: it is left out, and counted
	reset
	swallowed
	completed
)

// hit reports whether something on the way cut the connection.
func (o outcome) hit() bool { return o == reset || o == swallowed }

// endings are those of the contract that are an outcome; all others are left out.
var endings = map[string]outcome{
	"closed":             completed,
	"reset-on-the-way":   reset,
	"refused-on-the-way": reset,
	"swallowed-all":      swallowed,
	"swallowed-size":     swallowed,
	"swallowed-content":  swallowed,
	"syn-not-arrived":    swallowed,
}

// undecided are the words by which a report says that it does not know.
var undecided = []string{"indeterminate", "conditional"}

// outcome says what became of a connection, and of one that is left out why.
func (c *connection) outcome(findings []*finding) (outcome, string) {
	if c.Ending.Kind == "" {
		return c.byVerdict(findings)
	}
	of, known := endings[c.Ending.Kind]
	said := strings.ReplaceAll(c.Ending.Kind, "-", " ")
	switch {
	case !known:
		return other, said
	case of.hit() && slices.Contains(undecided, c.Ending.Confidence):
		return other, said + ", which is not decided"
	}
	return of, ""
}

// Patterns of bothends.report/1 that a connection can end with in order, and by
// which a lost SYN was swallowed.
const (
	patternLateData    = "late-data"
	patternBlockedPort = "blocked-port"
)

// byVerdict does the same for reports of bothends.report/1, which know of no
// endings.
func (c *connection) byVerdict(findings []*finding) (outcome, string) {
	for _, f := range findings {
		switch {
		case f.Verdict == "injected" && f.Kind == "rst":
			return reset, ""
		case f.Verdict == "lost" && f.Kind == "syn" && f.Pattern == patternBlockedPort:
			return swallowed, ""
		}
	}
	switch c.Verdict {
	case "clean":
	case "interfered":
		return other, "altered or answered on the way, and not by a reset"
	case "one-sided":
		return other, "in one recording only"
	default:
		return other, c.Verdict
	}
	for _, f := range findings {
		if f.Verdict == "genuine" && f.Kind == "rst" && f.Pattern != patternLateData {
			return other, "reset by the " + f.ClaimedSender
		}
	}
	return completed, ""
}

// receivedAt says at which end forged packets arrived.
func receivedAt(findings []*finding) string {
	at := ""
	for _, f := range findings {
		switch {
		case f.Verdict != "injected" || at == f.ReceivedAt:
		case at == "":
			at = f.ReceivedAt
		default:
			return "both"
		}
	}
	return at
}

// triggerOf names what the first forged packet answers of which that is certain.
func triggerOf(findings []*finding) string {
	for _, f := range findings {
		if f.Verdict == "injected" && f.Trigger.ToldBy == "numbers" {
			return f.Trigger.Name
		}
	}
	return ""
}
