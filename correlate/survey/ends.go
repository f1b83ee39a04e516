package survey

// A Clue is what told which endpoint of a connection is the tap's own host, the
// most trustworthy first.
type Clue uint8

const (
	NoClue            Clue = iota
	RecordedDirection      // the file, or the Linux cooked header, says sent or received
	InitialTTL             // only the own host's packets still have their initial TTL
	HandshakeWait          // the own host answers at once; the other end takes a round trip
)

func (c Clue) String() string {
	return [...]string{"nothing", "the recorded direction", "the TTL", "the timing of the handshake"}[c]
}

// Local tells which side of the connection is the tap's own host, and by what.
func (c *Connection) Local() (Side, Clue) {
	if side, ok := c.localByDirection(); ok {
		return side, RecordedDirection
	}
	if side, ok := c.localByTTL(); ok {
		return side, InitialTTL
	}
	if side, ok := c.localByWait(); ok {
		return side, HandshakeWait
	}
	return Initiator, NoClue
}

func (c *Connection) localByDirection() (Side, bool) {
	i, r := &c.Flows[Initiator], &c.Flows[Responder]
	atInitiator := int64(i.Outbound) + int64(r.Inbound)
	atResponder := int64(r.Outbound) + int64(i.Inbound)
	switch {
	case atInitiator > 2*atResponder:
		return Initiator, true
	case atResponder > 2*atInitiator:
		return Responder, true
	}
	return 0, false
}

// initialTTL reports whether a packet with this TTL has passed no router, going by
// the initial values in use: 64 (Linux, macOS, BSD), 128 (Windows), 255 (some
// network equipment). 32 is left out: it is also a common remainder of 64.
func initialTTL(ttl uint8) bool { return ttl == 64 || ttl == 128 || ttl == 255 }

func (c *Connection) localByTTL() (Side, bool) {
	i, r := &c.Flows[Initiator], &c.Flows[Responder]
	if i.Segments == 0 || r.Segments == 0 || initialTTL(i.TTL) == initialTTL(r.TTL) {
		return 0, false
	}
	if initialTTL(i.TTL) {
		return Initiator, true
	}
	return Responder, true
}

// waitRatio is how much longer the far end's answer must take than the near
// one's before the difference is taken for the path's and not for a busy host's.
const waitRatio = 4

func (c *Connection) localByWait() (Side, bool) {
	if c.SYNNS == 0 || c.AnswerNS == 0 || c.CompleteNS == 0 {
		return 0, false
	}
	forAnswer, forCompletion := c.AnswerNS-c.SYNNS, c.CompleteNS-c.AnswerNS
	if forAnswer < 0 || forCompletion < 0 {
		return 0, false // recorded out of order, or the clock was set
	}
	switch {
	case forAnswer > waitRatio*forCompletion:
		return Initiator, true
	case forCompletion > waitRatio*forAnswer:
		return Responder, true
	}
	return 0, false
}
