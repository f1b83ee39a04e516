package judge

import (
	"bothends/correlate/align"
	"bothends/correlate/segment"
	"bothends/correlate/tap"
)

// A suspect is a packet that arrived and that the sender's capture does not hold: a
// reset, or a leftover.
type suspect struct {
	kind string
	tap.Frame
	align.Header
	reset    *align.Reset
	leftover *align.Leftover
	quoted   *Quoted
	position int64 // in the stream
	clocks   ClockFacts
}

func resetSuspect(r arrival) suspect {
	return suspect{kind: "rst", Frame: r.Frame, Header: r.Header, reset: r.Reset, position: r.Position, clocks: r.clocks}
}

func (s *stream) leftoverSuspect(l *align.Leftover) *suspect {
	return &suspect{kind: kind(&l.Header), Frame: l.Frame, Header: l.Header, leftover: l, clocks: s.clocks.at(l.TimeNS)}
}

// forged are the resets of one connection that are found injected, by the end that they
// name.
type forged [2][]arrival

// kind names a packet by what it does to a connection.
func kind(h *align.Header) string {
	switch {
	case h.Flags&segment.RST != 0:
		return "rst"
	case h.Flags&(segment.SYN|segment.ACK) == segment.SYN|segment.ACK:
		return "syn-ack"
	case h.Flags&segment.SYN != 0:
		return "syn"
	case h.PayloadLen > 0:
		return "data"
	case h.Flags&segment.FIN != 0:
		return "fin"
	}
	return "ack"
}

// answersSYN reports whether a SYN was all that had passed here before the reset.
func answersSYN(r *align.Reset) bool {
	return r.Own[0] != nil && r.Own[0].Flags&(segment.SYN|segment.ACK) == segment.SYN && r.Next == 0
}
