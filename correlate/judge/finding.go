package judge

import (
	"bothends/correlate/align"
	"bothends/correlate/locate"
	"bothends/correlate/tap"
	"bothends/correlate/trigger"
)

// A Finding is one packet and the verdict on it.
type Finding struct {
	Case       int // index of its connection among the cases
	Kind       string
	Verdict    Verdict
	Confidence Confidence
	ReceivedAt tap.End // where it arrived, or should have
	SeenAt     tap.End // whose capture holds Frame
	tap.Frame
	align.Header
	Evidence []Step
	// Needs are the statements that would make an injected of a conditional one.
	Needs []Statement
	Head  []byte // first payload bytes, if it carries any
	// Twin is the frame of the same packet in the other end's capture; its
	// Number is 0 if there is none.
	Twin tap.Frame
	// Pattern is what its circumstances resemble, PatternWhy which ones, and
	// Advice what to check next; all empty if nothing fits.
	Pattern    Pattern
	PatternWhy string
	Advice     string
	// Trigger is what a reset that nobody is known to have sent answers; nil if
	// nothing.
	Trigger *Trigger
	// Place is where a forged reset was made; nil if nothing is said of it.
	Place *Place

	// Behind and Ahead are how far the number of a reset that nobody is known to have
	// sent lies behind the next one that its receiver expected, or ahead of it. A host
	// accepts it at that number, and questions it ahead of it (RFC 5961 section 3).
	Behind, Ahead int64

	// Absence is how well it is founded that the packet did not pass the other end's tap,
	// whoever made it: by how far that capture can be trusted to hold what passes, and
	// by nothing else. It is empty where the capture may lack it by its own fault.
	Absence Confidence

	// Misled says of a genuine reset that it answers a SYN and ACK which its sender's connection
	// has no part in: it is no decision of that host's to end it.
	Misled bool

	weighty bool         // a sign that can carry a verdict supports an accusation
	bucket  bucket       // where a reset, and its twin, stand in the ledger
	sees    bool         // a number of a reset that nobody is known to have sent is the connection's: its maker has seen some of that
	reset   *align.Reset // that the finding is about, if nobody is known to have sent it
}

// A Trigger is the message that a reset answers, if it answers one.
type Trigger struct {
	*align.Message
	SentBy tap.End
	Said   trigger.Message
	// ByNumbers says that the reset's sequence and acknowledgment numbers continue this
	// message and no other, and that it came promptly. Otherwise it is only the last one that
	// whoever made the reset can have seen.
	ByNumbers bool
	Reached   Reached // the end that it was sent to

	fits   int         // how well the numbers continue it
	rivals []candidate // other messages that the numbers continue as well
}

// Reached reports whether a message came to the end that it was sent to.
type Reached string

const (
	DidReach     Reached = "yes"
	DidNotReach  Reached = "no"
	ReachUnknown Reached = "unknown"
)

// Box is what the trigger's fate says of the box: one that reads along leaves
// the trigger alone, one in the path can hold it back. It says nothing of what may not be
// the trigger.
func (t *Trigger) Box() string {
	switch {
	case t.ByNumbers && t.Reached == DidReach:
		return "on-path"
	case t.ByNumbers && t.Reached == DidNotReach:
		return "in-path"
	}
	return "unknown"
}

// A Place is where on the path forged resets were made.
type Place struct {
	locate.Place
	Sender tap.End // who sent the trigger
}

// bucket is where the ledger counts a reset.
type bucket uint8

const (
	sentNotCaptured bucket = iota // at one tap for certain, and the other's capture may lack it
	receivedNotSent
	matchedBoth // it and its twin
	matchedOne  // its twin is not among this connection's segments
	duplicated
	lost
)

// enter counts the reset in its bucket.
func (b bucket) enter(l *align.Ledger) {
	switch b {
	case matchedBoth:
		l.Matched += 2
	case matchedOne:
		l.Matched++
	case duplicated:
		l.Duplicated++
	case lost:
		l.Lost++
	case receivedNotSent:
		l.ReceivedNotSent++
	default:
		l.SentNotCaptured++
	}
}

// A candidate is a message that a reset may answer.
type candidate struct {
	*align.Message
	sentBy tap.End
	at     int64 // when it left, by the clock of the reset's receiver
	fits   int   // how well the reset's numbers continue it
}

// speaks reports whether anything speaks for an accusation, or leaves it open but for
// what the sender's capture lacks.
func (f *Finding) speaks() bool { return f.weighty }
