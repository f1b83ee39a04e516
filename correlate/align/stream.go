package align

import (
	"bothends/correlate/clock"
	"bothends/correlate/segment"
	"bothends/correlate/survey"
)

// A Stream is one direction of a connection.
type Stream struct {
	Ledger Ledger
	Seen   [2]int64 // segments observed, by End: what the Ledger adds up to

	Passed    int64      // segments that the receiver's tap saw and the sender's capture has
	Missed    int64      // segments that the receiver's tap saw and the sender's capture, covering them, lacks
	Leftovers []Leftover // arrived without having been sent, or sent and changed, or control segments that were lost
	MoreLeft  int64      // further ones that were only counted
	Resets    [2][]*Reset
	MoreReset int64 // further resets that were only counted
	Path      Path  // what the way does to packets that passed both taps
	LastSent  Last  // the last segment but resets at the sender's tap
	// LastPassedNS is when the latest segment left the sender's tap that also
	// arrived, by the sender's clock.
	LastPassedNS int64

	Sent, Got       survey.Cover // bytes seen at the sender's tap, and at the receiver's
	AckedAtSender   int64        // the highest position acknowledged, as the sender's tap saw it
	AckedAtReceiver int64        // and as the receiver's tap saw it, while the sender's was recording
	// SentFromSYN tells that the sender's capture has the beginning of the
	// stream: it was recording whenever anything of it was sent.
	SentFromSYN bool

	sender End
	*live
}

// live is what a stream needs only while segments of it are still coming.
type live struct {
	shift    [2]uint32 // by tap: its sequence numbers less the client end's
	ackShift [2]uint32
	lead     [2]int64 // by tap: its clock less the client's, roughly
	roughErr int64    // how far lead may be off
	coverage [2]Coverage
	bounds   *clock.Bounds
	now      int64 // client's clock, of the segment under way

	base    uint32 // sequence number of position 0
	high    int64  // the highest position so far at either tap
	begun   bool
	fromSYN bool // base is the initial sequence number

	flying  flight  // sent, in order of position; arrived in part or not at all
	waiting []*held // arrived, and not sent so far
	acks    acks

	recentSent, recentGot recent
	watches               []watch
	pool                  []*held
}

// receiver is the end that the stream flows to.
func (s *Stream) receiver() End { return s.sender.Other() }

// view brings a segment's numbers to those of the client end.
func (s *Stream) view(end End, seg *segment.Segment) view {
	v := view{
		Frame:   Frame{seg.File, seg.Frame, seg.TimeNS},
		at:      seg.TimeNS - s.lead[end],
		seq:     seg.Seq - s.shift[end],
		ack:     seg.Ack - s.ackShift[end],
		Header:  header(seg),
		payload: seg.Payload,
	}
	if v.Flags&segment.RST != 0 {
		v.start = s.position(v.seq)
		v.end = v.start
		return v
	}
	if !s.begun {
		s.begun, s.base, s.fromSYN = true, v.seq, v.Flags&segment.SYN != 0
	}
	v.start = s.position(v.seq)
	v.end = v.start + int64(seg.SeqLen())
	v.stray = s.strays(end, &v)
	if !v.stray {
		s.high = max(s.high, v.end)
	}
	return v
}

const (
	// maxJump is how far ahead of the stream its own sender may be found: the
	// largest window there is (RFC 7323 section 2.3).
	maxJump = 1 << 30
	// maxArrivedJump is the same for what arrives, where a forger may have had
	// a hand in it: far above the windows in use.
	maxArrivedJump = 1 << 26
)

// strays tells whether the segment cannot be part of the stream: its position is
// out of any window, or it begins the stream at another number.
func (s *Stream) strays(end End, v *view) bool {
	if v.Flags&segment.SYN != 0 && s.fromSYN && v.seq != s.base {
		return true
	}
	limit := int64(maxJump)
	if end != s.sender {
		limit = maxArrivedJump
	}
	return v.end-s.high > limit || s.high-v.start > maxJump
}

// position is the place in the stream of sequence number seq (the client end's),
// the one nearest to the highest so far.
func (s *Stream) position(seq uint32) int64 {
	return s.high + int64(int32(seq-s.base-uint32(s.high)))
}

// acknowledged notes an acknowledgment of this stream seen at a tap.
func (s *Stream) acknowledged(end End, v *view) {
	if !s.begun {
		return
	}
	acked := s.position(v.ack)
	if acked-s.high > maxArrivedJump {
		return
	}
	if end == s.sender {
		s.AckedAtSender = max(s.AckedAtSender, acked)
	} else if s.covered(s.sender, v.at) {
		s.AckedAtReceiver = max(s.AckedAtReceiver, acked)
	}
}

