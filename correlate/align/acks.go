package align

import (
	"sort"

	"bothends/correlate/tap"
)

// acks pairs the segments that occupy no sequence space: acknowledgments, window
// updates, keep-alives. They look alike, so they are matched one for one, in
// the order in which they were sent.
type acks struct {
	sent    ackQueue
	waiting ackQueue // arrived, and not sent so far
	gone    departed // sent and given up, so far
	highest int64    // what was acknowledged by what arrived, with data or without
	window  uint16   // and the window of that
	lost    Vanished // those that were lost since anything passed
}

// AckCounts tell of the segments without sequence space that arrived.
type AckCounts struct {
	Passed int64 // and that their sender's tap saw leave
	Unsent int64 // and that its capture, covering them, lacks
	Hollow int64 // and that acknowledge what never came to it; of Unsent, and kept as Leftovers
}

type ack struct {
	Header
	tap.Frame
	at   int64
	seq  uint32 // the client end's numbers
	ack  uint32
	upTo int64 // what it acknowledges: position in the opposite stream
	met  bool  // it has its counterpart
	dup  bool  // it arrived and said nothing new
}

// ackQueue holds acknowledgments of one tap in the order in which they passed
// it, which but for a few is that of upTo.
type ackQueue struct {
	list   []ack
	head   int  // those before it are settled
	cursor int  // behind the one that was met last
	gone   bool // settled ones were let go
}

const (
	// disorder is how far from its place an acknowledgment may be recorded: a
	// network card's receive queues are emptied in bursts of 64 (NAPI_POLL_WEIGHT).
	disorder = 64
	// maxAlike is how many like acknowledgments are looked through, as a
	// receiver sends them for each segment behind a lost one.
	maxAlike = 512
	// maxOvertaken is how many later acknowledgments must have arrived before
	// one that has not is given up.
	maxOvertaken = 4096
)

// observeAck takes an acknowledgment of back.
func (s *Stream) observeAck(end tap.End, v *view, back *Stream) {
	a := ack{Header: v.Header, Frame: v.Frame, at: v.at, seq: v.seq, ack: v.ack, upTo: back.position(v.ack)}
	if end == s.sender {
		if !v.outside {
			s.Sent.Add(v.start, v.start)
			if v.start == s.Sent.Next-1 {
				s.LastProbeNS = max(s.LastProbeNS, v.TimeNS)
			}
		}
		s.ackSent(&a)
	} else {
		if !v.outside {
			s.Got.Add(v.start, v.start)
		}
		a.dup = v.repeats
		s.ackArrived(&a, v.start)
	}
	s.expireAcks()
}

func (s *Stream) ackSent(a *ack) {
	q := &s.acks.waiting
	if i, _ := q.find(a); i >= 0 && a.at-q.list[i].at <= s.roughErr && !s.shutElsewhere(a, &q.list[i]) {
		s.passAck(a, q.meet(i), false)
		s.Ledger.Duplicated += q.meetCopies(i)
	} else if s.unrecorded(s.receiver(), a.at, 0, horizonNS) {
		s.settleAckSent(a, false)
		return
	}
	s.acks.sent.list = append(s.acks.sent.list, *a)
}

func (s *Stream) ackArrived(a *ack, position int64) {
	q := &s.acks.sent
	i, twin := q.find(a)
	switch {
	case i >= 0 && !s.shutElsewhere(&q.list[i], a):
		s.passAck(q.meet(i), a, s.single(q, i))
	case s.reclaimAck(a):
	case twin != nil && s.sameAck(twin, a):
		s.Ledger.Duplicated++
	case s.unrecorded(s.sender, a.at, 0, 0):
		s.Ledger.SentNotCaptured++
	case s.changedAck(a, position):
		s.Ledger.Modified++
	default:
		s.acks.waiting.list = append(s.acks.waiting.list, *a)
	}
}

