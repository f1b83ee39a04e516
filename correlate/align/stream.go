package align

import (
	"bothends/correlate/clock"
	"bothends/correlate/segment"
	"bothends/correlate/survey"
	"bothends/correlate/tap"
)

// A Stream is one direction of a connection. Of one that was kept to be judged (see
// Pool.Keep) others may share the parts, so that nobody may change them.
type Stream struct {
	*Tally
	*Moments
	*Traces
	Resets [2][]*Reset
	sender tap.End
	*live
}

// A Tally is what is counted of a stream, and where in it: many that went alike have the
// same.
type Tally struct {
	Ledger Ledger
	Seen   [2]int64 // segments observed, by End: what the Ledger adds up to

	Passed int64     // segments that the receiver's tap saw and the sender's capture has
	Missed int64     // segments that the receiver's tap saw and the sender's capture, covering them, lacks
	Unseen int64     // segments that the sender's tap saw and the receiver acknowledged, and whose capture, which saw some on either side, lacks
	Acks   AckCounts // of both, those without sequence space
	// SameAcks is how many of Passed, matched as they were cut when they left, acknowledged
	// the same number at both taps, but for the shift.
	SameAcks  int64
	Sums      Sums
	MoreReset int64 // further Resets that were only counted
	GotTTLs   TTLs  // of the segments but resets that arrived
	SentTTLs  TTLs  // of those at the sender's tap
	Path      Path  // what the way does to packets that passed both taps
	// MostPassed is the longest payload of a segment that passed both taps whole.
	MostPassed int
	// FIN says that the sender's tap saw its FIN, GotFIN that it arrived.
	FIN, GotFIN bool

	Sent, Got       survey.Cover // bytes seen at the sender's tap, and at the receiver's
	AckedAtSender   int64        // the highest position acknowledged, as the sender's tap saw it; or nothingAcked
	AckedAtReceiver int64        // and as the receiver's tap saw it, while the sender's was recording
	// Acked is the highest position acknowledged in either capture, at whatever time.
	Acked int64
	// SentFromSYN tells that the sender's capture has the beginning of the
	// stream: it was recording whenever anything of it was sent.
	SentFromSYN bool
	// SentShut tells that the sender's tap saw a window of 0, other than in a reset.
	SentShut bool
	// Opened tells that the sender's tap saw its SYN that opens the connection.
	Opened bool
}

// Moments are the times of a stream, and the packets that it had at them. One that has
// nothing but resets has none.
type Moments struct {
	LastSent Last  // the last segment but resets at the sender's tap
	LastGot  Last  // and at the receiver's
	IPIDs    IPIDs // at the sender's tap
	Stamps   Stamps
	// LastPassedNS is when the latest segment left the sender's tap that also
	// arrived, by the sender's clock.
	LastPassedNS int64
	// LastNewNS is when the sender last said something new, and LastProbeNS when it last sent
	// an acknowledgment one number back, as a probe of a window of 0 is, or a keep-alive; both
	// at its own tap.
	LastNewNS, LastProbeNS int64
}

// Traces are what went otherwise than it should, of which most streams have nothing.
type Traces struct {
	Leftovers []Leftover // arrived without having been sent, or sent and changed, or control segments that were lost
	MoreLeft  int64      // further ones that were only counted
	Storm     Storm      // of Acks.Unsent
	Shut      Unsent     // of Acks.Unsent, those with a window of 0
	Ahead     Unsent     // of Acks.Unsent, those with a later timestamp than their sender is known to have sent until then
	// Astray are the first segments that left and never arrived, in the order in which
	// that became certain; MoreAstray is how many further ones there are.
	Astray     []Astray
	MoreAstray int64
	// Unwatched are the times at which segments left of which the receiver's capture does
	// not show whether they arrived, as it ends or begins there.
	Unwatched     []int64
	MoreUnwatched int64
	// Vanished are the ranges of which copies were lost, the first of them, and
	// MoreVanished how many copies of others were only counted.
	Vanished     []Vanished
	MoreVanished int64
	// Changes are what the path did to header fields of packets that both taps have.
	Changes []Changed
	// GotOpening is the SYN that opens the stream as the receiver's tap saw it; nil if
	// it was not asked for (see KeepOpening), or none came.
	GotOpening *Opening
}

// none reports whether there is nothing of the kind.
func (t *Traces) none() bool {
	return len(t.Leftovers)+len(t.Astray)+len(t.Unwatched)+len(t.Vanished)+len(t.Changes) == 0 &&
		t.MoreLeft == 0 && t.Storm == Storm{} && t.Shut == Unsent{} && t.Ahead == Unsent{} && t.MoreAstray == 0 && t.MoreUnwatched == 0 && t.MoreVanished == 0 && t.GotOpening == nil
}

// An Opening is a SYN, or another packet without its data, as one tap saw it.
type Opening struct {
	tap.Frame
	Header
}

