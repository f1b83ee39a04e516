package judge

import (
	"fmt"

	"bothends/correlate/align"
)

// spoiled are packets that came with a wrong TCP checksum. What is wrong at a tap need not
// have been wrong on the wire: machines that share a host leave checksums to be filled in,
// which align knows by their value, and tools that change addresses in a capture leave them
// as they were. Neither keeps the receiver from taking the packets, or starts in the middle of
// a connection.
func (s *stream) spoiled(c *align.Changed) (f Finding, told bool) {
	if c.What == align.BeyondCut {
		if !s.flow.Sums.Settled() {
			return f, false
		}
		return s.beyondCut(c), true
	}
	unheeded := s.Cases[s.index].Unheeded[s.sender]
	filled, mixed := c.What == align.ChecksumSpoiled, s.flow.Sums.Mixed()
	if !unheeded && !(filled && mixed && s.flow.Sums.Repeats > 0) {
		return f, false
	}
	receiver := s.sender.Other()
	arrived := fmt.Sprintf("arrived with the TCP checksum %#04x, which is wrong", c.Got.Checksum)
	if more := c.Segments - 1; more > 0 {
		arrived += fmt.Sprintf(", as is that of %s", count(more, "further segment"))
	}
	step := Step{Rule: Twin, Outcome: Supports, Decides: true, Values: map[string]any{"sent_frame": c.Sent.Number, "segments": c.Segments}}
	verdict, confidence := Indeterminate, Unsure
	switch {
	case filled && mixed && unheeded:
		verdict, confidence = Modified, Strong
		step = step.because("it left the %s with the right TCP checksum, %#04x (frame %d there), and %s; the %s drops such packets, and did not acknowledge one, while others arrived with right checksums",
			s.sender, c.Sent.Checksum, c.Sent.Number, arrived, receiver)
	case filled && mixed:
		step.Outcome = Open
		step = step.because("it left the %s with the right TCP checksum, %#04x (frame %d there), and %s: changed on the way, or by the %s's own card or host before its tap, as others were acknowledged, and nothing shows that the %s dropped it",
			s.sender, c.Sent.Checksum, c.Sent.Number, arrived, receiver, receiver)
	case filled:
		step.Outcome = Open
		step = step.because("it left the %s with the right TCP checksum (frame %d there), and %s; but hardly any packet of the %s's arrived with a right one: addresses may have been changed in the %s's capture afterwards, without the checksums",
			s.sender, c.Sent.Number, arrived, s.sender, receiver)
	default:
		step.Outcome = Open
		step = step.because("it %s; at the %s's tap it was not the right one, either (frame %d there), as where a card is to fill it in: the %s's card may have made it wrong, or what is on the way",
			arrived, s.sender, c.Sent.Number, s.sender)
	}
	f = s.finding(kind(&c.Got.Header), verdict, confidence, c.Got.Frame, c.Got.Header, step)
	f.Twin = c.Sent.Frame
	return f, true
}

// beyondCut are packets whose bytes are the same at both taps, as far as they were captured,
// and whose checksums say that the rest is not. A receiver takes none whose checksum is wrong:
// if it took all that came, and each came once, it was right, and so was that of others where
// they left.
func (s *stream) beyondCut(c *align.Changed) Finding {
	step := Step{Rule: Twin, Outcome: Supports, Decides: true, Values: map[string]any{"sent_frame": c.Sent.Number, "segments": c.Segments}}
	what := fmt.Sprintf("its headers and the captured part of its bytes are those that left the %s (frame %d there), but its TCP checksum is %#04x instead of %#04x",
		s.sender, c.Sent.Number, c.Got.Checksum, c.Sent.Checksum)
	if more := c.Segments - 1; more > 0 {
		what += fmt.Sprintf("; so it is with %s", count(more, "further segment"))
	}
	verdict, confidence := Indeterminate, Unsure
	if s.flow.Sums.Repeats == 0 && s.Cases[s.index].Unacknowledged[s.sender] == 0 {
		verdict, confidence = Modified, Strong
		step = step.because("%s; the %s took it, so that the checksum was right: what the captures cut off is other data than was sent", what, s.sender.Other())
	} else {
		step.Outcome = Open
		step = step.because("%s: what the captures cut off was changed on the way, or the packet was damaged there, which the %s drops and the %s sends again; record whole packets",
			what, s.sender.Other(), s.sender)
	}
	f := s.finding(kind(&c.Got.Header), verdict, confidence, c.Got.Frame, c.Got.Header, step)
	f.Twin = c.Sent.Frame
	return f
}
