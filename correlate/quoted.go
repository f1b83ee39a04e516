package correlate

import (
	"bothends/capture"
	"bothends/correlate/judge"
	"bothends/correlate/pair"
	"bothends/correlate/segment"
	"bothends/correlate/tap"
)

// mostErrors bounds how many ICMP errors about one connection are judged: a router says the
// same of each copy.
const mostErrors = 16

// errorsAbout are the ICMP errors that came to each end about a connection in the name of
// the other end itself. What routers say in their own name on the way nobody doubts.
type errorsAbout map[[2]segment.Endpoint][]*judge.Quoted

// findErrors gathers them, by whom they are about: its source and destination.
func (both *pairing) findErrors() (found [2]errorsAbout) {
	for end, sv := range both.surveys {
		found[end] = errorsAbout{}
		for i := range sv.Quotes {
			q := &sv.Quotes[i]
			if (q.TooBig() || q.Unreachable()) && q.From == q.Dst.IP && q.To == q.Src.IP && q.Direction != capture.Outbound {
				key := [2]segment.Endpoint{q.Src, q.Dst}
				found[end][key] = append(found[end][key], &judge.Quoted{Quote: q, Receiver: tap.End(end)})
			}
		}
	}
	return found
}

// errorsOf are those about a pair.
func (m *meeting) errorsOf(p *pair.Pair) (list []*judge.Quoted) {
	for end, view := range [2]int32{p.Client, p.Server} {
		if view == pair.NoView || len(m.errors[end]) == 0 {
			continue
		}
		seen, own := m.surveys[end].Connections[view], p.ClientSide
		if tap.End(end) == tap.Server {
			own = p.ServerSide.Other()
		}
		for _, q := range m.errors[end][[2]segment.Endpoint{seen.Ends[own], seen.Ends[own.Other()]}] {
			if q.TimeNS >= seen.FirstNS && q.TimeNS <= seen.LastNS+quotedWithinNS && len(list) < mostErrors {
				list = append(list, q)
			}
		}
	}
	return list
}

// quotedWithinNS is how long after the last packet of a connection an error about it may come.
const quotedWithinNS = 3e9

// shiftOf is what the path adds to the numbers of the stream of the end that an error came
// to, as the other end's tap sees them.
func shiftOf(p *pair.Pair, q *judge.Quoted) uint32 {
	if q.Receiver == tap.Server {
		return -p.Shift[tap.Server]
	}
	return p.Shift[tap.Client]
}
