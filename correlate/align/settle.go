package align

import (
	"bothends/correlate/segment"
	"bothends/correlate/tap"
)

const (
	// horizonNS is how long a segment may be under way. A phone network's
	// buffers hold seconds; RFC 9293 section 3.4.2 takes two minutes for the
	// longest life of a segment, but sends it again long before.
	horizonNS = 10e9
	// compareNS is how long the bytes of what has arrived are kept for
	// comparison with a second copy, where no acknowledgment ends it sooner.
	compareNS = 2e9
	// compareBytes is how far behind the stream's front they are kept: the
	// receive buffer that Linux allows by default (net.ipv4.tcp_rmem) is 6 MiB.
	compareBytes = 6 << 20
	// maxClockWaitNS bounds how much longer a segment is waited for because the
	// clocks are not known well: an hour, by which clocks that nobody keeps are
	// set as a daylight saving time begins.
	maxClockWaitNS = 3600e9
)

// patienceNS is how long a segment is waited for at the other tap, by clocks that
// may be off.
func (s *Stream) patienceNS() int64 { return horizonNS + min(s.roughErr, maxClockWaitNS) }

// expire lets go of what needs no counterpart any more.
func (s *Stream) expire() {
	s.flying.expire(s.doneSent, s.settleSent)
	s.waiting.expire(s.doneWaiting, s.settleArrived)
}

func (s *Stream) doneWaiting(w *held) bool {
	return w.settled || s.now-w.at > s.patienceNS()
}

func (s *Stream) doneSent(h *held) bool {
	age := s.now - h.at
	if h.open == 0 {
		return h.end <= s.AckedAtSender || age > compareNS || s.high-h.end > compareBytes
	}
	if age > compareNS && h.pins == 0 {
		s.keepDigest(h)
	}
	if h.pins > 0 { // something that arrived in its place is judged first
		return age > 2*s.patienceNS()
	}
	return age > s.patienceNS()
}

// settleSent puts a sent segment that nothing more will be matched with into
// its bucket. One that had to go early, as too many are under way, may arrive yet:
// it is not called lost.
func (s *Stream) settleSent(h *held, early bool) {
	defer s.release(h)
	lostBytes := int64(0)
	if !early {
		lostBytes = s.lostBytes(h)
	}
	s.Ledger.LostBytes += lostBytes
	if h.settled {
		return
	}
	h.settled = true
	if h.open == h.end-h.start {
		s.noteLater(h)
	}
	switch {
	case h.open < h.end-h.start:
		s.Ledger.Matched++
	case h.changed:
		s.Ledger.Modified++
	case s.unrecorded(s.receiver(), h.at, 0, horizonNS):
		s.Ledger.SentNotCaptured++
		s.unwatched(h.TimeNS)
	case s.unseen(h.start, h.end):
		s.Ledger.SentNotCaptured++
		if s.Got.Lacks(h.start, h.end) {
			s.Unseen++
		}
	case early || !s.wouldShow(&h.view):
		s.Ledger.SentNotCaptured++
		s.unwatched(h.TimeNS)
		s.depart(h, false, 0)
	default:
		s.vanish(h)
		if h.Flags&(segment.SYN|segment.FIN) != 0 && !s.Got.Has(h.end-1, h.end) {
			s.keep(Lost, h)
		}
		s.depart(h, true, lostBytes)
	}
}

// Astray is a segment that left its sender's tap and never arrived.
type Astray struct {
	SentNS int64  // by the sender's clock
	Ack    uint32 // what it acknowledges, as the client end counts
}

// maxAstray bounds how many lost segments one stream keeps.
const maxAstray = 64

// unwatched notes a segment that left its sender's tap at sentNS, and of which the
// receiver's capture does not show whether it arrived.
func (s *Stream) unwatched(sentNS int64) {
	if len(s.Unwatched) < maxAstray {
		s.Unwatched = append(s.Unwatched, sentNS)
	} else {
		s.MoreUnwatched++
	}
}

// lose counts a segment that left its sender's tap and never arrived.
func (s *Stream) lose(a Astray) {
	s.Ledger.Lost++
	if len(s.Astray) < maxAstray {
		s.Astray = append(s.Astray, a)
	} else {
		s.MoreAstray++
	}
}

// unseen reports whether the receiver acknowledged bytes that its own capture
// never saw arrive.
func (s *Stream) unseen(start, end int64) bool {
	return s.AckedAtReceiver >= end && !s.Got.Has(start, end)
}

