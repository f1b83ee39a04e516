package align

// leastRight is how many packets must have arrived with right checksums before wrong ones are
// held against the path: a tool that changed addresses in a capture, and left the checksums as
// they were, makes all of them wrong.
const leastRight = 3

// Sums are what the TCP checksums say of a stream's packets that passed both taps.
type Sums struct {
	// SentRight and GotRight are how many of the first had the right one at the sender's tap
	// and at the receiver's, leastRight at most.
	SentRight, GotRight int8
	// Repeats are further copies of what had arrived; RepeatsRight is how many of them came
	// with nothing wrong.
	Repeats, RepeatsRight int64
	// Unheeded is how many copies came of what had come, and was not acknowledged by then.
	Unheeded int64
	// CutKept is how many packets that a capture cut came with the checksum that fits the one
	// they left with, leastRight at most.
	CutKept int8
}

// damaged reports whether a segment's checksum, if all of it was captured, fits neither what
// it holds nor a card that has yet to fill it in.
func (v *view) damaged() bool {
	return v.Headers != 0 && v.redacted == nil && len(v.payload) == v.PayloadLen && !v.Unfilled() && !v.Right(v.payload)
}

// Mixed reports whether enough packets arrived with right checksums for wrong ones to be no
// trait of the capture.
func (s *Sums) Mixed() bool { return s.GotRight >= leastRight }

// MixedAsSent is Mixed of the sender's tap.
func (s *Sums) MixedAsSent() bool { return s.SentRight >= leastRight }

// Settled reports whether enough packets show that neither tap stands before a card that fills
// checksums in, and that neither capture was changed: whole ones with the right one at both, or
// cut ones of which the path kept it.
func (s *Sums) Settled() bool {
	return s.GotRight >= leastRight && s.SentRight >= leastRight || s.CutKept >= leastRight
}

// addUp looks at the checksums of a packet that passed both taps, with payload as it arrived.
// repeat tells that it is a further copy.
func (s *Stream) addUp(sent, got packet, payload []byte, repeat bool) {
	if sent.Headers == 0 || got.Headers == 0 || sent.PayloadLen != got.PayloadLen {
		return
	}
	kept := sent.Headers%0xffff == got.Headers%0xffff // right or wrong, the path did nothing to it
	if len(payload) != got.PayloadLen {
		s.addUpCut(sent, got, kept, repeat)
		return
	}
	if s.Sums.Mixed() && !repeat && (kept || sent.Unfilled()) {
		return // most packets: their bytes need not be added up
	}
	if repeat {
		s.Sums.Repeats++
	}
	right, left := got.Right(payload), sent.Right(payload)
	if left && s.Sums.SentRight < leastRight {
		s.Sums.SentRight++
	}
	if right && s.Sums.GotRight < leastRight {
		s.Sums.GotRight++
	}
	switch {
	case right || kept || got.Unfilled():
		if repeat {
			s.Sums.RepeatsRight++
		}
	case !samePacket(sent.Header, got.Header):
	case left:
		s.change(ChecksumSpoiled, sent, got)
	case repeat:
		s.change(ChecksumWrong, sent, got)
	}
}

// addUpCut is addUp of a packet of which not all was captured: what the two sums differ by is
// the difference of what was cut off.
func (s *Stream) addUpCut(sent, got packet, kept, repeat bool) {
	if repeat {
		s.Sums.Repeats++
	}
	switch {
	case sent.Unfilled() || got.Unfilled():
	case kept:
		if repeat {
			s.Sums.RepeatsRight++
		}
		s.Sums.CutKept = min(s.Sums.CutKept+1, leastRight)
	case sent.Checksum == got.Checksum: // a tool changed addresses, and had not the bytes to mend it
	case samePacket(sent.Header, got.Header):
		s.change(BeyondCut, sent, got)
	}
}
