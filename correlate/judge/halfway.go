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

// halfway is what the captures of the receiver and of that tap say by themselves. All that
// the sender sends passes the tap, or that comparison would have said so; so no row
// stands that has the sender, or a host at the sender's address behind that tap, make
// the packet. What the sender's own kernel tells of this connection's resets outweighs
// it.
func halfway(f *Facts) Result {
	h := &f.Halfway
	if h.Tap == "" || f.Log.Unseen != nil {
		return Result{}
	}
	return supports(beforeHalfway, "compared with the tap at %q alone, it was made on the %s's side of that tap, in the %s's name (%s): it did not pass there either",
		h.Tap, f.Receiver, f.Sender, h.Confidence).with(map[string]any{"tap": h.Tap, "confidence": string(h.Confidence)})
}

// beforeHalfway are the rows by which the packet would have passed a tap on the way.
var beforeHalfway = []Name{
	NotRunning, Filtered, Missed, BothMissed, Renumbered, OtherInterface, OwnFirewall, KernelUnseen, Remapped,
	BelowTap, OtherHost, Cluster, AddressOwner,
}
