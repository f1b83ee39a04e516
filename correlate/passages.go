package correlate

import (
	"bothends/correlate/align"
	"bothends/correlate/pair"
	"bothends/correlate/survey"
	"bothends/correlate/tap"
)

// timings decides which of the connections that are alike at both taps are read again
// for the times at which their segments passed. All of them tell of the clocks and of
// the path's delay, and where there are very many, some are enough: at every time so
// many that a few more make no difference. The handshakes count, which the surveys have
// the times of.
type timings struct {
	fromNS  int64   // the client's clock, where the first span begins
	spanNS  int64   // the length of a span
	passing []int32 // by span: how many timed segments
	next    []int32 // by span: itself if it has too few, or one after it to go on from
}

const (
	// manyAlike is from how many alike connections on the times of some are enough.
	manyAlike = 1000
	// usualSpanNS is 134 ms: the clock's bounds keep one packet of each of 1024 slots,
	// and the times a packet is under way a sample of 256, over the whole recording.
	usualSpanNS = 1 << 27
	// mostSpans bounds them where a recording is long.
	mostSpans = 1 << 16
	// enoughTimed is how many segments a span must have, of both directions.
	enoughTimed = 16
)

func newTimings(cover tap.Coverage) *timings {
	t := &timings{fromNS: cover.FirstNS, spanNS: usualSpanNS}
	for (cover.LastNS-cover.FirstNS)/t.spanNS >= mostSpans {
		t.spanNS *= 2
	}
	n := (cover.LastNS-cover.FirstNS)/t.spanNS + 1
	t.passing, t.next = make([]int32, n), make([]int32, n+1)
	for i := range t.next {
		t.next[i] = int32(i)
	}
	return t
}

// span is the number of the span that a time is in.
func (t *timings) span(ns int64) int {
	return int(min(max(0, (ns-t.fromNS)/t.spanNS), int64(len(t.passing)-1)))
}

// lacking is the first span from i on that has too few, or the number of spans.
func (t *timings) lacking(i int) int {
	root := i
	for int(t.next[root]) != root {
		root = int(t.next[root])
	}
	for int(t.next[i]) != root { // the way is shorter next time
		i, t.next[i] = int(t.next[i]), int32(root)
	}
	return root
}

// add notes n timed segments in each of the spans that have too few, from first to last.
func (t *timings) add(first, last int, n int32) {
	for i := t.lacking(first); i <= last; i = t.lacking(i + 1) {
		if t.passing[i] += n; t.passing[i] >= enoughTimed {
			t.next[i] = int32(i + 1)
		}
	}
}

// wants reports whether a connection of so many segments, which lasted from first to
// last, is to be read again, and counts it if so.
func (t *timings) wants(firstNS, lastNS, segments int64) bool {
	first, last := t.span(firstNS), t.span(lastNS)
	if t.lacking(first) > last {
		return false
	}
	t.add(first, last, int32(min(align.Picked(segments)/int64(last-first+1), enoughTimed)))
	return true
}

// timeHandshake takes from an alike connection what its handshake tells of the clocks
// and of the path's delay.
func (m *meeting) timeHandshake(p *pair.Pair) {
	here, there := m.surveys[tap.Client].Connections[p.Client], m.surveys[tap.Server].Connections[p.Server]
	if !handshakeTimed(here) || !handshakeTimed(there) {
		return
	}
	m.passed(p, survey.Initiator, here.SYNNS, there.SYNNS)
	m.passed(p, survey.Responder, here.AnswerNS, there.AnswerNS)
}

// passed tells of a segment that side sent, as the client end's capture names it, by
// the times at which it passed the two taps.
func (m *meeting) passed(p *pair.Pair, side survey.Side, client, server int64) {
	if side == p.ClientSide {
		align.Passed(tap.Client, client, server, &m.bounds, &m.trips)
	} else {
		align.Passed(tap.Server, server, client, &m.bounds, &m.trips)
	}
}

func handshakeTimed(c *survey.Connection) bool { return c.SYNNS != 0 && c.AnswerNS != 0 }
