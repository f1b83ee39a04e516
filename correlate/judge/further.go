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

// Undecided reports whether a packet arrived of which nobody can say who made it, or only
// if a fact holds that no capture can show. That a packet may have been lost is no
// suspicion.
func (s Sort) Undecided() bool {
	open := s.Verdict == Indeterminate || s.Verdict == Conditional || s.Verdict == Interposed
	return open && s.SeenAt == s.ReceivedAt
}

// Undecided is that of its sort.
func (f *Finding) Undecided() bool { return f.sort().Undecided() }

func (f *Finding) sort() Sort {
	return Sort{f.Kind, f.Verdict, f.Confidence, f.ReceivedAt, f.SeenAt, f.Pattern}
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

// keep reports whether to keep all findings on one connection, as what is said of one of
// them may rest on the others, or none.
func (s *sieve) keep(findings []Finding) bool {
	alike := len(findings) > 0
	for i := range findings {
		alike = alike && s.kept[findings[i].sort()] >= maxAlike
	}
	if !alike {
		for i := range findings {
			s.kept[findings[i].sort()]++
		}
		return true
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
	return false
}

// slim leaves of a finding that is only counted what the ending of its connection
// rests on. Of a flood, the rest would be most of the memory that a comparison takes.
func (f *Finding) slim() {
	var deciding []Step
	for _, s := range f.Evidence {
		if s.Decides {
			deciding = append(deciding, s)
		}
	}
	f.Evidence = deciding
	f.Needs, f.Head, f.Trigger, f.reset = nil, nil, nil, nil
}
