package align

import (
	"bothends/correlate/segment"
	"bothends/correlate/tap"
)

// segmentKind are the flags that tell a SYN and a FIN from data.
const segmentKind = segment.SYN | segment.FIN

// A Vanished is a range of the stream of which copies left the sender's tap and never
// arrived: one segment, sent again and again.
type Vanished struct {
	tap.Frame         // the first copy that was lost
	Header            // of it
	Head      []byte  // its first payload bytes, at most messageHead
	Start     int64   // position in the stream
	SentNS    []int64 // when the copies left that were lost, by the sender's clock, at most maxCopies
	Copies    int     // how many were lost
	Reached   bool    // another copy arrived after all
}

const (
	// maxVanished bounds how many ranges one stream keeps; a stream that loses more has
	// an outage, not a segment that somebody looks at.
	maxVanished = 64
	// maxCopies is above what TCP sends before it gives up (Linux tcp_retries2: 15).
	maxCopies = 32
)

// vanish notes a lost copy of a segment that occupies sequence space.
func (s *Stream) vanish(h *held) {
	s.lose(Astray{h.TimeNS, h.ack})
	for i := range s.Vanished {
		v := &s.Vanished[i]
		if v.Start != h.start || v.Flags&segmentKind != h.Flags&segmentKind {
			continue
		}
		if v.Copies++; len(v.SentNS) < maxCopies {
			v.SentNS = append(v.SentNS, h.TimeNS)
		}
		if h.TimeNS < v.TimeNS {
			v.Frame, v.Header = h.Frame, h.Header
		}
		return
	}
	if len(s.Vanished) == maxVanished {
		s.MoreVanished++
		return
	}
	head := h.head
	if head == nil {
		head = append(head, h.payload[:min(len(h.payload), messageHead)]...)
	}
	s.Vanished = append(s.Vanished, Vanished{
		Frame: h.Frame, Header: h.Header, Head: head,
		Start: h.start, SentNS: []int64{h.TimeNS}, Copies: 1,
	})
}

// leastVanished is how many acknowledgments make more than a few that a queue dropped.
const leastVanished = 3

// vanishAcks keeps the acknowledgments that were lost after all that passed, where nothing
// else of the stream was sent again that shows how it ended: as if they were one segment, sent
// again and again.
func (s *Stream) vanishAcks(lost *Vanished) {
	if lost.Copies < leastVanished || lost.TimeNS <= s.LastPassedNS || s.stuck() || len(s.Vanished) == maxVanished {
		return
	}
	s.Vanished = append(s.Vanished, *lost)
}

// settleVanished finds out which of the lost ranges arrived in another copy.
func (s *Stream) settleVanished() {
	for i := range s.Vanished {
		v := &s.Vanished[i]
		v.Reached = s.Got.Has(v.Start, v.Start+1)
	}
}

// Occupies reports whether it is a segment that occupies sequence space, and not bare
// acknowledgments.
func (v *Vanished) Occupies() bool { return v.PayloadLen > 0 || v.Flags&segmentKind != 0 }
