package judge

import "bothends/correlate/pair"

// State is the verdict on a connection: that of the gravest finding on it.
type State string

const (
	Clean        State = "clean"        // nothing on it was made or changed on the way
	Tampered     State = "interfered"   // something was
	Inconclusive State = "inconclusive" // something arrived of which nobody can say who made it
	Proxied      State = "interposed"   // each end talks to a proxy
	OneSided     State = "one-sided"    // one capture only holds it
)

// States are what each one says, the gravest first.
var States = []Word{
	{string(Tampered), "A packet of it was made or changed between the two taps."},
	{string(Inconclusive), "A packet of it arrived of which the captures cannot tell who made it."},
	{string(Proxied), "Each end talks to a proxy, so that the two captures hold two connections with the same content."},
	{string(OneSided), "One capture only holds it, so that it cannot be compared."},
	{string(Clean), "Both captures hold it, and nothing on it was made or changed between the two taps."},
}

// States are the verdicts on the cases that were judged, in their order.
func (j *Judgement) States(cases []Case) []State {
	gravest := make([]Grave, len(cases))
	for i := range j.Findings {
		f := &j.Findings[i]
		gravest[f.Case] = max(gravest[f.Case], f.sort().Gravity())
	}
	for n, g := range j.Further.Cases {
		gravest[n] = max(gravest[n], g)
	}
	states := make([]State, len(cases))
	for n := range cases {
		states[n] = stateOf(cases[n].Pair, gravest[n])
	}
	return states
}

func stateOf(p *pair.Pair, gravest Grave) State {
	switch {
	case !p.Paired():
		return OneSided
	case p.Method == pair.Payload:
		return Proxied
	case gravest == Interfered:
		return Tampered
	case gravest == Unresolved:
		return Inconclusive
	}
	return Clean
}
