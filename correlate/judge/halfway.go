package judge

import "bothends/correlate/tap"

// An Arrival names a packet by the end that it arrived at and where it stands in that
// end's capture.
type Arrival struct {
	At     tap.End
	File   int32
	Number int64
}

// A HalfwayFact is what the comparison of the receiver's capture with that of a tap
// between the ends found of a packet, where it called it injected: that it did not pass
// that tap either, and that no host behind that tap can have made it.
type HalfwayFact struct {
	Tap        string     // its name; empty if there is no such finding
	Confidence Confidence // of that finding
}

// Surer reports whether h rests on a surer finding than other.
func (h HalfwayFact) Surer(other HalfwayFact) bool {
	return h.Confidence == Proven && other.Confidence != Proven || h.Confidence == Strong && other.Confidence == Supported
}
