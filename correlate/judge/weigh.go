package judge

import (
	"slices"

	"bothends/correlate/witness"
)

// An opinion is what the table comes to for one packet.
type opinion struct {
	verdict    Verdict
	confidence Confidence
	steps      []Step
	needs      []Fact // of the sender's end, if conditional
	absence    Confidence
	missing    bool // a row fits, or stays open, that says the sender's capture may lack it
	supported  bool // at least one sign has weight
}

// weigh comes to the verdict: a packet is injected if every hypothesis is refuted, by
// its own test or by a sign, and at least one sign has weight. It is conditional if
// that would be so with one or two facts that only a statement can give.
func weigh(f *Facts) opinion {
	t := tabulate(f)
	switch {
	case t.injected():
		return t.opinion(f, Injected, t.confidence(f))
	case t.fits(Receiver):
		return t.opinion(f, ByReceiver, Proven)
	case t.fits(AddressOwner) && t.injectedBut(AddressOwner, OtherHost, BelowTap, Cluster): // it is all of these
		return t.opinion(f, ByAddressOwner, Supported)
	}
	if needs := conditions(f, t); needs != nil {
		o := t.opinion(f, Conditional, Unsure)
		o.needs = needs
		return o
	}
	return t.opinion(f, Indeterminate, Unsure)
}

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

