package judge

import "bothends/correlate/tap"

// maxAlike is how many findings of one kind are kept with their evidence. A flood
// makes hundreds of thousands that say the same, and each costs some kilobytes.
const maxAlike = 2000

// A Sort of finding is what findings have in common that say the same of different
// packets.
type Sort struct {
	Kind               string
	Verdict            Verdict
	Confidence         Confidence
	ReceivedAt, SeenAt tap.End
	Pattern            Pattern
}

// Further are findings that were counted and not kept: those on connections of
// which each finding is of a sort that maxAlike kept ones are of.
type Further struct {
	Findings    map[Sort]int
	Connections map[Sort]int
	// Cases has, by index of its case, the gravest of the verdicts on a connection
	// whose findings were not kept.
	Cases map[int]Grave
}

// Grave is how grave the findings on one connection are.
type Grave uint8

const (
	Harmless   Grave = iota // nobody is accused
	Unresolved              // something arrived of which nobody can say who made it
	Interfered              // something was made or changed on the way
)

// Gravity is that of one finding.
func (s Sort) Gravity() Grave {
	switch {
	case s.Verdict == Injected || s.Verdict == Modified || s.Verdict == ByAddressOwner:
		return Interfered
	case (s.Verdict == Indeterminate || s.Verdict == Conditional) && s.SeenAt == s.ReceivedAt:
		return Unresolved
	}
	return Harmless
}

func (f *Finding) sort() Sort {
	return Sort{f.Kind, f.Verdict, f.Confidence, f.ReceivedAt, f.SeenAt, f.Pattern}
}

// Sift tells which findings to keep: the first of each sort, connection by
// connection. The others are counted.
func Sift(findings []Finding) (keep []bool, more Further) {
	s := newSieve()
	keep = make([]bool, len(findings))
	for from := 0; from < len(findings); {
		to := from + 1
		for to < len(findings) && findings[to].Case == findings[from].Case {
			to++
		}
		kept := len(s.sift(findings[from:to])) > 0
		for i := from; i < to; i++ {
			keep[i] = kept
		}
		from = to
	}
	return keep, s.more
}

// A sieve lets the first findings of each sort through, connection by connection,
// and counts the rest.
type sieve struct {
	kept map[Sort]int
	more Further
}

func newSieve() *sieve {
	return &sieve{map[Sort]int{}, Further{map[Sort]int{}, map[Sort]int{}, map[int]Grave{}}}
}

// sift takes all findings on one connection, and returns them or nothing: what is
// said of one of them may rest on the others.
func (s *sieve) sift(findings []Finding) []Finding {
	alike := len(findings) > 0
	for i := range findings {
		alike = alike && s.kept[findings[i].sort()] >= maxAlike
	}
	if !alike {
		for i := range findings {
			s.kept[findings[i].sort()]++
		}
		return findings
	}
	gravest, sorts := Harmless, map[Sort]bool{}
	for i := range findings {
		sort := findings[i].sort()
		s.more.Findings[sort]++
		sorts[sort] = true
		gravest = max(gravest, sort.Gravity())
	}
	for sort := range sorts {
		s.more.Connections[sort]++
	}
	s.more.Cases[findings[0].Case] = gravest
	return nil
}
