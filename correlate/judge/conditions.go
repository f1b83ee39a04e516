package judge

// mostConditions is how many facts a conditional verdict may rest on.
const mostConditions = 2

// conditions are the fewest facts that would make an accusation of it, were they
// stated; nil if none do.
func conditions(f *Facts, t *table) []Fact {
	if !t.weighty(func(*Sign) bool { return true }) {
		return nil
	}
	var could []Fact
	for _, entry := range FactTable {
		if !f.Stated.has(entry.Fact) && f.bears(entry.Fact) {
			could = append(could, entry.Fact)
		}
	}
	standing := t.standing()
	for _, one := range could {
		if f.supposing(standing, one) {
			return []Fact{one}
		}
	}
	for i, one := range could {
		for _, other := range could[i+1:] {
			if f.supposing(standing, one, other) {
				return []Fact{one, other}
			}
		}
	}
	return nil
}

// bears reports whether the captures leave room for a statement.
func (f *Facts) bears(fact Fact) bool {
	if fact == Filter && f.Sending.Filter != "" {
		return false // the file says it itself
	}
	return toState(f.Sender, fact).Contradiction(f.Sending.Witness) == nil
}

// supposing reports whether the packet would be injected if these facts were stated. The
// hypotheses that stand without them are tested first: one that still does is enough, and
// most statements change nothing.
func (f *Facts) supposing(standing []Hypothesis, facts ...Fact) bool {
	supposed := *f
	for _, fact := range facts {
		supposed.Stated = supposed.Stated.with(fact)
	}
	return tabulate(&supposed, standing).injected() && tabulate(&supposed, Hypotheses).injected()
}
