package judge

import "bothends/correlate/witness"

// lossWait is how long after its expected arrival the receiver's capture must
// have gone on for a packet to be called lost: several round trips.
const lossWait = 3

// receiverWatched is the row not-running for the receiving end: whether a packet
// that left at sent (the sender's clock) would stand in its capture. overtaken
// says that it holds something that left later.
func (s *stream) receiverWatched(sent int64, overtaken bool) Step {
	receiver := s.sender.Other()
	step := Step{Rule: NotRunning}
	if !s.Clock.Known() {
		step.Outcome = Open
		return step.because("the two clocks cannot be compared: no packets passed in both directions")
	}
	at := s.clocks.atReceiver(sent)
	clocks := s.clocks.at(at)
	if !clocks.Comparable {
		step.Outcome = Open
		return step.because("the two clocks cannot be compared at that time: one of them was set, or too little passed")
	}
	wait := lossWait * clocks.MinRTTNS
	step.Values = map[string]any{"expected_after": stamp(at), "capture_ends": stamp(s.receiving.LastNS)}
	switch {
	case at < s.receiving.FirstNS:
		step.Outcome = Fits
		return step.because("the %s's capture begins after its arrival was due", receiver)
	case overtaken:
		step.Outcome = Refuted
		return step.because("the %s's capture holds what the %s sent after it", receiver, s.sender)
	case at+wait > s.receiving.LastNS:
		step.Outcome = Fits
		return step.because("the %s's capture does not go on long enough after %s to say that it did not arrive", receiver, clockTime(at))
	}
	step.Outcome = Refuted
	return step.because("the %s's capture spans the time of its arrival, and goes on for %s", receiver, readable(s.receiving.LastNS-at))
}

// receiverLacks is what shows that the receiver's capture lacks packets, so that it may lack
// one that it does not hold; no step if nothing does. Of many packets a few may be missing.
func (s *stream) receiverLacks() Step {
	receiver := s.sender.Other()
	step := Step{Rule: Missed, Outcome: Fits, Decides: true}
	w := s.receiving
	switch {
	case w.Drops > 0:
		return step.because("the %s's capture says of itself that it lost %s, so that it may have lost this one", receiver, count(w.Drops, "packet"))
	case s.flow.Got.Missing(s.flow.AckedAtReceiver) > 0, s.flow.Unseen > 0:
		return step.because("the %s acknowledged what its own capture lacks, so that it may lack this packet, too", receiver)
	case s.back.Missed > 0:
		return step.because("the %s's capture lacks %s of this connection that it sent and the %s received, so that it may lack this one, too", receiver, count(s.back.Missed, "packet"), s.sender)
	case w.Missed > 1 && witness.MissBound(w.Passed, w.Missed) > witness.MissStrong:
		return step.because("the %s's capture lacks %d of %s that the %s received from it, so that it may lack this one, too", receiver, w.Missed, count(w.Passed+w.Missed, "packet"), s.sender)
	}
	return Step{}
}
