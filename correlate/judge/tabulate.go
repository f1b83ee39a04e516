package judge

import "slices"

// A table holds the outcomes of all tests for one packet.
type table struct {
	rows  []row
	signs []Step // by Signs; those without an Outcome had nothing to say
	void  []bool // by Signs: it has no weight by these facts
}

// A row is one hypothesis: what its own test came to, and the signs that refute it.
type row struct {
	Step
	mayStayOpen bool
}

// refuted reports whether it is out of the question.
func (r *row) refuted() bool { return r.Outcome == Refuted || len(r.By) > 0 }

// stands reports whether it is in the way of an accusation.
func (r *row) stands() bool { return !r.refuted() && !(r.mayStayOpen && r.Outcome == Open) }

// tabulate lays all signs and some hypotheses to the facts, as a rule all of these.
func tabulate(f *Facts, hypotheses []Hypothesis) *table {
	t := &table{rows: make([]row, 0, len(hypotheses)), signs: make([]Step, len(Signs)), void: make([]bool, len(Signs))}
	for i := range hypotheses {
		h := &hypotheses[i]
		if r := h.Test(f); r.Outcome != "" {
			t.rows = append(t.rows, row{Step{Rule: h.Name, Outcome: r.Outcome, Text: r.Text, Values: r.Values, Attested: r.Attested}, h.MayStayOpen && f.Kind != "icmp"})
		}
	}
	for i := range Signs {
		s := &Signs[i]
		r := s.Test(f)
		t.void[i] = r.Void
		t.signs[i] = Step{Rule: s.Name, Outcome: r.Outcome, Text: r.Text, Values: r.Values, Refutes: r.Refutes}
		for n := range t.rows {
			if row := &t.rows[n]; r.Outcome == Supports && slices.Contains(r.Refutes, row.Rule) {
				row.By = append(row.By, s.Name)
			}
		}
	}
	t.contradict(f)
	return t
}

// contradict lets the row fit that a contradicting sign speaks for: a sender that did
// send such resets may have sent this one, too, where its capture is not known to be
// complete.
func (t *table) contradict(f *Facts) {
	for i := range t.signs {
		if t.signs[i].Rule != SameAsGenuine || t.signs[i].Outcome != Contradicts || f.Sending.sound(f.Stated) {
			continue
		}
		for n := range t.rows {
			if r := &t.rows[n]; r.Rule == Missed && len(r.By) == 0 {
				r.Outcome, r.Text = Fits, t.signs[i].Text+", and its capture is not known to be complete"
			}
		}
	}
}

func (t *table) fits(name Name) bool {
	return slices.ContainsFunc(t.rows, func(r row) bool { return r.Rule == name && r.Outcome == Fits && !r.refuted() })
}

// weighty reports whether a sign supports that has weight, and is what is asked for.
func (t *table) weighty(has func(*Sign) bool) bool {
	for i := range t.signs {
		if t.weighs(i) && has(&Signs[i]) {
			return true
		}
	}
	return false
}

// weighs reports whether a sign supports and has weight by these facts.
func (t *table) weighs(i int) bool {
	return t.signs[i].Outcome == Supports && Signs[i].Weight && !t.void[i]
}

func (t *table) injected() bool { return t.injectedBut() }

// injectedBut is injected but for rows that need not be refuted.
func (t *table) injectedBut(but ...Name) bool {
	for i := range t.rows {
		if r := &t.rows[i]; r.stands() && !slices.Contains(but, r.Rule) {
			return false
		}
	}
	return t.weighty(func(*Sign) bool { return true })
}

// standing are the hypotheses that keep the packet from being injected.
func (t *table) standing() (list []Hypothesis) {
	for i := range t.rows {
		if r := &t.rows[i]; r.stands() {
			list = append(list, *HypothesisNamed(r.Rule))
		}
	}
	return list
}