// lostBytes is how many bytes of h did not arrive, and would have been seen.
func (s *Stream) lostBytes(h *held) (n int64) {
	if h.changed || !s.wouldShow(&h.view) {
		return 0
	}
	for _, m := range h.missing {
		if !s.unseen(m.Start, m.End) {
			n += m.Len()
		}
	}
	return n
}

// unrecorded reports whether end's capture certainly was not running from before
// until after the client's time at, however far the rough clock is off.
func (s *Stream) unrecorded(end tap.End, at, before, after int64) bool {
	t := at + s.lead[end]
	return t+after+s.roughErr < s.coverage[end].FirstNS || t-before-s.roughErr > s.coverage[end].LastNS
}

// startSlackNS is how long a segment that arrives just after the other end's
// capture began may have been under way since before it.
const startSlackNS = 1e9

// endSlackNS is how long a segment may still be under way when the capture of its
// receiver ends.
const endSlackNS = 1e9

// wouldShow reports whether the receiver's capture was running when v, which its
// sender's tap saw leave, arrived: it holds something that left later, or goes on
// for long enough.
func (s *Stream) wouldShow(v *view) bool {
	receiver := s.receiver()
	return !s.deaf() && s.covered(receiver, v.at) && (s.LastPassedNS > v.TimeNS || s.covered(receiver, v.at+endSlackNS))
}

// deaf reports whether the receiver acknowledged what its sender said, and its own capture
// holds nothing of that sender: it was recorded in one direction only.
func (s *Stream) deaf() bool {
	return s.LastGot.Number == 0 && len(s.Resets[s.sender.Other()]) == 0 && s.AckedAtReceiver > s.Sent.First+1
}

// halfSeen reports whether one of the two captures lacks most of the stream, though it ran:
// its filter left a direction out, or what it holds was picked from more. back is the
// opposite direction.
func (s *Stream) halfSeen(back *Stream) bool {
	return s.deaf() || s.mute(back) || s.Missed+s.Unseen > s.Passed
}

// mute reports whether the sender's capture holds nothing of the stream, of which the
// receiver's has more than resets, though what passed the other way shows that it ran.
func (s *Stream) mute(back *Stream) bool {
	return s.LastGot.Number != 0 && s.LastSent.Number == 0 && len(s.Resets[s.sender]) == 0 && back.Passed >= minSamples
}

// recordedWhenSent reports whether the sender's capture was running when w was
// sent, as well as the clocks are known.
func (s *Stream) recordedWhenSent(w *view) bool {
	return s.covered(s.sender, w.at) && (s.SentFromSYN || s.covered(s.sender, w.at-startSlackNS))
}

// settleArrived puts an arrived segment that was not sent, as far as the
// sender's capture shows, into its bucket. One that had to go early, as too many
// wait, may have been sent a little later by the other clock: it accuses nobody,
// and the sender's capture is taken to lack it.
func (s *Stream) settleArrived(w *held, early bool) {
	defer s.release(w)
	switch {
	case w.settled:
	case w.rival != nil && !w.rival.settled && w.rival.misses(w.start, w.end):
		w.rival.changed = true
		s.Ledger.Modified++
		s.keep(Modified, w)
	case w.rival != nil:
		s.leave(ReceivedNotSent, w)
	case !s.recordedWhenSent(&w.view) || s.beforeBegin(w):
		s.Ledger.SentNotCaptured++
	case early || w.lacking || w.foreign || s.passedOver(w):
		s.Ledger.SentNotCaptured++
		s.Missed++
	default:
		s.leave(ReceivedNotSent, w)
	}
}

// beforeBegin reports whether w holds bytes below the first that the sender's
// capture saw: they had been sent before it began.
func (s *Stream) beforeBegin(w *held) bool {
	return !s.SentFromSYN && !w.outside && w.start < s.Sent.Began()
}

// passedOver reports whether the sender went on behind bytes that its capture
// lacks: it must have sent them.
func (s *Stream) passedOver(w *held) bool {
	for _, m := range w.missing {
		if s.Sent.Lacks(m.Start, m.End) {
			return true
		}
	}
	return false
}

// finish settles what is still open.
func (s *Stream) finish() {
	for _, w := range s.waiting.held() {
		s.settleArrived(w, false)
	}
	for _, h := range s.flying.held() {
		s.settleSent(h, false)
	}
	s.acks.finish(s)
	s.gone.finish(s)
	s.settleVanished()
	s.vanishAcks(&s.acks.lost)
	s.live = nil
}
