package align

// A Storm is duplicate acknowledgments that arrived and that their sender's capture, covering
// them, lacks: they say what another said before, with the same window. Three make the other
// end send again and slow down (RFC 5681 section 3.2).
type Storm struct {
	Acks   int64
	First  Opening // the earliest
	LastNS int64   // by the receiver's clock
}

// leastStorm is how many duplicates make a storm: well above the three with which a host
// answers a segment that was lost, of which a capture may lack some.
const leastStorm = 8

// Told reports whether there are enough.
func (s *Storm) Told() bool { return s.Acks >= leastStorm }

func (s *Storm) note(a *ack) {
	if s.Acks++; s.Acks == 1 || a.TimeNS < s.First.TimeNS {
		s.First = Opening{a.Frame, a.Header}
	}
	s.LastNS = max(s.LastNS, a.TimeNS)
}

// WithoutGap reports whether the host counts IP-IDs for each connection, and no packet is
// missing from its count: none of a socket's left unrecorded, by whatever interface.
func (c *IPIDs) WithoutGap() bool { return c.Counting() && c.Jumps == 0 && !c.Cut }
