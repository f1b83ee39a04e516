package report

import (
	"cmp"
	"slices"

	"bothends/correlate/judge"
)

// Further are findings that are counted and not listed, as thousands that say the
// same are: they are in the Summary, and in the verdicts on their connections.
type Further struct {
	Kind        string `json:"kind"`
	Verdict     string `json:"verdict"`
	Confidence  string `json:"confidence"`
	ReceivedAt  string `json:"received_at"`
	Pattern     string `json:"pattern"`
	Findings    int    `json:"findings"`
	Connections int    `json:"connections"`
}

// addFurther adds what was only counted.
func (r *Report) addFurther(further *judge.Further, connectionOf []int) {
	for sort, n := range further.Findings {
		r.Further = append(r.Further, Further{
			Kind: sort.Kind, Verdict: string(sort.Verdict), Confidence: string(sort.Confidence), ReceivedAt: sort.ReceivedAt.String(),
			Pattern: string(sort.Pattern), Findings: n, Connections: further.Connections[sort],
		})
	}
	slices.SortFunc(r.Further, func(a, b Further) int {
		return cmp.Or(cmp.Compare(b.Findings, a.Findings), cmp.Compare(a.Verdict, b.Verdict), cmp.Compare(a.Confidence, b.Confidence),
			cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.ReceivedAt, b.ReceivedAt), cmp.Compare(a.Pattern, b.Pattern), cmp.Compare(a.Connections, b.Connections))
	})
	r.counted = map[int]bool{}
	for i := range further.Cases {
		r.counted[connectionOf[i]] = true
	}
}

// further says what is only counted.
func (t *text) further() {
	if len(t.Further) == 0 {
		return
	}
	t.para(plain, "  ", "Only counted, and like the first of their kind:")
	for _, f := range t.Further {
		at := ""
		if f.Pattern != "" {
			at = ", resembling " + f.Pattern
		}
		t.item("", "  - ", "%s on %s, received at the %s: %s (%s)%s", count(f.Findings, nounOf(f.Kind)), count(f.Connections, "connection"), f.ReceivedAt, f.Verdict, f.Confidence, at)
	}
	t.blank()
}
