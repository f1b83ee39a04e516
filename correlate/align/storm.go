package align

// Unsent are acknowledgments of one sort that arrived and that their sender's capture,
// covering them, lacks.
type Unsent struct {
	Acks   int64
	First  Opening // the earliest
	LastNS int64   // by the receiver's clock
}

func (u *Unsent) note(a *ack) {
	if u.Acks++; u.Acks == 1 || a.TimeNS < u.First.TimeNS {
		u.First = Opening{a.Frame, a.Header}
	}
	u.LastNS = max(u.LastNS, a.TimeNS)
}

// noteUnsent notes an acknowledgment that its sender's capture lacks, if it did harm.
func (s *Stream) noteUnsent(a *ack) {
	if a.dup {
		s.Storm.note(a)
	}
	if a.Window == 0 {
		s.Shut.note(a)
	}
	if s.Stamps.behind(&a.Header) {
		s.Ahead.note(a)
	}
}

// ShutByNobody reports whether an acknowledgment that its sender's capture lacks forbids the
// other end to send, and no packet in that capture does.
func (s *Stream) ShutByNobody() bool { return s.Shut.Acks > 0 && !s.SentShut }

// A Storm is duplicate acknowledgments that nobody is known to have sent: they say what
// another said before, with the same window. Three make the other
// end send again and slow down (RFC 5681 section 3.2).
type Storm struct{ Unsent }

// leastStorm is how many duplicates make a storm: well above the three with which a host
// answers a segment that was lost, of which a capture may lack some.
const leastStorm = 8

// Told reports whether there are enough.
func (s *Storm) Told() bool { return s.Acks >= leastStorm }

// WithoutGap reports whether the host counts IP-IDs for each connection, and no packet is
// missing from its count: none of a socket's left unrecorded, by whatever interface.
func (c *IPIDs) WithoutGap() bool { return c.Counting() && c.Jumps == 0 && !c.Cut }
