package align

// acks pairs the segments that occupy no sequence space: acknowledgments, window
// updates, keep-alives. They look alike, so they are matched one for one, in
// the order in which they were sent.
type acks struct {
	sent    []ack // by time; some have arrived already
	head    int   // those before it are settled
	cursor  int   // behind the one that arrived last
	waiting []ack // arrived, and not sent so far
}

type ack struct {
	Frame
	at      int64
	seq     uint32
	ack     uint32
	tsval   uint32
	window  uint16
	ipid    uint16
	arrived bool
	slim    Header
}

// lookAhead is how many acknowledgments may be lost in a row, or overtaken,
// before the next one is taken for unsent.
const lookAhead = 512

func (s *Stream) observeAck(end End, v *view) {
	a := ack{Frame: v.Frame, at: v.at, seq: v.seq, ack: v.ack, tsval: v.TSVal, window: v.Window, ipid: v.IPID, slim: v.Header}
	if end == s.sender {
		if !v.stray {
			s.Sent.Add(v.start, v.start)
		}
		s.ackSent(a)
	} else {
		if !v.stray {
			s.Got.Add(v.start, v.start)
		}
		s.ackArrived(a)
	}
	s.expireAcks()
}

func (s *Stream) ackSent(a ack) {
	for i := range s.acks.waiting {
		w := &s.acks.waiting[i]
		if w.looksLike(&a) && a.at-w.at <= s.roughErr {
			s.passAck(&a, w)
			s.acks.waiting = append(s.acks.waiting[:i], s.acks.waiting[i+1:]...)
			break
		}
	}
	s.acks.sent = append(s.acks.sent, a)
}

func (s *Stream) ackArrived(a ack) {
	switch i, twin := s.findAck(&a); {
	case i >= 0:
		s.passAck(&s.acks.sent[i], &a)
		s.acks.cursor = i + 1
	case twin:
		s.Ledger.Duplicated++
	default:
		s.acks.waiting = append(s.acks.waiting, a)
	}
}

func (s *Stream) passAck(sent, got *ack) {
	sent.arrived = true
	s.Ledger.Matched += 2
	s.Passed++
	s.LastPassedNS = max(s.LastPassedNS, sent.TimeNS)
	s.Path.note(&sent.slim, &got.slim, true)
}

// findAck returns the index of the sent acknowledgment that a is, or -1; then
// twin tells whether it is one more copy of one that has arrived.
func (s *Stream) findAck(a *ack) (index int, twin bool) {
	list := s.acks.sent
	index = -1
	look := func(from, to int) bool {
		for i := from; i < to; i++ {
			if !list[i].looksLike(a) {
				continue
			}
			if !list[i].arrived {
				index = i
				return true
			}
			twin = twin || list[i].window == a.window && list[i].tsval == a.tsval && list[i].ipid == a.ipid
		}
		return false
	}
	if !look(max(s.acks.head, s.acks.cursor), min(len(list), s.acks.cursor+lookAhead)) {
		look(max(s.acks.head, s.acks.cursor-lookAhead), min(s.acks.cursor, len(list)))
	}
	return index, twin
}

// looksLike compares what no box on the way has a reason to change.
func (a *ack) looksLike(b *ack) bool { return a.ack == b.ack && a.seq == b.seq }

func (s *Stream) expireAcks() {
	q := &s.acks
	for q.head < len(q.sent) {
		a := &q.sent[q.head]
		age := s.now - a.at
		if age <= compareNS || !a.arrived && age <= horizonNS {
			break
		}
		s.settleAckSent(a)
		q.head++
	}
	if q.head > minTidy && 2*q.head >= len(q.sent) {
		q.sent = append(q.sent[:0], q.sent[q.head:]...)
		q.cursor = max(0, q.cursor-q.head)
		q.head = 0
	}
	for len(s.acks.waiting) > 0 && s.now-s.acks.waiting[0].at > horizonNS {
		s.settleAckArrived(&s.acks.waiting[0])
		s.acks.waiting = s.acks.waiting[1:]
	}
}

func (s *Stream) settleAckSent(a *ack) {
	switch {
	case a.arrived:
	case !s.covered(s.receiver(), a.at):
		s.Ledger.SentNotCaptured++
	default:
		s.Ledger.Lost++
	}
}

func (s *Stream) settleAckArrived(a *ack) {
	v := view{Frame: a.Frame, at: a.at}
	if !s.recordedWhenSent(&v) {
		s.Ledger.SentNotCaptured++
		return
	}
	s.Ledger.ReceivedNotSent++
	s.Missed++
}

func (a *acks) finish(s *Stream) {
	for i := a.head; i < len(a.sent); i++ {
		s.settleAckSent(&a.sent[i])
	}
	for i := range a.waiting {
		s.settleAckArrived(&a.waiting[i])
	}
	*a = acks{}
}
