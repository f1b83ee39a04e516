package align

import (
	"bothends/correlate/segment"
	"bothends/correlate/tap"
)

// A Reset is a segment with RST at one tap, and what was known there then.
type Reset struct {
	tap.Frame
	Header
	At         int64  // the client's clock, roughly
	Seq0, Ack0 uint32 // its numbers as the client end counts
	Position   int64  // of Seq0 in its stream
	// Next is where its stream had got to at this tap.
	Next int64
	// IdleNS is how long this tap had seen nothing of the connection but resets;
	// 0 if nothing at all.
	IdleNS int64
	// SilenceNS is the longest silence of the connection at this tap since anything came
	// from the other end, which the reset's receiver broke by speaking up while nothing of
	// its waited for an answer; 0 if it broke none, and at the sender's own tap.
	SilenceNS int64
	// SentBefore and GotBefore are what its sender had sent and received last; both at the
	// sender's own tap, and nothing elsewhere.
	SentBefore, GotBefore Last
	// Damaged: its checksum fits neither what it holds nor a card that has yet to fill it in.
	Damaged bool
	// Head is its payload, if it carries any, at most headLen bytes.
	Head []byte
	// Closed tells that its sender had sent a FIN before, at this tap.
	Closed bool
	// DataGot is the last segment with data that was new to its sender, and DataSent the
	// last in which its sender had sent new data; both at the sender's own tap, and
	// nothing elsewhere.
	DataGot, DataSent tap.Frame
	// The following are about the bytes of the opposite stream that the reset
	// acknowledges, and valid if its flags have ACK.
	AckPosition int64
	AckSent     tap.Frame // when this tap, being the receiver's, saw the last of them sent
	AckReached  Reach     // when they reached the tap of the reset's alleged sender
	AckArrived  tap.Frame // if AckReached is Seen
	// Own are the last two messages that the reset's receiver had sent, the
	// latest first, and Alleged those that its alleged sender had, by that end's
	// tap; nil where there were fewer. Both are empty at the sender's own tap.
	Own, Alleged [2]*Message
	// PassedNS is when the latest segment of the opposite stream left, of those that
	// had left before the reset came and that arrived; by this tap's clock. It is 0 at
	// the sender's own tap.
	PassedNS int64
}

// Reach tells what is known of the arrival of a stream's byte at a tap.
type Reach uint8

const (
	Never   Reach = iota // it was not seen there
	Seen                 // at the time of AckArrived
	LongAgo              // before the recent arrivals that are remembered, or unnoticed
)

// maxResets bounds what one stream keeps of each tap: a flood proves no more
// than its first packets.
const maxResets = 1024

func (s *Stream) observeReset(end tap.End, v *view, back *Stream, lastNS, silenceNS int64) {
	if len(s.Resets[end]) == maxResets {
		s.MoreReset++
		return
	}
	r := &Reset{Frame: v.Frame, Header: v.Header, At: v.at, Seq0: v.seq, Ack0: v.ack, Position: v.start}
	r.Closed, r.Head, r.Damaged = s.closed[end], head(v.payload), v.damaged()
	if lastNS != 0 {
		r.IdleNS = v.TimeNS - lastNS
	}
	if end == s.sender {
		r.Next = s.Sent.Next
		r.SentBefore, r.GotBefore = s.LastSent, back.LastGot
		r.DataGot, r.DataSent = back.recentGot.data, s.recentSent.data
	} else {
		r.Next = s.Got.Next
		r.Own, r.Alleged = back.lastMessages(), s.lastMessages()
		r.SilenceNS = silenceNS
		back.watchedBy(r)
	}
	if v.Flags&segment.ACK != 0 && back.begun && end != s.sender {
		r.AckPosition = back.position(v.ack)
		if f, ok := back.recentSent.reached(r.AckPosition); ok {
			r.AckSent = f
		}
		back.await(r.AckPosition, &r.AckReached, &r.AckArrived)
	}
	s.Resets[end] = append(s.Resets[end], r)
}

// maxUnderWay bounds how many resets wait at a time for what left before they came.
const maxUnderWay = 64

// watchedBy lets a reset that came in know what left before it and arrives.
func (s *Stream) watchedBy(r *Reset) {
	r.PassedNS = min(s.LastPassedNS, r.TimeNS)
	if len(s.underWay) == maxUnderWay {
		s.underWay = s.underWay[1:]
	}
	s.underWay = append(s.underWay, r)
}

// passed notes that what left the sender's tap at sentNS has arrived.
func (s *Stream) passed(sentNS int64) {
	s.LastPassedNS = max(s.LastPassedNS, sentNS)
	for i := len(s.underWay) - 1; i >= 0; i-- {
		r := s.underWay[i]
		if s.now-r.At > s.patienceNS() { // and the older ones, too
			s.underWay = s.underWay[i+1:]
			return
		}
		if sentNS <= r.TimeNS {
			r.PassedNS = max(r.PassedNS, sentNS)
		}
	}
}

// watch waits for a position to arrive.
type watch struct {
	position int64
	reached  *Reach
	arrived  *tap.Frame
}

// await finds out when the stream got to position at the receiver's tap, now or
// as soon as it does.
func (s *Stream) await(position int64, reached *Reach, arrived *tap.Frame) {
	switch f, ok := s.recentGot.reached(position); {
	case ok:
		*reached, *arrived = Seen, f
	case position <= s.Got.Next:
		*reached = LongAgo
	default:
		s.watches = append(s.watches, watch{position, reached, arrived})
	}
}

// wake tells those that wait for it that v has arrived.
func (s *Stream) wake(v *view) {
	if len(s.watches) == 0 {
		return
	}
	kept := s.watches[:0]
	for _, w := range s.watches {
		if v.start < w.position && w.position <= v.end {
			*w.reached, *w.arrived = Seen, v.Frame
		} else {
			kept = append(kept, w)
		}
	}
	s.watches = kept
}

// recent remembers the last segments that advanced a stream at a tap.
type recent struct {
	list [8]passage
	n    int
	high int64
	data tap.Frame // the last one with payload
}

type passage struct {
	tap.Frame
	start int64
	end   int64
}

func (r *recent) add(v *view) {
	p := passage{v.Frame, v.start, v.end}
	if r.n == 0 && v.Flags&segment.SYN == 0 {
		p.start = v.end // what it brought may have been here before the tap was
	}
	if r.n == 0 || v.end > r.high {
		r.high = v.end
		r.list[r.n%len(r.list)] = p
		r.n++
		if v.PayloadLen > 0 {
			r.data = v.Frame
		}
	}
}

// reached is when the stream first got to position, if that is remembered. It is
// not known of bytes that the tap passed over, nor of those before its first.
func (r *recent) reached(position int64) (tap.Frame, bool) {
	oldest := max(0, r.n-len(r.list))
	for i := oldest; i < r.n; i++ {
		p := &r.list[i%len(r.list)]
		if p.end < position {
			continue
		}
		return p.Frame, p.start < position && (i > oldest || oldest == 0)
	}
	return tap.Frame{}, false
}
