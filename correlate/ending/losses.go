package ending

import (
	"cmp"
	"context"
	"math"
	"slices"

	"bothends/correlate/align"
	"bothends/correlate/judge"
	"bothends/correlate/pair"
	"bothends/correlate/tap"
)

// losses are what all connections together lost in each direction. Arrays of two are
// indexed by the End that sends; times are by its clock.
type losses struct {
	ranges     int      // ranges of which a copy was lost
	outageNS   [2]int64 // the longest time in which other segments were lost and none passed
	mostPassed [2]int   // the longest payload that passed whole
	// lost are the packets that never arrived, as far as times were kept, but for the copies of
	// segments of which so many were lost, and none arrived, that they may have been
	// swallowed; more is how many further ones there are.
	lost [2][]loss
	more [2]int64
	// settled are the connections that lost packets and got all of them across in another
	// copy: of those no times are kept.
	settled [2][]settled
}

// settled is how many packets a connection lost, and when it ran.
type settled struct {
	firstNS, lastNS int64
	lost            int64
}

// A loss is a packet that left and never arrived.
type loss struct {
	sentNS int64
	of     *align.Stream
}

// gatherLosses looks at the losses of all connections.
func gatherLosses(ctx context.Context, in *Input) (l losses, err error) {
	for i := range in.Cases {
		if err := ctx.Err(); err != nil {
			return l, err
		}
		c := &in.Cases[i]
		if c.Connection == nil {
			l.settle(in, c)
			continue
		}
		for end := range c.Streams {
			s := &c.Streams[end]
			l.ranges += len(s.Vanished) + int(s.MoreVanished)
			for _, lost := range s.Astray {
				if !ofSwallowed(s, lost.SentNS) {
					l.lost[end] = append(l.lost[end], loss{lost.SentNS, s})
				}
			}
			l.more[end] += s.MoreAstray
			l.mostPassed[end] = max(l.mostPassed[end], s.MostPassed)
			for k := range s.Vanished {
				if v := &s.Vanished[k]; v.Reached {
					for _, at := range v.SentNS {
						l.outageNS[end] = max(l.outageNS[end], in.gapAround(tap.End(end), at))
					}
				}
			}
		}
	}
	return l, nil
}

// settle notes what a connection lost that left nothing to judge.
func (l *losses) settle(in *Input, c *judge.Case) {
	views := [2]int32{c.Pair.Client, c.Pair.Server}
	for end, ledger := range c.Summary().Ledger {
		if n := ledger.Lost; n > 0 && views[end] != pair.NoView {
			seen := in.Surveys[end].Connections[views[end]]
			l.settled[end] = append(l.settled[end], settled{seen.FirstNS, seen.LastNS, n})
		}
	}
}

// ofSwallowed reports whether what left at a time may have been swallowed, as all its
// copies were lost.
func ofSwallowed(s *align.Stream, at int64) bool {
	return slices.ContainsFunc(s.Vanished, func(v align.Vanished) bool {
		return !v.Reached && v.Copies >= leastCopies && slices.Contains(v.SentNS, at)
	})
}

// gapAround is the time between the last packet that passed before a time and the
// first that passed after it, in one direction, of the sample that was kept.
func (in *Input) gapAround(sender tap.End, at int64) int64 {
	before, after := int64(math.MinInt64), int64(math.MaxInt64)
	for _, t := range in.Trips.By[sender] {
		if t.SentNS <= at {
			before = max(before, t.SentNS)
		} else {
			after = min(after, t.SentNS)
		}
	}
	if before == math.MinInt64 || after == math.MaxInt64 {
		return 0
	}
	return after - before
}

// A tally is what became of the packets of one direction between the first and the last
// copy of a segment that never arrived. Copies between which nothing is known to have passed
// count once, as one outage may have taken them, however long: one that is longer than all
// that were seen, too. Others count each, which speaks against the suspicion.
type tally struct {
	copies int // times that copies were lost
	others int // other packets that were lost, in all if no time was kept
	passed int // packets
}

// copiesOf are when the copies left of what may have been swallowed.
func copiesOf(alike []*suspicion) (list []int64) {
	for _, s := range alike {
		list = append(list, s.v.SentNS...)
	}
	return list
}

// tally counts for the copies of one message, on one connection or several. If all that a
// stream sent was lost meanwhile, that is the same question, and counts for nothing else.
func (l *losses) tally(trips *align.Trips, alike []*suspicion) (t tally) {
	sender, copies := alike[0].sender, copiesOf(alike)
	from, to := slices.Min(copies), slices.Max(copies)
	ofAll := func(stream *align.Stream) bool {
		return slices.ContainsFunc(alike, func(s *suspicion) bool { return s.stream == stream && !s.meanwhile.passed })
	}
	type event struct {
		at   int64
		copy bool
	}
	var list []event
	for _, at := range copies {
		list = append(list, event{at, true})
	}
	for _, lost := range l.lost[sender] {
		if lost.sentNS > from && lost.sentNS < to && !ofAll(lost.of) && !slices.Contains(copies, lost.sentNS) {
			list = append(list, event{lost.sentNS, false})
		}
	}
	slices.SortFunc(list, func(a, b event) int { return cmp.Compare(a.at, b.at) })
	ofCopy := false // the loss under way has taken one
	for i, e := range list {
		if i > 0 {
			if n := trips.Between(sender, list[i-1].at, e.at); n > 0 {
				t.passed += n
				ofCopy = false
			}
		}
		switch {
		case e.copy && !ofCopy:
			t.copies++
			ofCopy = true
		case !e.copy:
			t.others++
		}
	}
	t.others += int(l.more[sender])
	for _, c := range l.settled[sender] {
		if c.firstNS < to && c.lastNS > from {
			t.others += int(c.lost)
		}
	}
	return t
}

// chance is that of the copies being among all that was lost, if each of the packets could
// have been lost alike: C(k + others, k) / C(k + others + m, k) of k copies, others and m
// that passed, which is 1 / C(k + m, k) if no other was lost.
func (t tally) chance() float64 {
	if t.copies <= 0 || t.passed <= 0 {
		return 1
	}
	p := 1.0
	for i := 1; i <= t.copies; i++ {
		p *= float64(t.others+i) / float64(t.others+t.passed+i)
	}
	return p
}

// apart counts times that are further from each other than a span.
func apart(times []int64, spanNS int64) (n int) {
	sorted := slices.Sorted(slices.Values(times))
	last := int64(math.MinInt64 / 2)
	for _, t := range sorted {
		if t-last > spanNS {
			n++
			last = t
		}
	}
	return n
}

// holm adjusts the chances of some of n questions for there being n of them (Holm, "A
// Simple Sequentially Rejective Multiple Test Procedure", 1979); those that are not given
// are taken for no surprise. The others of the n are larger than all that are given.
func holm(chances []float64, n int) []float64 {
	order := make([]int, len(chances))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return cmp.Compare(chances[a], chances[b]) })
	adjusted := make([]float64, len(chances))
	worst := 0.0
	for rank, i := range order {
		worst = max(worst, min(1, chances[i]*float64(max(1, n-rank))))
		adjusted[i] = worst
	}
	return adjusted
}
