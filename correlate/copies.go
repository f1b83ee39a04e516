package correlate

import (
	"bothends/correlate/pair"
	"bothends/correlate/survey"
	"bothends/correlate/tap"
)

// copies are the connections of each end that its capture holds once more under other
// addresses, as a tap on both sides of a NAT records them: index of the connection that
// has a partner at the other end, by that of its copy.
type copies [2]map[int32]int32

// passageNS is how far apart the two recordings of a packet stand at most (survey's
// repeatWindowNS).
const passageNS = 5e6

// numbers tell a connection of one capture from all others.
type numbers [2]uint32

// copies looks among the connections without a partner for copies of those that have
// one: the same initial numbers, first and last packet at the same time, as many packets
// and bytes in each direction, and one host that is the same.
func (both *pairing) copies() (found copies) {
	for end := range found {
		connections := both.surveys[end].Connections
		view := func(p *pair.Pair) int32 { return [2]int32{p.Client, p.Server}[end] }
		var alone []int32               // views without a partner
		paired := map[numbers][]int32{} // views that have one, by the numbers of those
		for i := range both.pairs {
			p := &both.pairs[i]
			if p.Paired() || view(p) == pair.NoView {
				continue
			}
			if n, known := numbersOf(connections[view(p)]); known {
				alone, paired[n] = append(alone, view(p)), nil
			}
		}
		found[end] = map[int32]int32{}
		if len(alone) == 0 {
			continue
		}
		for i := range both.pairs {
			if p := &both.pairs[i]; p.Paired() {
				n, known := numbersOf(connections[view(p)])
				if list, asked := paired[n]; known && asked {
					paired[n] = append(list, view(p))
				}
			}
		}
		for _, one := range alone {
			n, _ := numbersOf(connections[one])
			for _, other := range paired[n] {
				if copied(connections[one], connections[other]) {
					found[end][one] = other
				}
			}
		}
	}
	return found
}

// has reports whether the one view of a pair is a copy.
func (f *copies) has(p *pair.Pair) bool {
	view, end := p.Client, tap.Client
	if view == pair.NoView {
		view, end = p.Server, tap.Server
	}
	_, is := f[end][view]
	return is && !p.Paired()
}

func numbersOf(c *survey.Connection) (n numbers, known bool) {
	a, b := &c.Flows[survey.Initiator], &c.Flows[survey.Responder]
	return numbers{a.ISN, b.ISN}, a.KnowISN && b.KnowISN
}

func copied(a, b *survey.Connection) bool {
	if !within(a.FirstNS-b.FirstNS) || !within(a.LastNS-b.LastNS) || a.Ends[0] != b.Ends[0] && a.Ends[1] != b.Ends[1] {
		return false
	}
	for side := range a.Flows {
		f, g := &a.Flows[side], &b.Flows[side]
		if f.Segments != g.Segments || f.Resets != g.Resets || f.Payload != g.Payload {
			return false
		}
	}
	return true
}

func within(ns int64) bool { return -passageNS < ns && ns < passageNS }