func tabulate(f *Facts) *table {
	t := &table{rows: make([]row, 0, len(Hypotheses)), signs: make([]Step, len(Signs)), void: make([]bool, len(Signs))}
	for i := range Hypotheses {
		h := &Hypotheses[i]
		if r := h.Test(f); r.Outcome != "" {
			t.rows = append(t.rows, row{Step{Rule: h.Name, Outcome: r.Outcome, Text: r.Text, Values: r.Values, Attested: r.Attested}, h.MayStayOpen})
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
		r := &t.rows[i]
		if !r.refuted() && !slices.Contains(but, r.Rule) && !(r.mayStayOpen && r.Outcome == Open) {
			return false
		}
	}
	return t.weighty(func(*Sign) bool { return true })
}

// confidence is how well an accusation is founded: by how complete the sender's
// capture is known to be, and by whether a sign speaks for it that does not rest on
// what captures lack.
func (t *table) confidence(f *Facts) Confidence {
	sees := t.weighty(func(s *Sign) bool { return !s.Silence })
	causal := t.weighty(func(s *Sign) bool { return s.Causal })
	nearer := t.weighty(func(s *Sign) bool { return s.Name == Nearer })
	filterOpen, attested, byReceiver := false, false, false
	for i := range t.rows {
		r := &t.rows[i]
		filterOpen = filterOpen || r.mayStayOpen && !r.refuted()
		attested = attested || r.Attested && len(r.By) == 0
		byReceiver = byReceiver || len(r.By) == 0 && restsOnReceiver(r.Rule) && f.cameWhole()
	}
	// What rests on the receiver's capture, too, is no surer than that: the weaker
	// decides. A statement makes no proof.
	sound := f.Sending.sound(stated{}) && (!byReceiver || f.Getting.sound(stated{}))
	soundAsStated := f.Sending.sound(f.Stated) && (!byReceiver || f.Getting.sound(f.StatedThere))
	bound := f.Sending.bound()
	if byReceiver {
		bound = max(bound, f.Getting.bound())
	}
	switch {
	case filterOpen || nearer:
		return Supported
	case t.weighty(func(s *Sign) bool { return s.Name == Halfway }):
		if f.Halfway.Confidence == Supported {
			return Supported
		}
		return Strong // at most: that the taps stand in this order is the user's word
	case sees && !attested && sound && f.unstated():
		return Proven
	case causal, sees && (bound <= witness.MissStrong || soundAsStated):
		return Strong
	}
	return Supported
}

// unstated reports whether the packet would be injected without any statement, too: a
// statement makes no proof, not even through a sign.
func (f *Facts) unstated() bool {
	if len(f.Stated)+len(f.StatedThere) == 0 {
		return true
	}
	bare := *f
	bare.Stated, bare.StatedThere = nil, nil
	return tabulate(&bare).injected()
}

// restsOnReceiver reports whether a row may be refuted by what the receiver's capture
// shows to have come to the sender.
func restsOnReceiver(name Name) bool {
	switch name {
	case BelowTap, OtherHost, Remapped, AddressOwner:
		return true
	}
	return false
}

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
	for _, one := range could {
		if f.supposing(one) {
			return []Fact{one}
		}
	}
	for i, one := range could {
		for _, other := range could[i+1:] {
			if f.supposing(one, other) {
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

// supposing reports whether the packet would be injected if these facts were stated.
func (f *Facts) supposing(facts ...Fact) bool {
	supposed := *f
	for _, fact := range facts {
		supposed.Stated = supposed.Stated.with(fact)
	}
	return tabulate(&supposed).injected()
}

// opinion puts the table into steps: what decides first.
func (t *table) opinion(f *Facts, v Verdict, c Confidence) opinion {
	o := opinion{verdict: v, confidence: c, absence: t.absence(f), supported: t.weighty(func(*Sign) bool { return true })}
	decided := -1
	if v == Indeterminate {
		decided = t.obstacle()
	}
	for i := range t.rows {
		r := &t.rows[i]
		switch {
		case i == decided, v == Conditional && !r.refuted() && !(r.mayStayOpen && r.Outcome == Open),
			v == ByReceiver && r.Rule == Receiver, v == ByAddressOwner && r.Rule == AddressOwner:
			r.Decides = true
		}
		if !r.refuted() && r.Rule != AddressOwner && r.Rule != Receiver && inSending(r.Rule) && (r.Outcome == Fits || r.Rule == Missed) {
			o.missing = true
		}
		o.steps = append(o.steps, r.Step)
	}
	for i := range t.signs {
		s := t.signs[i]
		if s.Outcome == "" {
			continue
		}
		s.Decides = v == Injected && t.weighs(i)
		o.steps = append(o.steps, s)
	}
	if v == Indeterminate && decided < 0 {
		o.steps = append(o.steps, Step{Rule: NoSign, Outcome: Open, Decides: true}.because(
			"nothing but its absence from the %s's capture speaks against this packet, and a capture can miss one", f.Sender))
	}
	return o
}

// absence is how well it is founded that the packet did not pass the sender's tap. What
// the packet itself shows does not count: a sign that refutes that the sender made it
// says nothing of a tap that others' packets pass.
func (t *table) absence(f *Facts) Confidence {
	for i := range t.rows {
		r := &t.rows[i]
		switch r.Rule {
		case NotRunning, Filtered, Missed, Altered:
			if r.Outcome != Refuted {
				return ""
			}
		case Remapped:
			if r.Outcome == Fits {
				return ""
			}
		}
	}
	if f.Sending.sound(f.Stated) || f.Sending.bound() <= witness.MissStrong {
		return Strong
	}
	return Supported
}

// inSending reports whether a row says that the sender sent the packet, or one like
// it, and its capture lacks it.
func inSending(name Name) bool {
	switch name {
	case NotRunning, Filtered, Missed, BothMissed, Altered, Remapped:
		return true
	}
	return false
}

// obstacle is the row because of which nobody is accused: one that fits before one
// that is open, in the order of the table; -1 if all are refuted.
func (t *table) obstacle() int {
	for _, outcome := range []Outcome{Fits, Open} {
		for i := range t.rows {
			r := &t.rows[i]
			if !r.refuted() && r.Outcome == outcome && !(r.mayStayOpen && outcome == Open) {
				if outcome == Open && !t.weighty(func(*Sign) bool { return true }) {
					return -1
				}
				return i
			}
		}
	}
	return -1
}
