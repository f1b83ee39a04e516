package align

import (
	"math"

	"bothends/correlate/segment"
)

// Stamps follows the TCP timestamps (RFC 7323) of one stream at its sender's tap. A host
// takes them from a clock of its own, which goes on at one of few rates.
type Stamps struct {
	Count int64 // segments with a timestamp, without resets
	Back  int64 // of those, how many had an earlier one than the segment before

	firstNS, lastNS int64 // when the first and the last left, by the tap's clock
	last            uint32
	ticks           int64 // from the first to the last
}

// note looks at one more segment. A timestamp of 0 is none: some hosts send it where they
// have no clock.
func (s *Stamps) note(v *view) {
	if v.Options&segment.Timestamps == 0 || v.TSVal == 0 || v.Flags&segment.RST != 0 {
		return
	}
	if s.Count++; s.Count == 1 {
		s.firstNS, s.lastNS, s.last = v.TimeNS, v.TimeNS, v.TSVal
		return
	}
	ahead := int32(v.TSVal - s.last)
	if ahead < 0 {
		s.Back++
		return
	}
	s.ticks += int64(ahead)
	s.lastNS, s.last = v.TimeNS, v.TSVal
}

// usualRates are those at which hosts count, in ticks a second: from once a second to
// once a millisecond (RFC 7323 section 5.4), and a microsecond (Linux since 6.7).
var usualRates = []float64{1, 2, 10, 50, 100, 128, 200, 250, 256, 300, 500, 512, 1000, 1024, 1e6}

const (
	minStamps      = 10  // so many must be known
	minStampedNS   = 1e9 // over so long
	rateOff        = 0.03
	mostStampsLate = 1e9 // how long before it leaves a packet may have been stamped: it waits in a queue
)

// Rate is how many ticks of the sender's clock for timestamps a second has; 0 if that is
// not known, or no rate in use.
func (s *Stamps) Rate() float64 {
	took := s.lastNS - s.firstNS
	if s.Count < minStamps || s.Back > 0 || took < minStampedNS {
		return 0
	}
	rate := float64(s.ticks) / float64(took) * 1e9
	for _, usual := range usualRates {
		// The first and the last may be off by a tick each, as the clock's are whole.
		if math.Abs(rate-usual) <= rateOff*usual+2e9/float64(took) {
			return usual
		}
	}
	return 0
}

// Ahead is by how many seconds a timestamp is ahead of what the sender's clock showed at
// a time by its tap, and how far that may be off. It is known if Rate is.
func (s *Stamps) Ahead(stamp uint32, ns int64) (seconds, off float64) {
	since := float64(ns-s.lastNS) / 1e9
	return float64(int32(stamp-s.last))/s.Rate() - since, mostStampsLate/1e9 + rateOff*math.Abs(since) + 2/s.Rate()
}

// behind reports whether a packet's timestamp is later than all that the sender is known to
// have sent so far.
func (s *Stamps) behind(h *Header) bool {
	return s.Count > 0 && h.Options&segment.Timestamps != 0 && h.TSVal != 0 && int32(h.TSVal-s.last) > 0
}

// fastestRate is that of the fastest clock in use, in ticks a second.
const fastestRate = 1e6

// Beyond reports whether a timestamp is ahead of what the sender's clock can have shown at a
// time by its tap, however fast it goes on, as it never ran back.
func (s *Stamps) Beyond(stamp uint32, ns int64) bool {
	if s.Count < minSamples || s.Back > 0 {
		return false
	}
	if s.Rate() > 0 {
		ahead, off := s.Ahead(stamp, ns)
		return ahead > off
	}
	ahead := float64(int32(stamp - s.last))
	return ahead > fastestRate*float64(max(0, ns-s.lastNS)+mostStampsLate)/1e9
}