// passAck takes two acknowledgments for one. single tells that the sender sent no
// other that looks like it.
func (s *Stream) passAck(sent, got *ack, single bool) {
	sent.met = true
	s.Ledger.Matched += 2
	s.Passed++
	s.Acks.Passed++
	s.passed(sent.TimeNS)
	if s.synProxy && sent.upTo <= 1 {
		return // a SYN proxy may have made it anew
	}
	s.SameAcks++
	s.compare(sent.packet(), got.packet(), single || s.oneByID(sent, got) && sent.Window != 0 && got.Window == 0)
	s.addUp(sent.packet(), got.packet(), nil, false)
	if s.Path.another(&sent.Header, &got.Header, true) {
		return // one that looks like it
	}
	s.Path.note(&sent.Header, &got.Header, true)
	// Acknowledgments look alike: only the IP-ID shows that this is the one, or,
	// where there is none, that it has no like.
	identified := s.oneByID(sent, got) || single && sent.IPID == got.IPID && sent.TSVal == got.TSVal
	if !identified {
		return
	}
	s.date(sent.TimeNS, got.TimeNS)
	if s.trips != nil {
		s.trips.add(s.sender, sent.TimeNS, got.TimeNS)
	}
}

// oneByID reports whether two acknowledgments are one packet, as the IP-ID shows that the path
// is known to leave alone.
func (s *Stream) oneByID(sent, got *ack) bool {
	return s.Path.IPIDKept() && sent.IPID != 0 && sent.IPID == got.IPID
}

// shutElsewhere reports whether got forbids its receiver to send, and sent does not and is
// another packet, going by what the path leaves alone: it was not changed on the way.
func (s *Stream) shutElsewhere(sent, got *ack) bool {
	return got.Window == 0 && sent.Window != 0 && s.Path.another(&sent.Header, &got.Header, true)
}

// single reports whether none of those next to an acknowledgment looks like it, as
// those that a receiver sends for each segment behind a lost one do.
func (s *Stream) single(q *ackQueue, i int) bool {
	a := &q.list[i]
	alone := s.SentFromSYN && !q.gone
	if i > 0 {
		alone = !q.list[i-1].looksLike(a)
	}
	return alone && (i+1 == len(q.list) || !q.list[i+1].looksLike(a))
}

// sameAck reports whether got is one more copy of sent, as far as the path leaves
// headers alone.
func (s *Stream) sameAck(sent, got *ack) bool {
	return sent.Window == got.Window && sent.TSVal == got.TSVal && (!s.Path.IPIDKept() || sent.IPID == got.IPID)
}

// looksLike compares what no box on the way has a reason to change.
func (a *ack) looksLike(b *ack) bool { return a.ack == b.ack && a.seq == b.seq }

// meet marks an acknowledgment and returns it.
func (q *ackQueue) meet(i int) *ack {
	q.list[i].met = true
	q.cursor = i + 1
	return &q.list[i]
}

// meetCopies marks the copies that the network made of an acknowledgment, and
// returns how many there are. Without an IP-ID nothing tells them from others.
func (q *ackQueue) meetCopies(of int) (n int64) {
	a := &q.list[of]
	for i := of + 1; i < min(len(q.list), of+disorder) && a.IPID != 0; i++ {
		if e := &q.list[i]; !e.met && e.looksLike(a) && e.IPID == a.IPID && e.Window == a.Window && e.TSVal == a.TSVal {
			e.met = true
			n++
		}
	}
	return n
}

// find returns the index of the acknowledgment that looks like a and was not met,
// or -1 and one that was, or nil. Of several alike it is the one with a's IP-ID,
// else the first.
func (q *ackQueue) find(a *ack) (index int, twin *ack) {
	if q.head == len(q.list) {
		return -1, nil
	}
	look := func(from, to int) (first int, ok bool) {
		first = -1
		for i := max(from, q.head); i < min(to, len(q.list)); i++ {
			switch e := &q.list[i]; {
			case !e.looksLike(a):
				if first >= 0 {
					return first, true
				}
			case e.met:
				if twin == nil || e.IPID == a.IPID {
					twin = e
				}
			case e.IPID == a.IPID:
				return i, true
			case first < 0:
				first = i
			}
		}
		return first, first >= 0
	}
	if i, ok := look(q.cursor, q.cursor+disorder); ok {
		return i, nil
	}
	if i, ok := look(q.cursor-disorder, q.cursor); ok {
		return i, nil
	}
	live := q.list[q.head:]
	first := q.head + sort.Search(len(live), func(i int) bool { return live[i].upTo >= a.upTo })
	beyond := first + sort.Search(len(q.list)-first, func(i int) bool { return q.list[first+i].upTo > a.upTo })
	from := first
	if q.cursor < beyond {
		from = max(first, q.cursor)
	}
	if i, ok := look(from, min(beyond, from+maxAlike)); ok {
		return i, nil
	}
	if i, ok := look(first, min(from, first+maxAlike)); ok {
		return i, nil
	}
	return -1, twin
}

