package judge

import "bothends/correlate/witness"

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
	return tabulate(&bare, Hypotheses).injected()
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
