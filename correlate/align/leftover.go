package align

import (
	"bothends/correlate/segment"
	"bothends/correlate/tap"
)

// Bucket is where a segment stands in the ledger.
type Bucket uint8

const (
	ReceivedNotSent Bucket = iota
	Modified
	Lost
)

// A Leftover is a segment other than a reset that the two captures do not agree
// about.
type Leftover struct {
	Bucket    Bucket
	tap.Frame        // in the receiver's capture; in the sender's if Lost
	Header           // as seen there
	Head      []byte // its first payload bytes, at most headLen
	// Rival is what the sender's capture has in its place, with other bytes;
	// Number is 0 if there is nothing.
	Rival     tap.Frame
	RivalHead []byte
	RivalLen  int // of its payload, of which a capture may hold less
	// Damaged and RivalDamaged: its own TCP checksum, and that of the Rival, fits neither its
	// bytes nor a card that has yet to fill it in.
	Damaged, RivalDamaged bool
	// Beyond is how many of its bytes lie behind all that the sender had sent.
	Beyond int64
	// Later is a SYN or FIN like this one that left the sender after it had come, by the
	// clocks as they were fitted, and that nothing else matches; Number is 0 if there is none.
	// Where a clock was set in between, it may be this very one.
	Later       tap.Frame
	LaterHeader Header
	start       int64 // its position, as in view
}

// Acknowledged reports whether an acknowledgment of all of a leftover that its sender sent came
// to the sender's tap.
func (s *Stream) Acknowledged(l *Leftover) bool {
	end := l.start + int64(l.PayloadLen)
	for _, flag := range []segment.Flags{segment.SYN, segment.FIN} {
		if l.Flags&flag != 0 {
			end++
		}
	}
	return s.AckedAtSender >= end && s.AckedAtSender <= s.Sent.Next // an acknowledgment of more is of another connection
}

// Begins reports whether a leftover is a SYN that stands right before all that the sender's
// capture has of the stream, at most a window before it: the stream's own, and no other
// connection's.
func (s *Stream) Begins(l *Leftover) bool {
	const window = 1 << 16 // without scaling (RFC 9293 section 3.1), as of the first segments
	return l.Flags&segment.SYN != 0 && l.start <= s.Sent.First && s.Sent.First-l.start <= window
}

const (
	// headLen is enough to recognise a protocol's first line.
	headLen = 96
	// maxLeftovers bounds what one stream may cost; a capture that needs more
	// is not fit to judge by.
	maxLeftovers = 256
)

// leave puts w into a bucket and keeps it.
func (s *Stream) leave(b Bucket, w *held) {
	s.Ledger.ReceivedNotSent++
	s.keep(b, w)
}

func (s *Stream) keep(b Bucket, w *held) {
	if len(s.Leftovers) == maxLeftovers {
		s.MoreLeft++
		return
	}
	l := Leftover{Bucket: b, Frame: w.Frame, Header: w.Header, Head: head(w.payload), Damaged: w.damaged(), start: w.start}
	if w.rival != nil {
		l.Rival, l.RivalHead, l.RivalLen, l.RivalDamaged = w.rival.Frame, head(w.rival.payload), w.rival.PayloadLen, w.rival.damaged()
	}
	if b != Lost && w.end > s.Sent.Next {
		l.Beyond = w.end - max(w.start, s.Sent.Next)
	}
	s.Leftovers = append(s.Leftovers, l)
}

// keepAck is keep for an acknowledgment.
func (s *Stream) keepAck(a *ack) {
	s.keep(ReceivedNotSent, &held{view: view{Frame: a.Frame, at: a.at, seq: a.seq, ack: a.ack, Header: a.Header, start: s.position(a.seq), end: s.position(a.seq)}})
}

func head(payload []byte) []byte {
	return append([]byte(nil), payload[:min(len(payload), headLen)]...)
}

// Last is the latest segment but resets that a tap saw of one stream.
type Last struct {
	tap.Frame
	Flags      segment.Flags
	PayloadLen int
}

func (l *Last) note(v *view) {
	if v.Flags&segment.RST == 0 && v.TimeNS >= l.TimeNS {
		*l = Last{v.Frame, v.Flags, v.PayloadLen}
	}
}

// noteLater tells what came before h was sent, and is like it, of h.
func (s *Stream) noteLater(h *held) {
	if h.Flags&(segment.SYN|segment.FIN) == 0 {
		return
	}
	for i := range s.Leftovers {
		l := &s.Leftovers[i]
		if l.Bucket == ReceivedNotSent && l.Later.Number == 0 && l.start == h.start && l.Flags == h.Flags && l.PayloadLen == h.PayloadLen {
			l.Later, l.LaterHeader = h.Frame, h.Header
			return
		}
	}
}
