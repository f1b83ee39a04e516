package clock

// Beside is the most that theta can be at client time t by the one packet to the
// server that left last before t, and by the one that left first after it; Below is
// the same for -theta, by the packets to the client. A clock that was set between
// the two packets shows theta as one of them has it or as the other: what holds by
// both holds whenever it was set, however little, as long as it was set once.
// Without a packet on both sides ok is false.
//
// It must not be called unless Known.
func (f *Fit) Beside(t int64) (most int64, ok bool) {
	return f.beside(t, func(s *Strip) *envelope { return &s.upper })
}

// Below is Beside for -theta.
func (f *Fit) Below(t int64) (most int64, ok bool) {
	return f.beside(t, func(s *Strip) *envelope { return &s.lower })
}

func (f *Fit) beside(t int64, of func(*Strip) *envelope) (most int64, ok bool) {
	var before, after *bound
	for i := range f.Strips {
		e := of(&f.Strips[i])
		k := e.after(t)
		if k > 0 && (before == nil || e.bounds[k-1].t > before.t) {
			before = &e.bounds[k-1]
		}
		if k < len(e.bounds) && (after == nil || e.bounds[k].t < after.t) {
			after = &e.bounds[k]
		}
	}
	if before == nil || after == nil || f.setBack > 0 {
		return 0, false
	}
	return max(before.offset+drift(t-before.t), after.offset+drift(after.t-t)), true
}

// Before is the first half of Beside, or if toServer is false of Below: by the packet
// that left last before t.
func (f *Fit) Before(t int64, toServer bool) (most int64, ok bool) {
	var before *bound
	for i := range f.Strips {
		e := &f.Strips[i].lower
		if toServer {
			e = &f.Strips[i].upper
		}
		if k := e.after(t); k > 0 && (before == nil || e.bounds[k-1].t > before.t) {
			before = &e.bounds[k-1]
		}
	}
	if before == nil || f.setBack > 0 {
		return 0, false
	}
	return before.offset + drift(t-before.t), true
}
