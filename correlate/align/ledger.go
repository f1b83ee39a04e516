package align

// A Ledger counts the segments of one stream, those of the sender's capture and
// those of the receiver's, each in exactly one bucket. Resets are entered by
// whoever judges them.
type Ledger struct {
	Matched         int64 // passed both taps, byte for byte; counted at each
	Modified        int64 // passed both taps, with other bytes; counted at each
	Duplicated      int64 // arrived again: more copies were received than were sent
	Lost            int64 // sent, and never arrived
	ReceivedNotSent int64 // arrived, and the sender's capture, which covers it, has none of it
	SentNotCaptured int64 // passed one tap for certain, and the other end's capture lacks it or does not cover it

	LostBytes int64 // of the stream, all lost copies added up
}

// Buckets are what each bucket holds, by its name in reports.
var Buckets = []struct{ Name, Meaning string }{
	{"matched", "Passed both taps, byte for byte; counted at each."},
	{"modified", "Passed both taps, with other bytes; counted at each."},
	{"duplicated", "Arrived again: more copies were received than were sent."},
	{"lost", "Sent, and never arrived."},
	{"received_not_sent", "Arrived, and the sender's capture, which covers it, has none of it."},
	{"sent_not_captured", "Passed one tap for certain, and the other end's capture lacks it or does not cover it."},
}

// Total is the number of segments in all buckets.
func (l *Ledger) Total() int64 {
	return l.Matched + l.Modified + l.Duplicated + l.Lost + l.ReceivedNotSent + l.SentNotCaptured
}

// Add adds another ledger to l.
func (l *Ledger) Add(o Ledger) {
	l.Matched += o.Matched
	l.Modified += o.Modified
	l.Duplicated += o.Duplicated
	l.Lost += o.Lost
	l.ReceivedNotSent += o.ReceivedNotSent
	l.SentNotCaptured += o.SentNotCaptured
	l.LostBytes += o.LostBytes
}
