package judge

import (
	"fmt"
	"strings"
)

// told is the evidence of a finding as a failing test prints it: one line a step.
func told(f Finding) string {
	var b strings.Builder
	for _, s := range f.Evidence {
		mark := " "
		if s.Decides {
			mark = "*"
		}
		fmt.Fprintf(&b, "\n\t%s %-20s %-11s by %v, refutes %v: %s", mark, s.Rule, s.Outcome, s.By, s.Refutes, s.Text)
	}
	return b.String()
}
