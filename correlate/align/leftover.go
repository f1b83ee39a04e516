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
	// Beyond is how many of its bytes lie behind all that the sender had sent.
	Beyond int64
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
	l := Leftover{Bucket: b, Frame: w.Frame, Header: w.Header, Head: head(w.payload)}
	if w.rival != nil {
		l.Rival, l.RivalHead = w.rival.Frame, head(w.rival.payload)
	}
	if b != Lost && w.end > s.Sent.Next {
		l.Beyond = w.end - max(w.start, s.Sent.Next)
	}
	s.Leftovers = append(s.Leftovers, l)
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
