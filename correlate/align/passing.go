package align

import "bothends/correlate/tap"

// passing counts the packets of one direction that are known to have passed, by when they
// left: those of equal spans of time, which grow as the capture goes on, so that it is
// bounded whatever the captures hold.
type passing struct {
	begun  bool
	baseNS int64 // where the first span begins, by the sender's clock
	spanNS int64 // how long each is
	counts []uint32
}

const (
	// firstSpanNS is how long a span is at first: what is lost together, a burst or a
	// queue that overflows, mostly is within that.
	firstSpanNS = 10e6
	// maxSpans bounds what is kept of a direction to 32 kB.
	maxSpans = 8192
)

// add counts a packet. What left before the first one counts for nothing.
func (p *passing) add(sentNS int64) {
	if !p.begun {
		p.begun, p.baseNS, p.spanNS = true, sentNS, firstSpanNS
	}
	if sentNS < p.baseNS {
		return
	}
	i := (sentNS - p.baseNS) / p.spanNS
	for ; i >= maxSpans; i = (sentNS - p.baseNS) / p.spanNS {
		p.double()
	}
	for int64(len(p.counts)) <= i {
		p.counts = append(p.counts, 0)
	}
	p.counts[i]++
}

// double joins each two spans into one.
func (p *passing) double() {
	p.spanNS *= 2
	half := p.counts[:0]
	for i := 0; i < len(p.counts); i += 2 {
		n := p.counts[i]
		if i+1 < len(p.counts) {
			n += p.counts[i+1]
		}
		half = append(half, n)
	}
	p.counts = half
}

// between is how many packets passed that left in the spans which lie wholly between two
// times.
func (p *passing) between(from, to int64) (n int) {
	if !p.begun || to <= p.baseNS {
		return 0
	}
	first := int64(0)
	if from >= p.baseNS {
		first = (from-p.baseNS)/p.spanNS + 1
	}
	for i := first; i < min((to-p.baseNS)/p.spanNS, int64(len(p.counts))); i++ {
		n += int(p.counts[i])
	}
	return n
}

// Between is how many packets of a direction are known to have passed both taps that left
// between two times, by the sender's clock. Where there are too many to be kept, those
// near to either time are left out.
func (t *Trips) Between(sender tap.End, from, to int64) (n int) {
	if t.every[sender] > 1 {
		return t.passing[sender].between(from, to)
	}
	for _, trip := range t.By[sender] {
		if trip.SentNS > from && trip.SentNS < to {
			n++
		}
	}
	return n
}
