package align

import (
	"bothends/correlate/segment"
	"bothends/correlate/tap"
)

// A Message is a segment with payload, or a SYN, as its sender's tap saw it leave:
// what a reset may have answered.
type Message struct {
	tap.Frame            // the last copy before the reset
	Header               // of that copy
	At         int64     // the client's clock, roughly
	Seq0, Ack0 uint32    // its numbers as the client end counts
	Start, End int64     // positions in its stream
	Head       []byte    // its first payload bytes, at most messageHead
	Copies     int       // how often it had left, whole and by itself
	First      tap.Frame // its first copy; Number is 0 if its bytes had left before in other segments
	Reached    Reach     // when all up to End had reached the other tap
	Arrived    tap.Frame // if Reached is Seen

	kept bool // a reset refers to it
}

// messageHead is how much of a payload is kept: all that package trigger reads.
const messageHead = 1460

// End0 is the sequence number behind it, as the client end counts.
func (m *Message) End0() uint32 { return m.Seq0 + uint32(m.End-m.Start) }

// said notes what the sender's tap saw leave. again tells that not all of it was
// new. What no reset refers to is overwritten, so that a stream costs two heads.
func (s *Stream) said(v *view, again bool) {
	if v.PayloadLen == 0 && v.Flags&segment.SYN == 0 {
		return
	}
	copies, first := 1, v.Frame
	if again {
		first = tap.Frame{}
		for _, m := range s.messages {
			if m != nil && m.Start == v.start && m.End == v.end {
				copies, first = m.Copies+1, m.First
				break
			}
		}
	}
	m := s.messages[0]
	if m == nil || m.Start != v.start || m.End != v.end {
		m = s.messages[1]
		s.messages[1] = s.messages[0]
	}
	if m == nil || m.kept {
		m = new(Message)
	}
	*m = Message{
		Frame: v.Frame, Header: v.Header, At: v.at, Seq0: v.seq, Ack0: v.ack, Start: v.start, End: v.end,
		Head: append(m.Head[:0], v.payload[:min(len(v.payload), messageHead)]...), Copies: copies, First: first,
	}
	s.messages[0] = m
}

// lastMessages returns the last two messages of the stream, the latest first, and keeps
// watching for their arrival.
func (s *Stream) lastMessages() [2]*Message {
	for _, m := range s.messages {
		if m != nil && !m.kept {
			m.kept = true
			s.await(m.End, &m.Reached, &m.Arrived)
		}
	}
	return s.messages
}