// expire settles from the oldest on what is done, and what is too much.
func (q *ackQueue) expire(done func(i int, a *ack) bool, settle func(a *ack, early bool)) {
	for q.head < len(q.list) {
		ready := done(q.head, &q.list[q.head])
		if !ready && len(q.list)-q.head <= maxHeld {
			break
		}
		settle(&q.list[q.head], !ready)
		q.head++
	}
	if q.head == len(q.list) || q.head > minTidy && 2*q.head >= len(q.list) {
		n := copy(q.list, q.list[q.head:])
		q.list, q.cursor, q.head, q.gone = q.list[:n], max(0, q.cursor-q.head), 0, q.gone || q.head > 0
	}
}

func (s *Stream) expireAcks() {
	s.acks.sent.expire(s.ackSentDone, s.settleAckSent)
	s.acks.waiting.expire(s.ackWaitingDone, s.settleAckArrived)
}

func (s *Stream) ackSentDone(i int, a *ack) bool {
	age := s.now - a.at
	return age > s.patienceNS() || a.met && age > compareNS || i+maxOvertaken < s.acks.sent.cursor
}

func (s *Stream) ackWaitingDone(_ int, a *ack) bool {
	return a.met || s.now-a.at > s.patienceNS()
}

// settleAckSent is settleSent for an acknowledgment.
func (s *Stream) settleAckSent(a *ack, early bool) {
	switch {
	case a.met:
	case early || !s.wouldShow(&view{Frame: a.Frame, at: a.at}):
		s.Ledger.SentNotCaptured++
		s.unwatched(a.TimeNS)
		s.departAck(a, false)
	default:
		s.lose(Astray{a.TimeNS, a.ack})
		s.acks.vanish(a, s.LastPassedNS, s.position(a.seq))
		s.departAck(a, true)
	}
}

// settleAckArrived is settleArrived for an acknowledgment.
func (s *Stream) settleAckArrived(a *ack, early bool) {
	if a.met {
		return
	}
	v := view{Frame: a.Frame, at: a.at}
	if early || !s.recordedWhenSent(&v) {
		s.Ledger.SentNotCaptured++
		return
	}
	s.Ledger.ReceivedNotSent++
	s.Missed++
	s.Acks.Unsent++
	s.noteUnsent(a)
	if s.acknowledgesWhatNeverCame(a) {
		s.Acks.Hollow++
		s.keepAck(a)
	}
}

// acknowledgesWhatNeverCame reports whether an acknowledgment that its sender's capture
// lacks is for what did not come to that sender, as far as its capture shows, and for what
// that sender acknowledges in no other packet: then it is not merely missing.
func (s *Stream) acknowledgesWhatNeverCame(a *ack) bool {
	o := s.opposite
	return o.Sent.Has(a.upTo-1, a.upTo) && !o.Got.Has(a.upTo-1, a.upTo) && a.upTo > o.AckedAtReceiver
}

// vanish notes a lost acknowledgment, which nothing is known to have passed since.
func (a *acks) vanish(lost *ack, lastPassedNS, position int64) {
	v := &a.lost
	if v.Copies > 0 && v.TimeNS <= lastPassedNS {
		*v = Vanished{}
	}
	if lost.TimeNS <= lastPassedNS {
		return
	}
	if v.Copies++; v.Copies == 1 {
		v.Frame, v.Header, v.Start = lost.Frame, lost.Header, position
	}
	if len(v.SentNS) < maxCopies {
		v.SentNS = append(v.SentNS, lost.TimeNS)
	}
}

func (a *acks) finish(s *Stream) {
	for i := a.sent.head; i < len(a.sent.list); i++ {
		s.settleAckSent(&a.sent.list[i], false)
	}
	for i := a.waiting.head; i < len(a.waiting.list); i++ {
		s.settleAckArrived(&a.waiting.list[i], false)
	}
	a.gone.finish(s)
	*a = acks{lost: a.lost}
}

// repeats notes what a segment that arrived acknowledges, and reports whether that, and its
// window, are what was said before.
func (a *acks) repeats(upTo int64, window uint16) bool {
	if upTo < a.highest {
		return false
	}
	same := upTo == a.highest && window == a.window
	a.highest, a.window = upTo, window
	return same
}
