package align

import "bothends/correlate/tap"

// Trips are how long packets were under way in each direction: a sample of those
// that passed both taps whole and for the first time, spread evenly over all that
// did. It is bounded, whatever the captures hold.
type Trips struct {
	By [2][]Trip // by the End that sent them, in the order of arrival

	every, passed [2]int64
	passing       [2]passing // all of them, counted
}

// A Trip is one packet's passage: when it passed each tap, by that tap's clock.
type Trip struct{ SentNS, GotNS int64 }

// maxTrips is how many are kept of each direction at most: the largest of 256
// stands for a delay that is exceeded once in 257 times.
const maxTrips = 256

func (t *Trips) add(sender tap.End, sent, got int64) {
	n := t.passed[sender]
	t.passed[sender]++
	t.passing[sender].add(sent)
	if t.every[sender] == 0 {
		t.every[sender] = 1
	}
	if n%t.every[sender] != 0 {
		return
	}
	if len(t.By[sender]) == maxTrips {
		half := t.By[sender][:0]
		for i := 0; i < maxTrips; i += 2 {
			half = append(half, t.By[sender][i])
		}
		t.By[sender] = half
		t.every[sender] *= 2
		if n%t.every[sender] != 0 {
			return
		}
	}
	t.By[sender] = append(t.By[sender], Trip{sent, got})
}

// RoundTripNS is what the fastest packet each way took together, whatever the clocks
// differ by; 0 if none passed in one direction, or a clock was set in between.
func (t *Trips) RoundTripNS() int64 {
	if t == nil || len(t.By[tap.Client]) == 0 || len(t.By[tap.Server]) == 0 {
		return 0
	}
	sum := int64(0)
	for _, list := range t.By {
		least := list[0].GotNS - list[0].SentNS
		for _, trip := range list[1:] {
			least = min(least, trip.GotNS-trip.SentNS)
		}
		sum += least
	}
	return max(0, sum)
}

// Sample lets the connection add its passages to t.
func (c *Connection) Sample(t *Trips) {
	for end := range c.Streams {
		c.Streams[end].trips = t
	}
}
