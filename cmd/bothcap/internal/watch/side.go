package watch

import (
	"time"

	"bothends/correlate/segment"
)

// A side is what one end has sent, and what the other has said of it.
type side struct {
	seen        bool
	next, acked uint32 // sequence numbers: behind the last byte, and behind the last acknowledged
	ackedKnown  bool
	since       time.Time // the first sending of the oldest byte that is not acknowledged
	repeats     int       // of what is not acknowledged
	deafSince   time.Time // since it repeats what was acknowledged
	deafLast    time.Time
	deafRepeats int
	probedSince time.Time // since its keep-alive probes get no answer
	probes      int
	window      uint16 // last told
	fin         bool
	isn         *uint32
}

// sent takes what a side has sent.
func (s *side) sent(seg *segment.Segment, now time.Time) {
	length := uint32(seg.PayloadLen)
	if seg.Flags&segment.SYN != 0 {
		length++
		isn := seg.Seq
		s.isn = &isn
	}
	if seg.Flags&segment.FIN != 0 {
		length++
		s.fin = true
	}
	end := seg.Seq + length
	switch {
	case !s.seen:
		s.seen, s.next, s.since = true, end, now
		if !s.ackedKnown {
			s.acked, s.ackedKnown = seg.Seq, true
		}
	case length == 0:
		if seg.Seq == s.next-1 {
			s.probed(now)
		}
	case length == 1 && seg.Seq == s.next-1 && s.acked == s.next:
		s.probed(now)
	case after(end, s.next):
		if s.acked == s.next {
			s.since = now
		}
		s.next, s.deafRepeats = end, 0
	case after(end, s.acked):
		s.repeats++
	default:
		s.repeatsAcknowledged(now)
	}
}

// repeatsAcknowledged notes that a side repeats what this tap saw acknowledged: the
// acknowledgment does not reach it.
func (s *side) repeatsAcknowledged(now time.Time) {
	if s.deafRepeats == 0 {
		s.deafSince = now
	}
	s.deafRepeats++
	s.deafLast = now
}

// probed notes a keep-alive probe, which repeats the number before the next, with a
// byte or without (RFC 9293 section 3.8.4).
func (s *side) probed(now time.Time) {
	if s.probes == 0 {
		s.probedSince = now
	}
	s.probes++
}

// acknowledged takes what the other side says it has.
func (s *side) acknowledged(ack uint32, now time.Time) {
	switch {
	case !s.ackedKnown || !s.seen:
		s.acked, s.ackedKnown = ack, true
		if !s.seen {
			s.next = ack
		}
	case after(ack, s.acked):
		s.acked, s.since, s.repeats = ack, now, 0
		if after(ack, s.next) {
			s.next = ack // this tap missed it
		}
	}
}

// after compares sequence numbers (RFC 9293 section 3.4).
func after(a, b uint32) bool { return int32(a-b) > 0 }
