package clock

import "slices"

// solid is how many bounds of each direction a strip must rest on, if there are
// several strips: one wrong bound at the edge of a recording looks like a step.
const solid = 3

// lookAhead is how many strips later theta may have come back to where it was.
const lookAhead = 4

// Fit draws the strips. Without packets in both directions nothing is known.
func (b *Bounds) Fit() Fit {
	var f Fit
	pieces := bridge(split(b.upper.list, b.lower.list), &f)
	grain := max(b.upper.width(), b.lower.width())
	for i := range pieces {
		if p := &pieces[i]; len(p.upper) > 0 && len(p.lower) > 0 && (len(pieces) == 1 || p.solid()) {
			f.Strips = append(f.Strips, newStrip(p.upper, p.lower, grain))
		}
	}
	f.noteSettings(pieces)
	if len(f.Strips) == 1 {
		f.Strips[0].Points = b.Points()
	}
	return f
}

// noteSettings remembers between what times a clock was set, and the stretches
// of pieces that became no strip.
func (f *Fit) noteSettings(pieces []piece) {
	for i := 1; i < len(pieces); i++ {
		_, from := pieces[i-1].certain(&pieces[i-1])
		to, _ := pieces[i].certain(&pieces[i])
		f.settings = append(f.settings, stretch{from, to})
	}
	if len(pieces) < 2 {
		return
	}
	for i := range pieces {
		if pieces[i].solid() {
			continue
		}
		u := stretch{-maxTime, maxTime}
		if i > 0 {
			u.from = f.settings[i-1].from
		}
		if i < len(f.settings) {
			u.to = f.settings[i].to
		}
		f.unknown = append(f.unknown, u)
	}
}

// A piece is a run of bounds that do not contradict each other.
type piece struct{ upper, lower []bound }

func (p *piece) solid() bool { return len(p.upper) >= solid && len(p.lower) >= solid }

func (p *piece) span() (from, to int64) {
	from, to = maxTime, -maxTime
	for _, side := range [][]bound{p.upper, p.lower} {
		if n := len(side); n > 0 {
			from, to = min(from, side[0].t), max(to, side[n-1].t)
		}
	}
	return from, to
}

// certain is the time over which the piece's bounds surely hold. A packet that
// was under way when the server's clock was set back stands at its time by the
// client's clock, which can lie on the other side of that moment. How long it
// was under way, the bounds of whole tell, with which the piece agrees.
func (p *piece) certain(whole *piece) (from, to int64) {
	from, to = p.span()
	if len(whole.upper) == 0 || len(whole.lower) == 0 {
		return from, to
	}
	if len(p.upper) > 0 && p.upper[0].t == from {
		lower := newEnvelope(whole.lower)
		from += max(0, p.upper[0].offset+lower.at(from))
	}
	if n := len(p.lower); n > 0 && p.lower[n-1].t == to {
		upper := newEnvelope(whole.upper)
		to -= max(0, upper.at(to)+p.lower[n-1].offset)
	}
	return from, to
}

// split cuts the bounds wherever one contradicts what was before it. Each piece
// is as long as can be.
func split(upper, lower []bound) (pieces []piece) {
	for len(upper) > 0 || len(lower) > 0 {
		u, l := agreeing(upper, lower)
		p := piece{upper[:u], lower[:l]}
		upper, lower = upper[u:], lower[l:]
		if len(upper) > 0 || len(lower) > 0 {
			p.endBefore(upper, lower)
		}
		pieces = append(pieces, p)
	}
	return pieces
}

// agreeing is how many bounds of each direction, in order of time, agree.
func agreeing(upper, lower []bound) (u, l int) {
	hi, lo := bound{offset: Unbounded}, bound{offset: Unbounded} // the tightest so far, carried along
	for u < len(upper) || l < len(lower) {
		isUpper := l == len(lower) || u < len(upper) && upper[u].t <= lower[l].t
		now, same, other := bound{}, &hi, &lo
		if isUpper {
			now = upper[u]
		} else {
			now, same, other = lower[l], &lo, &hi
		}
		if other.offset < Unbounded && now.offset+other.offset+drift(now.t-other.t) < 0 {
			return u, l
		}
		if same.offset == Unbounded || now.offset < same.offset+drift(now.t-same.t) {
			*same = now
		}
		if isUpper {
			u++
		} else {
			l++
		}
	}
	return u, l
}

// endBefore takes from the end of p what may be later than the clock's setting
// already. The first bound of what follows contradicts one of p's: only up to
// there is p certain.
func (p *piece) endBefore(upper, lower []bound) {
	next, opposite := bound{}, &p.lower
	if len(lower) == 0 || len(upper) > 0 && upper[0].t <= lower[0].t {
		next = upper[0]
	} else {
		next, opposite = lower[0], &p.upper
	}
	last := int64(0)
	for _, b := range slices.Backward(*opposite) {
		if next.offset+b.offset+drift(next.t-b.t) < 0 {
			last = b.t
			break
		}
	}
	for _, side := range []*[]bound{&p.upper, &p.lower} {
		e := envelope{bounds: *side}
		*side = (*side)[:e.after(last)]
	}
}

// bridge joins pieces between which theta came back to where it was. What lies
// between them is left out and noted as doubtful.
func bridge(pieces []piece, f *Fit) (joined []piece) {
	for len(pieces) > 0 {
		p := pieces[0]
		pieces = pieces[1:]
		for ahead := 1; ahead < len(pieces) && ahead <= lookAhead; ahead++ {
			between, back := pieces[:ahead], pieces[ahead]
			whole := piece{slices.Concat(p.upper, back.upper), slices.Concat(p.lower, back.lower)}
			u, l := agreeing(whole.upper, whole.lower)
			if u+l < weight(whole) || weight(between...) >= weight(whole) {
				continue
			}
			f.doubts = append(f.doubts, newDoubt(&p, &back, &whole, between))
			p, pieces, ahead = whole, pieces[ahead+1:], 0
		}
		joined = append(joined, p)
	}
	return joined
}

// weight is how many bounds pieces rest on.
func weight(pieces ...piece) (bounds int) {
	for i := range pieces {
		bounds += len(pieces[i].upper) + len(pieces[i].lower)
	}
	return bounds
}

// newDoubt says what theta was between two pieces if the bounds there are right
// after all: within one smallest round trip of each of them.
func newDoubt(before, after, whole *piece, between []piece) doubt {
	d := doubt{lo: Unbounded, hi: -Unbounded}
	_, d.from = before.certain(whole)
	d.to, _ = after.certain(whole)
	rtt := whole.roundTrip()
	for i := range between {
		for _, b := range between[i].upper {
			d.lo, d.hi = min(d.lo, b.offset-rtt), max(d.hi, b.offset)
		}
		for _, b := range between[i].lower {
			d.lo, d.hi = min(d.lo, -b.offset), max(d.hi, -b.offset+rtt)
		}
	}
	return d
}

// roundTrip is the smallest one that the piece shows, or 0.
func (p *piece) roundTrip() int64 {
	if len(p.upper) == 0 || len(p.lower) == 0 {
		return 0
	}
	s := Strip{upper: newEnvelope(p.upper), lower: newEnvelope(p.lower)}
	return s.roundTrip()
}
