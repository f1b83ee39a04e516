package judge

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
	t := tabulate(f, Hypotheses)
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
