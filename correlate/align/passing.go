package align

import "bothends/correlate/tap"

// passing counts the packets of one direction that are known to have passed, by when they
// left: those of equal spans of time. Only spans in which some did take room, and where
// the captures hold more of them than are kept all spans become twice as long.
type passing struct {
	spanNS   int64 // how long each is
	pages    map[int64]*page
	latest   *page // the one of latestAt, which most packets are in
	latestAt int64
	clusters int64 // spans in which packets passed
}

// A page holds consecutive spans.
type page [spansOfPage]uint32

const (
	// firstSpanNS is how long a span is at first: what is lost together, a burst or a
	// queue that overflows, mostly is within that.
	firstSpanNS = 10e6
	spansOfPage = 64
	// maxPages bounds what is kept of a direction to 9 MB: six hours in which something
	// passed in every span, or any number in which nothing did.
	maxPages = 1 << 15
)

// add counts a packet.
func (p *passing) add(sentNS int64) {
	if p.spanNS == 0 {
		p.spanNS, p.pages = firstSpanNS, map[int64]*page{}
	}
	span := floor(sentNS, p.spanNS)
	at := floor(span, spansOfPage)
	if p.latest == nil || p.latestAt != at {
		if p.latest, p.latestAt = p.pages[at], at; p.latest == nil {
			if len(p.pages) == maxPages {
				p.double()
				p.add(sentNS)
				return
			}
			p.latest = new(page)
			p.pages[at] = p.latest
		}
	}
	n := &p.latest[span-at*spansOfPage]
	if *n == 0 {
		p.clusters++
	}
	*n++
}

// double joins each two spans into one.
func (p *passing) double() {
	before := p.pages
	p.spanNS, p.pages, p.latest, p.clusters = 2*p.spanNS, make(map[int64]*page, len(before)/2), nil, 0
	for at, old := range before {
		into := floor(at, 2)
		if p.pages[into] == nil {
			p.pages[into] = new(page)
		}
		for i, n := range old {
			sum := &p.pages[into][(at-2*into)*spansOfPage/2+int64(i)/2]
			if *sum == 0 && n > 0 {
				p.clusters++
			}
			*sum += n
		}
	}
}

// between is how many packets passed that left in the spans which lie wholly between two
// times, and how many of these spans they are in.
func (p *passing) between(from, to int64) (packets, clusters int64) {
	if p.spanNS == 0 {
		return 0, 0
	}
	first, behind := floor(from, p.spanNS)+1, floor(to, p.spanNS)
	firstPage, lastPage := floor(first, spansOfPage), floor(behind-1, spansOfPage)
	count := func(at int64, spans *page) {
		for i := max(0, first-at*spansOfPage); i < min(spansOfPage, behind-at*spansOfPage); i++ {
			if n := int64(spans[i]); n > 0 {
				packets += n
				clusters++
			}
		}
	}
	if lastPage-firstPage < int64(len(p.pages)) {
		for at := firstPage; at <= lastPage; at++ {
			if spans := p.pages[at]; spans != nil {
				count(at, spans)
			}
		}
		return packets, clusters
	}
	for at, spans := range p.pages {
		count(at, spans)
	}
	return packets, clusters
}

// floor is the quotient of a and b, rounded down.
func floor(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}

// Between is how many packets of a direction are known to have passed both taps that left
// between two times, by the sender's clock. Where there are too many to be kept, those
// near to either time are left out.
func (t *Trips) Between(sender tap.End, from, to int64) (n int) {
	if t.every[sender] > 1 {
		packets, _ := t.passing[sender].between(from, to)
		return int(packets)
	}
	for _, trip := range t.By[sender] {
		if trip.SentNS > from && trip.SentNS < to {
			n++
		}
	}
	return n
}

// Clusters is in how many spans of ten milliseconds packets of a direction are known to
// have passed both taps: what leaves together is lost together. In captures of many busy
// hours the spans are longer, and fewer.
func (t *Trips) Clusters(sender tap.End) int64 { return t.passing[sender].clusters }

// ClustersWithin is how many of them lie wholly between two times, by the sender's clock.
func (t *Trips) ClustersWithin(sender tap.End, from, to int64) int64 {
	_, clusters := t.passing[sender].between(from, to)
	return clusters
}