// live is what a stream needs only while segments of it are still coming.
type live struct {
	opposite *Stream   // what its receiver sends
	ownIPID  uint16    // of the packet before that passed both taps
	synProxy bool      // the handshakes at the two taps are not the same packets
	shift    [2]uint32 // by tap: its sequence numbers less the client end's
	ackShift [2]uint32
	lead     [2]int64 // by tap: its clock less the client's, roughly
	roughErr int64    // how far lead may be off
	coverage [2]tap.Coverage
	bounds   *clock.Bounds
	trips    *Trips // nil if none are wanted
	now      int64  // client's clock, of the segment under way

	base     uint32  // sequence number of position 0
	begun    bool    // base is valid
	high     int64   // the highest position that the sender is known to have reached
	anchored bool    // high is from the sender's tap, not from what arrived
	isn      uint32  // the initial sequence number, if begins
	synLen   uint32  // of the longest SYN with it, in sequence space
	begins   bool    // a SYN was seen
	owned    bool    // by the sender's tap
	closed   [2]bool // by tap: a FIN was seen

	// Of the connection, as the tap at sender saw it:
	lastNS  int64 // the time of the last segment but resets
	silence int64 // the longest time between two since one came from the other end, while none waited for an answer
	waits   bool  // it has sent bytes since one came from the other end

	keepOpening bool

	flying  flight // sent; arrived, or not so far
	waiting flight // arrived, and not sent so far
	acks    acks
	gone    departed // sent and given up, so far

	recentSent, recentGot recent
	watches               []watch
	underWay              []*Reset    // that came in at this stream's sender lately
	messages              [2]*Message // the last two that left, the latest first
	buffers               *buffers
}

// nothingAcked lies below all positions. Position 0 is wherever the first segment
// began, so that a stream has negative ones, too.
const nothingAcked = -1 << 62

// receiver is the end that the stream flows to.
func (s *Stream) receiver() tap.End { return s.sender.Other() }

// view brings a segment's numbers to those of the client end.
func (s *Stream) view(end tap.End, seg *segment.Segment) view {
	v := view{
		Frame:   tap.Frame{File: seg.File, Number: seg.Frame, TimeNS: seg.TimeNS},
		at:      seg.TimeNS - s.lead[end],
		seq:     seg.Seq - s.shift[end],
		ack:     seg.Ack - s.ackShift[end],
		Header:  header(seg),
		payload: seg.Payload, redacted: seg.Digest,
	}
	if v.Flags&segment.RST != 0 {
		v.start = s.position(v.seq)
		v.end = v.start
		return v
	}
	if !s.begun {
		s.begun, s.base = true, v.seq
	}
	v.start = s.position(v.seq)
	v.end = v.start + int64(seg.SeqLen())
	own := end == s.sender
	if own && !s.anchored {
		// What arrived before may have been forged: its place says nothing.
		s.anchored, s.high = true, v.end
	}
	if v.Flags&segment.SYN != 0 {
		s.noteISN(own, &v)
	}
	v.outside = s.liesOutside(own, &v)
	if !v.outside && (own || !s.anchored) {
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

// noteISN learns where the stream begins: from its sender's tap, or else from
// the first SYN that arrives, until the sender's tap shows another one.
func (s *Stream) noteISN(own bool, v *view) {
	if s.begins && v.seq == s.isn && own == s.owned {
		s.synLen = max(s.synLen, uint32(v.end-v.start))
	}
	if s.begins && (s.owned || !own) {
		return
	}
	forged := s.begins && v.seq != s.isn
	s.begins, s.owned, s.isn, s.synLen = true, own, v.seq, uint32(v.end-v.start)
	if forged {
		s.disown()
	}
}

// disown takes a forged SYN, and what else arrived before the sender's own, out
// of what the receiver's tap saw of the stream.
func (s *Stream) disown() {
	s.Got = survey.Cover{}
	for _, w := range s.waiting.held() {
		if w.outside = s.liesOutside(false, &w.view); !w.outside {
			s.Got.Add(w.start, w.end)
		}
	}
}

// liesOutside reports whether the segment cannot be part of the stream: its position is
// out of any window, or it begins the stream at another number.
func (s *Stream) liesOutside(own bool, v *view) bool {
	if v.Flags&segment.SYN != 0 && v.seq != s.isn {
		return true
	}
	limit := int64(maxArrivedJump)
	if own {
		limit = maxJump
	}
	return v.end-s.high > limit || s.high-v.start > maxJump
}

// position is the place in the stream of sequence number seq (the client end's),
// the one nearest to the highest so far.
func (s *Stream) position(seq uint32) int64 {
	return s.high + int64(int32(seq-s.base-uint32(s.high)))
}

// acknowledged notes an acknowledgment of this stream seen at a tap.
func (s *Stream) acknowledged(end tap.End, v *view) {
	if !s.begun {
		return
	}
	acked := s.position(v.ack)
	if acked-s.high > maxArrivedJump {
		return
	}
	s.Acked = max(s.Acked, acked)
	if end == s.sender {
		s.AckedAtSender = max(s.AckedAtSender, acked)
		return
	}
	// Its own host's word: whatever came, that much of the stream was there.
	s.high = max(s.high, acked)
	if s.covered(s.sender, v.at) {
		s.AckedAtReceiver = max(s.AckedAtReceiver, acked)
	}
}

// covered reports whether end's capture spans the client's time at.
func (s *Stream) covered(end tap.End, at int64) bool {
	t := at + s.lead[end]
	return t >= s.coverage[end].FirstNS && t <= s.coverage[end].LastNS
}
