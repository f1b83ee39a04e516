package judge

import (
	"bothends/correlate/segment"
	"bothends/correlate/survey"
	"bothends/correlate/tap"
)

// Quoted is a segment that an ICMP error quotes, in the name of the host that it was sent to:
// what became of it, and what that host made of it. The error says where it was sent from.
type Quoted struct {
	*survey.Quote
	Receiver tap.End // of the error, and sender of the segment

	// The first copy of the segment that left before the error came, the first that came to the
	// other end, and the first acknowledgment of it that left there; Number 0 if there is none.
	Sent, Came, Taken tap.Frame
	// Copies are how many were seen at each End.
	Copies [2]int
}

// Note takes note of a segment of the connection that passed a tap. shift is what the path
// adds to the numbers of the Receiver's stream, as the other end's tap sees them.
func (q *Quoted) Note(end, sender tap.End, s *segment.Segment, shift uint32) {
	number := q.Seq
	if end != q.Receiver {
		number += shift
	}
	here := tap.Frame{File: s.File, Number: s.Frame, TimeNS: s.TimeNS}
	switch {
	case sender != q.Receiver:
		acknowledges := s.Flags&(segment.ACK|segment.RST) == segment.ACK && int32(s.Ack-number) > 0
		if end == sender && acknowledges && q.Came.Number != 0 && q.Taken.Number == 0 {
			q.Taken = here
		}
	case number-s.Seq >= s.SeqLen(): // a card may have cut what the host sent in one piece
	case end == q.Receiver:
		if q.Copies[end]++; q.Sent.Number == 0 && s.TimeNS <= q.TimeNS {
			q.Sent = here
		}
	default:
		if q.Copies[end]++; q.Came.Number == 0 {
			q.Came = here
		}
	}
}