// covered tells whether end's capture spans the client's time at.
func (s *Stream) covered(end End, at int64) bool {
	t := at + s.lead[end]
	return t >= s.coverage[end].FirstNS && t <= s.coverage[end].LastNS
}

// sent takes a segment that the sender's tap saw leave.
func (s *Stream) sent(v *view) {
	s.SentFromSYN = s.SentFromSYN || v.Flags&segment.SYN != 0
	length := v.end - v.start
	h := s.hold(v)
	if !v.stray {
		h.repeat = s.Sent.Add(v.start, v.end) < length
		s.recentSent.add(v)
	}
	if len(s.waiting) > 0 {
		s.meetWaiting(h)
	}
	s.flying.insert(h)
	s.expire()
}

// meetWaiting gives what arrived before h, as far as the rough clock tells, to
// h. It happens where the two clocks are not well known yet.
func (s *Stream) meetWaiting(h *held) {
	kept := s.waiting[:0]
	for _, w := range s.waiting {
		if h.at-w.at <= s.roughErr {
			s.offer(h, w)
		}
		if w.open == 0 {
			s.Ledger.Matched++
			s.Passed++
			s.release(w)
			continue
		}
		kept = append(kept, w)
	}
	clear(s.waiting[len(kept):])
	s.waiting = kept
}

// arrived takes a segment that the receiver's tap saw come in.
func (s *Stream) arrived(v *view) {
	if !v.stray {
		s.Got.Add(v.start, v.end)
		s.recentGot.add(v)
		s.wake(v)
	}
	w := s.hold(v)
	s.flying.overlapping(v.start, v.end, func(h *held) {
		if h.open > 0 && w.open > 0 {
			s.offer(h, w)
		}
	})
	switch {
	case w.open == 0:
		s.Ledger.Matched++
		s.Passed++
	case w.rival == nil && s.known(w):
		s.repeated(w)
	default:
		s.waiting = append(s.waiting, w)
		s.expire()
		return
	}
	s.release(w)
	s.expire()
}

// offer matches what h still misses with what w still has to place, if the two
// agree there.
func (s *Stream) offer(h, w *held) {
	start, end := max(h.start, w.start), min(h.end, w.end)
	if start >= end || !h.misses(start, end) {
		return
	}
	if !agree(&h.view, &w.view, start, end) {
		if w.rival == nil {
			w.rival = h
			h.pins++
		}
		return
	}
	n := h.take(&w.missing, start, end)
	if n == 0 {
		return
	}
	h.open -= n
	w.open -= n
	if h.open == 0 && !h.settled {
		h.settled = true
		s.Ledger.Matched++
	}
	s.learn(h, w)
}

// learn takes from a match what it says of the path and of the clocks.
func (s *Stream) learn(h, w *held) {
	whole := h.start == w.start && h.end == w.end
	s.Path.note(&h.Header, &w.Header, whole)
	s.LastPassedNS = max(s.LastPassedNS, h.TimeNS)
	if h.repeat || w.repeat {
		return
	}
	if s.sender == Client {
		s.bounds.ToServer(h.TimeNS, w.TimeNS)
	} else {
		s.bounds.ToClient(h.TimeNS, w.TimeNS)
	}
}

// known tells whether the sender's capture has all that w still has to place,
// as copies that arrived before.
func (s *Stream) known(w *held) bool {
	for _, m := range w.missing {
		if !s.Sent.Has(m.Start, m.End) {
			return false
		}
	}
	return true
}

// repeated settles a copy of what has arrived already.
func (s *Stream) repeated(w *held) {
	if w.open < w.end-w.start {
		s.Ledger.Matched++
		s.Passed++
		return
	}
	differs := false
	var original *held
	s.flying.overlapping(w.start, w.end, func(h *held) {
		start, end := max(h.start, w.start), min(h.end, w.end)
		if !agree(&h.view, &w.view, start, end) {
			differs = true
			w.rival = h
		}
		if h.start == w.start && h.end == w.end {
			original = h
		}
	})
	switch {
	case differs:
		s.leave(ReceivedNotSent, w)
	case original != nil && s.Path.IPIDKept() && original.IPID != w.IPID:
		// Not the packet that passed before: a retransmission that the
		// sender's capture lacks.
		s.Ledger.SentNotCaptured++
		s.Missed++
	default:
		s.Ledger.Duplicated++
	}
	w.rival = nil
}

// finish settles what is still open.
func (s *Stream) finish() {
	for _, w := range s.waiting {
		s.settleArrived(w)
	}
	for _, h := range s.flying.list[s.flying.head:] {
		s.settleSent(h)
	}
	s.acks.finish(s)
	s.live = nil
}
