package align

import (
	"bothends/correlate/survey"
	"bothends/correlate/tap"
)

// Views are one connection as the two taps saw it, indexed by tap.End.
type Views struct {
	Surveys    [2]*survey.Survey
	Connection [2]int32       // its number in each survey
	ClientSide [2]survey.Side // which side of each view is the host at the client end
	Shift      [2]uint32      // as NewConnection takes it
	Coverage   [2]tap.Coverage
	Lead       int64 // the server's clock less the client's, roughly
}

// flow is what the host at sender sent, as the tap at end saw it.
func (v *Views) flow(end, sender tap.End) *survey.Flow {
	return &v.Surveys[end].Connections[v.Connection[end]].Flows[v.side(end, sender)]
}

func (v *Views) side(end, sender tap.End) survey.Side {
	if sender == tap.Client {
		return v.ClientSide[end]
	}
	return v.ClientSide[end].Other()
}

// Cut reports whether both taps recorded the very same segments of a connection, but for
// some that were under way as the recordings began or ended, and sums it up as if it had
// been laid over each other. late says that some were under way as a recording began, so
// that the n-th segment at one tap is not the n-th at the other.
//
// Where anything else differs, or one of those segments may have another place in the
// ledger than among those that one capture does not cover, it is no such connection: it
// is to be looked at.
func (v *Views) Cut() (sum Summary, late [2][2]uint8, ok bool) {
	for _, sender := range []tap.End{tap.Client, tap.Server} {
		sent, got := v.flow(sender, sender), v.flow(sender.Other(), sender)
		if sent.Resets+got.Resets > 0 || sent.FromSYN != got.FromSYN || sent.Begun != got.Begun {
			return sum, late, false
		}
		if at := v.flow(tap.Server, sender).Base - v.flow(tap.Client, sender).Base; sent.Begun && v.Shift[sender] != at && (sent.FromSYN || v.Shift[sender] != 0) {
			return sum, late, false
		}
		if sent.Segments+got.Segments == 0 {
			continue
		}
		common, cut, found := v.common(sender)
		if !found || !v.uncovered(sender, cut) {
			return sum, late, false
		}
		late[sender][sender], late[sender.Other()][sender] = uint8(len(cut.sent.head)), uint8(len(cut.got.head))
		sum.Ledger[sender].Matched = 2 * common
		sum.Ledger[sender].SentNotCaptured = sent.Segments + got.Segments - 2*common
		sum.Seen[sender] = sent.Segments + got.Segments
		sum.Passed[sender] = common
		sum.Routes[sender] = Route{Hops: int16(sent.TTL) - int16(got.TTL), TTL: got.TTL, Known: true}
	}
	return sum, late, true
}

// A part is what one tap saw of a stream: its edges, and how many of them the other tap
// did not see.
type part struct {
	flow        *survey.Flow
	survey      *survey.Survey
	first, last []survey.Edge
	head, tail  []survey.Edge // that the other tap did not see
}

// parts are those of the sender's tap and of the other one.
type parts struct{ sent, got part }

// mostLate is how many segments of a stream may have been under way as a recording
// began: a window of 300 kB.
const mostLate = 255

// common finds what both taps saw of a stream: how many segments, and what each saw
// beside them.
func (v *Views) common(sender tap.End) (n int64, cut parts, found bool) {
	cut = parts{v.part(sender, sender), v.part(sender.Other(), sender)}
	if n, found = cut.try(0, 0); found || cut.sent.flow.FromSYN {
		return n, cut, found
	}
	for late := 1; late <= mostLate; late++ {
		if n, found = cut.try(0, late); found {
			return n, cut, true
		}
		if n, found = cut.try(late, 0); found {
			return n, cut, true
		}
	}
	return 0, cut, false
}

func (v *Views) part(end, sender tap.End) part {
	p := part{flow: v.flow(end, sender), survey: v.Surveys[end]}
	p.first, p.last = p.survey.Edges(v.Connection[end], v.side(end, sender))
	return p
}

// try takes the taps to have seen so many segments each before those in common.
func (c *parts) try(sent, got int) (n int64, ok bool) {
	n = min(c.sent.flow.Segments-int64(sent), c.got.flow.Segments-int64(got))
	if n < 1 || !c.sent.divide(sent, n) || !c.got.divide(got, n) {
		return 0, false
	}
	return n, c.sent.print(n) == c.got.print(n)
}

// divide takes head segments to stand before n, and reports whether all others are
// known.
func (p *part) divide(head int, n int64) bool {
	tail := p.flow.Segments - int64(head) - n
	if head > len(p.first) || tail > int64(len(p.last)) {
		return false
	}
	p.head, p.tail = p.first[:head], p.last[int64(len(p.last))-tail:]
	return true
}

// print is that of the n segments between the head and the tail.
func (p *part) print(n int64) uint64 {
	print := p.flow.Print
	if len(p.tail) > 0 {
		print = p.tail[0].Before
	}
	if len(p.head) > 0 {
		print = p.survey.Rest(print, p.head[len(p.head)-1].After, n)
	}
	return print
}

// uncovered reports whether each segment that one tap alone saw was under way where the
// other's recording may not show it, by the rules of settling, and looks like no other.
func (v *Views) uncovered(sender tap.End, cut parts) bool {
	receiver := sender.Other()
	for _, p := range []*part{&cut.sent, &cut.got} {
		if len(p.head) > 0 && (len(p.first) == len(p.head) || !fresh(p.first[1:len(p.head)+1])) || !fresh(p.tail) {
			return false
		}
	}
	for _, e := range cut.sent.head {
		if v.covers(receiver, sender, e.TimeNS) {
			return false
		}
	}
	latest := int64(0)
	if before := len(cut.sent.last) - len(cut.sent.tail) - 1; before >= 0 {
		latest = cut.sent.last[before].TimeNS
	}
	for _, e := range cut.sent.tail {
		if e.TimeNS < latest || v.covers(receiver, sender, e.TimeNS) && v.covers(receiver, sender, e.TimeNS+endSlackNS) {
			return false
		}
	}
	for _, list := range [][]survey.Edge{cut.got.head, cut.got.tail} {
		for _, e := range list {
			if v.covers(sender, receiver, e.TimeNS) && (cut.sent.flow.FromSYN || v.covers(sender, receiver, e.TimeNS-startSlackNS)) {
				return false
			}
		}
	}
	return true
}

func fresh(list []survey.Edge) bool {
	for i := range list {
		if !list[i].Fresh {
			return false
		}
	}
	return true
}

// covers reports whether end's capture spans a time by the clock of another end.
func (v *Views) covers(end, by tap.End, ns int64) bool {
	if by != end {
		if end == tap.Server {
			ns += v.Lead
		} else {
			ns -= v.Lead
		}
	}
	return ns >= v.Coverage[end].FirstNS && ns <= v.Coverage[end].LastNS
}
